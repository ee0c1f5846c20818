// SPDX-License-Identifier: Apache-2.0
#include "sentinel/memory_events.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/files.hpp"

#include <algorithm>

namespace holdfast::sentinel {

namespace {

constexpr std::string_view mounted_at = "/sys/fs/cgroup";
constexpr std::size_t most = 65536;

bool names_memory(std::string_view controllers) {
  const auto names = split(controllers, ',');
  return std::ranges::find(names, std::string_view("memory")) != names.end();
}

}  // namespace

std::optional<std::string> memory_events_file(std::string_view cgroups, std::string_view root) {
  std::optional<std::string> found;
  for (const auto line : split(cgroups, '\n')) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const auto path = line.substr(second + 1);
    // Where both versions are mounted, memory belongs to the first: its line names it.
    if (names_memory(controllers)) return cat(root, "/memory", path, "/memory.oom_control");
    if (controllers.empty() && line.starts_with("0:")) found = cat(root, path, "/memory.events");
  }
  return found;
}

std::optional<unsigned> oom_kills_in(std::string_view text) {
  constexpr std::string_view name = "oom_kill ";
  for (const auto line : split(text, '\n'))
    if (line.starts_with(name)) return parse_number<unsigned>(trim(line.substr(name.size())));
  return std::nullopt;
}

void MemoryEvents::watch(int pid) {
  const auto cgroups = read_small_file(cat("/proc/", pid, "/cgroup"), most);
  if (!cgroups) return;
  const auto file = memory_events_file(*cgroups, mounted_at);
  if (!file || counts_.contains(*file)) return;
  const auto text = read_small_file(*file, most);
  if (!text) return;
  if (const auto count = oom_kills_in(*text)) counts_.emplace(*file, *count);
}

std::vector<MemoryEvents::Kills> MemoryEvents::read_new() {
  std::vector<Kills> kills;
  for (auto at = counts_.begin(); at != counts_.end();) {
    const auto text = read_small_file(at->first, most);
    const auto count = text ? oom_kills_in(*text) : std::nullopt;
    if (!count) {
      at = counts_.erase(at);
      continue;
    }
    if (*count > at->second) kills.push_back({at->first, *count - at->second});
    at->second = *count;
    ++at;
  }
  return kills;
}

}  // namespace holdfast::sentinel
