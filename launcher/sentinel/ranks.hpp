// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/sentinel/beat.hpp"
#include "sentinel/processes.hpp"

#include <optional>
#include <span>
#include <vector>

namespace holdfast::sentinel {

/// The ranks of one attempt among these processes, by rank. The process of a rank is the oldest
/// that no other of the same rank has started.
[[nodiscard]] std::vector<RankState> ranks_of(std::span<const Process> processes,
                                              unsigned attempt,
                                              std::uint64_t ticks_per_second);

/// Whether the process has a handler for the signal, by the SigCgt line of its /proc/PID/status.
[[nodiscard]] bool handles(std::string_view status, int signal_number);

/// Sends the signal to all living processes of the attempt (all attempts if none is named); how
/// many there were. Our own process is never among them.
unsigned kill_processes(ProcessTable& table, std::optional<unsigned> attempt, int signal_number);

/// Kills all living processes of this attempt and of those before it; how many there were.
unsigned kill_ended(ProcessTable& table, unsigned newest_ended);

/// As kill_processes(), to those only that handle the signal, unless it is one that cannot be
/// handled or is meant for everybody; how many got it.
unsigned signal_ranks(ProcessTable& table, unsigned attempt, int signal_number);

}  // namespace holdfast::sentinel
