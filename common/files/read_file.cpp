// SPDX-License-Identifier: Apache-2.0
// Files that come from outside: bounded in size, and whatever lies in their place, a caller under a
// deadline does not hang on it. Not std::ifstream: its locale and buffer cost more than the read.
#include "holdfast/files/read_file.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::files {

namespace {

/// Nobody writes a settings file by the megabyte.
constexpr std::size_t most_settings = std::size_t{1} << 20;

Failure broken(const std::filesystem::path& file, std::string_view why, int error) {
  const FailureKind kind = error == ENOENT   ? FailureKind::not_found
                           : error == EACCES ? FailureKind::denied
                                             : FailureKind::unreadable;
  return {
      kind, cat(file.string(), ' ', why), {}, error == 0 ? std::error_code() : errno_code(error)};
}

}  // namespace

Result<std::string> read_open_file(const Descriptor& file,
                                   const std::filesystem::path& name,
                                   std::size_t most) {
  std::string text;
  // small, and not cleared first: most files hold a few lines, and each page touched is a fault
  std::array<char, 16'384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
  while (text.size() <= most) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return broken(name, "cannot be read", errno);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return broken(name, cat("is longer than ", most, " bytes"), 0);
}

Result<std::string> read_file(const std::filesystem::path& file,
                              std::size_t most,
                              Expected expected) {
  const bool plain = expected == Expected::plain;
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | (plain ? O_NONBLOCK : 0)));
  if (!in.open()) return broken(file, "cannot be opened", errno);
  struct stat status {};
  if (plain && ::fstat(in.get(), &status) != 0) return broken(file, "cannot be looked at", errno);
  if (plain && !S_ISREG(status.st_mode)) return broken(file, "is no plain file", 0);
  return read_open_file(in, file, most);
}

Result<std::string> read_settings_file(const std::filesystem::path& file) {
  auto text = read_file(file, most_settings, Expected::anything);
  if (text || text.error().kind != FailureKind::not_found) {
    if (text) return text;
    Failure failure = std::move(text).error();
    if (failure.kind == FailureKind::denied) failure.remedy = "make it readable for every user";
    return failure;
  }
  return std::string();
}

}  // namespace holdfast::files
