// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include "holdfast/common/result.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace holdfast::health {

namespace {

files::Descriptor open_file(const std::string& path) {
  // O_NONBLOCK: a pipe or a device in place of a file must not hold us up
  return files::Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

/// Why the last call failed: not there is lacking, all else is unseen.
template <class T>
Fact<T> missing(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR || error == ENODEV || error == ENXIO)
    return Fact<T>::lacking(cat(path, " is not there"));
  return Fact<T>::unseen(cat(path, ": ", errno_code(error).message()));
}

/// Reads until the end or `buffer` is full; -1 and errno when it fails.
ssize_t read_into(int file, char* buffer, std::size_t room) {
  std::size_t filled = 0;
  while (filled < room) {
    const ssize_t got = read(file, buffer + filled, room - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(filled);
}

std::string clean(std::string_view bytes) {
  std::string out(trim(bytes));
  for (char& letter : out)
    if ((letter < ' ' || letter > '~') && letter != '\n' && letter != '\t') letter = '?';
  return out;
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// "mlx5_2" before "mlx5_10": runs of digits are compared as numbers.
bool natural_less(const std::string& left, const std::string& right) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.size() && j < right.size()) {
    if (!is_digit(left[i]) || !is_digit(right[j])) {
      if (left[i] != right[j]) return left[i] < right[j];
      ++i;
      ++j;
      continue;
    }
    const auto run = [](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0')
        ++at;
      const std::size_t start = at;
      while (at < text.size() && is_digit(text[at]))
        ++at;
      return std::string_view(text).substr(start, at - start);
    };
    const std::string_view a = run(left, i);
    const std::string_view b = run(right, j);
    if (a.size() != b.size()) return a.size() < b.size();
    if (a != b) return a < b;
  }
  if (left.size() - i != right.size() - j) return left.size() - i < right.size() - j;
  return left < right;
}

}  // namespace

Tree::Tree(const std::filesystem::path& root) : root_((root / "").string()) {}

std::string Tree::path_of(const std::string& path) const { return root_ + path; }

Fact<std::string> Tree::text(const std::string& path) const {
  const files::Descriptor file = open_file(path_of(path));
  if (!file.open()) return missing<std::string>(path, errno);
  // A sysfs attribute has one page at most.
  std::array<char, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
  ssize_t got = -1;
  // What the kernel makes of a page comes in one read; a second would only say that it was all.
  while ((got = read(file.get(), buffer.data(), buffer.size())) < 0 && errno == EINTR) {
  }
  if (got < 0) return missing<std::string>(path, errno);
  return clean({buffer.data(), static_cast<std::size_t>(got)});
}

Fact<std::string> Tree::raw(const std::string& path, std::size_t most) const {
  const files::Descriptor file = open_file(path_of(path));
  if (!file.open()) return missing<std::string>(path, errno);
  std::string out;
  // not cleared first: each page touched is a fault, and most files fill one
  std::array<char, 16'384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
  for (bool ended = false; !ended && out.size() < most;) {
    const std::size_t room = std::min(buffer.size(), most - out.size());
    const ssize_t got = read_into(file.get(), buffer.data(), room);
    if (got < 0) return missing<std::string>(path, errno);
    out.append(buffer.data(), static_cast<std::size_t>(got));
    ended = static_cast<std::size_t>(got) < room;
  }
  return out;
}

Fact<std::string> Tree::long_text(const std::string& path, std::size_t most) const {
  return changed<std::string>(raw(path, most), clean);
}

Fact<std::uint64_t> number_in(std::string_view text, std::string_view what) {
  if (text == "-1") return Fact<std::uint64_t>::lacking(cat(what, " is not known to the kernel"));
  const auto number = text.starts_with("0x") ? parse_number<std::uint64_t>(text.substr(2), 16)
                                             : parse_number<std::uint64_t>(text);
  if (number) return *number;
  return Fact<std::uint64_t>::unseen(cat(what, " holds no number"));
}

Fact<std::uint64_t> Tree::number(const std::string& path) const {
  const auto content = text(path);
  if (!content.known()) return Fact<std::uint64_t>::missing(content.gap(), content.why());
  return number_in(*content, path);
}

Fact<std::uint64_t> leading_number(const Fact<std::string>& text) {
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  const std::string_view all = *text;
  return number_in(all.substr(0, all.find_first_of(" .\n\t")), all.substr(0, 40));
}

Fact<std::vector<std::string>> Tree::names(const std::string& path) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path_of(path).c_str()), closedir);
  if (!directory) return missing<std::vector<std::string>>(path, errno);
  std::vector<std::string> names;
  constexpr std::size_t most = 65'536;
  // readdir() is safe here: this stream is ours alone
  while (names.size() < most) {
    const dirent* entry = readdir(directory.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::ranges::sort(names, natural_less);
  return names;
}

std::string Tree::link(const std::string& path) const {
  std::array<char, 4096> buffer{};
  const ssize_t length = readlink(path_of(path).c_str(), buffer.data(), buffer.size());
  return length <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
}

bool Tree::exists(const std::string& path) const {
  return access(path_of(path).c_str(), F_OK) == 0;
}

}  // namespace holdfast::health
