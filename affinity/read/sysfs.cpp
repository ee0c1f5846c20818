// SPDX-License-Identifier: Apache-2.0
#include "sysfs.hpp"

#include "devices.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::affinity {

std::optional<std::string> Sysfs::text(const std::string& path) const {
  const files::Descriptor file(::open((root_ / path).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return std::nullopt;
  // one page is what a sysfs attribute can have; /proc/driver/nvidia's files are smaller
  std::array<char, 4096> buffer{};
  ssize_t got = -1;
  do
    got = ::read(file.get(), buffer.data(), buffer.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) return std::nullopt;
  std::string out(trim({buffer.data(), static_cast<std::size_t>(got)}));
  for (char& letter : out)
    if (std::isprint(static_cast<unsigned char>(letter)) == 0 && letter != '\n' && letter != '\t')
      letter = '?';
  return out;
}

std::optional<unsigned> Sysfs::number(const std::string& path) const {
  const auto content = text(path);
  if (!content) return std::nullopt;
  if (content->starts_with("0x"))
    return parse_number<unsigned>(std::string_view{*content}.substr(2), 16);
  return parse_number<unsigned>(*content);
}

std::vector<std::string> Sysfs::names(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code ignored;  // a directory that is absent, or vanishes meanwhile, has no names
  auto entry = std::filesystem::directory_iterator(root_ / path, ignored);
  for (; !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored))
    names.push_back(entry->path().filename().string());
  std::ranges::sort(names, natural_less);
  return names;
}

bool Sysfs::exists(const std::string& path) const {
  std::error_code ignored;
  return std::filesystem::exists(root_ / path, ignored);
}

bool Sysfs::may_open(const std::string& path) const {
  // access() asks the device cgroup too, version 1 and 2, and opens nothing: opening a real GPU
  // wakes its driver up, which takes seconds where persistence is off.
  return ::faccessat(AT_FDCWD, (root_ / path).c_str(), R_OK | W_OK, AT_EACCESS) == 0;
}

std::string Sysfs::link(const std::string& path) const {
  std::error_code ignored;
  return std::filesystem::read_symlink(root_ / path, ignored).string();
}

}  // namespace holdfast::affinity
