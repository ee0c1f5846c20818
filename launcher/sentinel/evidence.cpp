// SPDX-License-Identifier: Apache-2.0
#include "sentinel/evidence.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/boot_clock.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace holdfast::sentinel {

namespace {

constexpr std::size_t most_kept = 1000;
constexpr std::size_t most_untold = 200;
constexpr std::size_t records_a_time = 2000;  // 1 ms or so; a boot's log is read in a few beats

/// When the kernel said it, by the wall clock of now. Its clock stands still while the node sleeps.
std::int64_t wall_time_of(const KernelLine& line) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto uptime = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(uptime - line.when);
  return read_wall_clock() - age.count();
}

}  // namespace

void Evidence::add(NodeSign sign) {
  untold_.push_back(sign);
  if (untold_.size() > most_untold) untold_.pop_front();
  kept_.push_back(std::move(sign));
  if (kept_.size() > most_kept) kept_.pop_front();
}

/// "NVRM: Xid (PCI:0000:17:00): 79, …" where 0000:17:00.0 is not among the job's own.
bool Evidence::is_of_another_gpu(const KernelLine& line) const {
  const std::string_view gpu = gpu_of(line);
  return !gpu.empty() && !own_gpus_.empty() &&
         std::ranges::none_of(own_gpus_,
                              [gpu](const std::string& own) { return own.starts_with(gpu); });
}

void Evidence::read_kernel_log() {
  if (!log_.obstacle().empty() && !std::exchange(obstacle_told_, true))
    add({.kind = NodeSign::Kind::not_seen,
         .at_ms = read_wall_clock(),
         .text = cat(log_.obstacle(),
                     "; GPU faults that only the kernel tells of (Xid) are not seen")});
  const auto lines = log_.read_new(records_a_time);
  for (const KernelLine& line : lines) {
    if (is_of_another_gpu(line)) continue;
    add({.kind = NodeSign::Kind::kernel_line, .at_ms = wall_time_of(line), .text = line.text});
  }
  // What was there before us is kept for whoever asks, and is no news.
  if (!std::exchange(boot_read_, true))
    std::erase_if(untold_,
                  [](const NodeSign& sign) { return sign.kind == NodeSign::Kind::kernel_line; });
}

void Evidence::read_new(std::span<const RankState> ranks) {
  read_kernel_log();
  std::set<int> there;
  for (const RankState& rank : ranks) {
    there.insert(rank.pid);
    if (running_.insert_or_assign(rank.pid, rank).second) memory_.watch(rank.pid);
  }
  // Before the ranks that are gone: with the last of them its cgroup goes too.
  for (const auto& kills : memory_.read_new())
    add({.kind = NodeSign::Kind::out_of_memory,
         .at_ms = read_wall_clock(),
         .attempt = ranks.empty() ? (running_.empty() ? 0 : running_.begin()->second.attempt)
                                  : ranks.front().attempt,
         .count = kills.count,
         .text = kills.cgroup});
  std::vector<int> gone;
  gone.reserve(running_.size());
  for (const auto& [pid, rank] : running_)
    if (!there.contains(pid)) gone.push_back(pid);
  for (const int pid : gone)
    rank_gone(pid);
}

void Evidence::rank_gone(int pid) {
  const auto found = running_.find(pid);
  if (found == running_.end()) return;
  const RankState rank = found->second;
  running_.erase(found);
  add({.kind = NodeSign::Kind::rank_gone,
       .at_ms = read_wall_clock(),
       .attempt = rank.attempt,
       .rank = rank.rank,
       .pid = pid,
       .text = {}});
}

std::vector<NodeSign> Evidence::take_untold() {
  std::vector<NodeSign> signs(std::make_move_iterator(untold_.begin()),
                              std::make_move_iterator(untold_.end()));
  untold_.clear();
  return signs;
}

std::vector<NodeSign> Evidence::since(std::int64_t at_ms) const {
  std::vector<NodeSign> signs;
  for (const NodeSign& sign : kept_)
    if (sign.at_ms >= at_ms) signs.push_back(sign);
  return signs;
}

}  // namespace holdfast::sentinel
