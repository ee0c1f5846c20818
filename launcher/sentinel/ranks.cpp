// SPDX-License-Identifier: Apache-2.0
#include "sentinel/ranks.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/files.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <unistd.h>

namespace holdfast::sentinel {

namespace {

constexpr std::uint64_t milliseconds_per_second = 1000;

bool is_for_everybody(int signal_number) {
  return signal_number == SIGSTOP || signal_number == SIGCONT || signal_number == SIGKILL ||
         signal_number == SIGTERM;
}

}  // namespace

std::vector<RankState> ranks_of(std::span<const Process> processes,
                                unsigned attempt,
                                std::uint64_t ticks_per_second) {
  std::map<int, unsigned> rank_of_pid;
  for (const Process& process : processes)
    if (process.mark && process.mark->attempt == attempt && !process.dead())
      rank_of_pid.emplace(process.pid, process.mark->rank);
  struct Rank {
    const Process* first{};
    std::uint64_t ticks{};
    unsigned processes{};
    std::uint64_t faults{};
    std::uint64_t io_bytes{};
  };
  std::map<unsigned, Rank> ranks;
  for (const Process& process : processes) {
    if (!rank_of_pid.contains(process.pid)) continue;
    Rank& rank = ranks[process.mark->rank];
    rank.ticks += process.cpu_ticks;
    ++rank.processes;
    rank.faults += process.faults;
    rank.io_bytes += process.io_bytes;
    const auto parent = rank_of_pid.find(process.parent);
    if (parent != rank_of_pid.end() && parent->second == process.mark->rank) continue;
    if (rank.first == nullptr || process.started < rank.first->started) rank.first = &process;
  }
  std::vector<RankState> states;
  states.reserve(ranks.size());
  for (const auto& [number, rank] : ranks) {
    if (rank.first == nullptr) continue;
    const auto cpu = rank.ticks * milliseconds_per_second / ticks_per_second;
    states.push_back({.attempt = attempt,
                      .rank = number,
                      .local_rank = rank.first->mark->local_rank,
                      .pid = rank.first->pid,
                      .state = rank.first->state,
                      .cpu = std::chrono::milliseconds(static_cast<std::int64_t>(cpu)),
                      .processes = rank.processes,
                      .faults = rank.faults,
                      .io_bytes = rank.io_bytes,
                      .waits_in = rank.first->waits_in});
  }
  return states;
}

bool handles(std::string_view status, int signal_number) {
  constexpr std::string_view name = "\nSigCgt:";
  const auto at = status.find(name);
  if (at == std::string_view::npos) return false;
  const auto line = status.substr(at + name.size());
  const auto mask = parse_number<std::uint64_t>(trim(line.substr(0, line.find('\n'))), 16);
  return mask && (*mask >> static_cast<unsigned>(signal_number - 1) & 1U) != 0;
}

unsigned kill_processes(ProcessTable& table, std::optional<unsigned> attempt, int signal_number) {
  unsigned count = 0;
  for (const Process& process : table.read_all()) {
    if (process.dead() || process.pid == ::getpid()) continue;
    if (attempt && process.mark->attempt != *attempt) continue;
    ++count;
    // Gone meanwhile is as good as killed; whatever else fails is found still there next time.
    (void)::kill(process.pid, signal_number);
  }
  return count;
}

unsigned kill_ended(ProcessTable& table, unsigned newest_ended) {
  unsigned count = 0;
  for (const Process& process : table.read_all()) {
    if (process.dead() || process.pid == ::getpid() || process.mark->attempt > newest_ended)
      continue;
    if (::kill(process.pid, SIGKILL) == 0) ++count;
  }
  return count;
}

unsigned signal_ranks(ProcessTable& table, unsigned attempt, int signal_number) {
  if (signal_number < 1 || signal_number > SIGRTMAX) return 0;
  unsigned count = 0;
  for (const Process& process : table.read_all()) {
    if (process.dead() || process.mark->attempt != attempt) continue;
    const auto status = read_small_file(cat("/proc/", process.pid, "/status"), 65536);
    if (!is_for_everybody(signal_number) && !(status && handles(*status, signal_number))) continue;
    if (::kill(process.pid, signal_number) == 0) ++count;
  }
  return count;
}

}  // namespace holdfast::sentinel
