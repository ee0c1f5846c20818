// SPDX-License-Identifier: Apache-2.0
// Writes a small file, brings it to the disk, and removes it. May wait for ever, so it is done in a
// child; a child that was ended leaves a file of no name that anybody uses.
#include "holdfast/common/result.hpp"
#include "looks.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

std::string word_of_errno(int number) {
  const char* name = strerrorname_np(number);
  return name == nullptr ? "unknown" : name;
}

/// All of it or an error: a disk that is full takes a part.
bool write_page(int file) {
  const std::string page(4096, 'h');
  errno = ENOSPC;
  return write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size());
}

}  // namespace

std::string try_to_write(const std::filesystem::path& directory) {
  std::string path = (directory / ".holdfast-write-XXXXXX").string();
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) return word_of_errno(errno);
  const bool written = write_page(file) && fsync(file) == 0;
  const int why = errno;
  const bool closed = close(file) == 0;
  const int why_not_closed = errno;
  unlink(path.c_str());
  if (!written) return word_of_errno(why);
  return closed ? "written" : word_of_errno(why_not_closed);
}

}  // namespace holdfast::health
