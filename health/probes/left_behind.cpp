// SPDX-License-Identifier: Apache-2.0
#include "left_behind.hpp"

#include "holdfast/common/text.hpp"
#include "process_stat.hpp"
#include "tree.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::health {

namespace {

/// A probe's name as a part of a file name: "mount /home" is "mount__home".
std::string file_word(std::string_view probe) {
  std::string out(probe.substr(0, 100));
  for (char& letter : out) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9');
    if (!plain) letter = '_';
  }
  return out;
}

}  // namespace

std::uint64_t started_at(pid_t process) {
  const auto text = Tree("/").text(cat("proc/", process, "/stat"));
  const auto stat = text.known() ? parse_process_stat(*text) : std::nullopt;
  return stat ? stat->started : 0;
}

std::vector<std::uint64_t> LeftBehind::count(const std::vector<std::string_view>& probes) const {
  std::vector<std::string> words(probes.size());
  std::ranges::transform(probes, words.begin(), file_word);
  std::vector<std::uint64_t> alive(probes.size());
  for (const std::string& name : Tree(directory_).names("").value_or({})) {
    const auto parts = split(name, '.');
    if (parts.size() != 3) continue;
    if (std::ranges::find(words, parts[0]) == words.end()) continue;
    const auto process = parse_number<unsigned>(parts[1]);
    const auto started = parse_number<std::uint64_t>(parts[2]);
    if (process && started && started_at(static_cast<pid_t>(*process)) == *started) {
      for (std::size_t at = 0; at < words.size(); ++at)
        alive[at] += words[at] == parts[0] ? 1U : 0U;
    } else {
      std::error_code ignored;  // a file that stays is looked at again
      std::filesystem::remove(directory_ / name, ignored);
    }
  }
  return alive;
}

void LeftBehind::remember(std::string_view probe, pid_t child) const {
  std::error_code ignored;  // without the file the child is counted in this run only
  std::filesystem::create_directories(directory_, ignored);
  const std::string name = cat(file_word(probe), '.', child, '.', started_at(child));
  const int file =
      open((directory_ / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file >= 0) close(file);
}

}  // namespace holdfast::health
