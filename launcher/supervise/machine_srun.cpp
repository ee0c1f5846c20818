// SPDX-License-Identifier: Apache-2.0
// What srun says of an attempt's ranks and nodes while the attempt runs.
#include "holdfast/common/text.hpp"
#include "holdfast/supervise/machine.hpp"

#include <algorithm>

namespace holdfast::supervise {

namespace {

constexpr std::size_t most_exits_written = 64;
/// Between the ranks an aborted step killed and the one that failed lie milliseconds.
constexpr std::int64_t abort_patience_ms = 1'000;
constexpr int sigkill = 9;  // the same on every Linux; values know no signals

}  // namespace

void Machine::ranks_ended(const SrunSaid& said, Now now) {
  std::vector<recovery::RankBlock> map;
  for (const auto& block : rank_blocks(attempt_.nodes, attempt_.ranks))
    map.push_back({block.node, block.first, block.count});
  for (recovery::RankExit& exit : rank_exits(said.message, map, now.wall_ms)) {
    if (attempt_.exits.size() < most_exits_written)
      write(events::RankFailed{attempt_.number,
                               exit.rank,
                               exit.node,
                               exit.signal == 0 ? std::optional(exit.exit_code) : std::nullopt,
                               exit.signal != 0 ? std::optional(exit.signal) : std::nullopt,
                               exit.core,
                               exit.out_of_memory,
                               said.text});
    attempt_.exits.push_back(std::move(exit));
  }
  stop(Aim::judge, said.text, now);
}

/// Slurm gives a node up when its slurmd is silent. Ranks need no slurmd: while the sentinel there
/// lives they go on, but nothing can be started on that node any more. False: all go on.
bool Machine::lost_by_slurm(const std::vector<std::string>& nodes) {
  bool lost = false;
  for (const std::string& node : nodes) {
    rule_out(node, "Slurm has given it up");
    if (lives(node)) {
      say(cat("Slurm has given up ", node, "; its ranks live, so the attempt goes on"));
      continue;
    }
    attempt_.lost.push_back({node, "Slurm says that it failed", 0});
    lost = true;
  }
  return lost;
}

/// An MPI runtime ends all ranks of the step when one fails, and srun may tell of those it killed
/// before it tells of the one that failed. So their word is kept back until that one is known, or
/// the step has ended without it.
bool Machine::is_killed_by_abort(const SrunSaid& said, Now now) {
  if (!attempt_.aborted || said.message.signal != sigkill || said.message.out_of_memory)
    return false;
  if (!attempt_.killed_by_abort) {
    attempt_.killed_by_abort = said;
    attempt_.abort_deadline = now.steady_ms + abort_patience_ms;
  }
  return true;
}

void Machine::rank_failed(const SrunSaid& said, Now now) {
  using Kind = recovery::SrunMessageKind;
  if (said.attempt != attempt_.number) return;
  const bool runs = phase_ == Phase::running || phase_ == Phase::saving;
  switch (said.message.kind) {
    case Kind::ranks_ended:
      // what dies while we end the rest is our own doing
      if (runs && !is_killed_by_abort(said, now)) ranks_ended(said, now);
      return;
    case Kind::step_aborted:
      attempt_.aborted = true;
      return;
    case Kind::time_limit:
      attempt_.slurm = recovery::SlurmVerdict::time_limit;
      break;
    case Kind::preempted:
      attempt_.slurm = recovery::SlurmVerdict::preempted;
      break;
    case Kind::requeued:
      attempt_.slurm = recovery::SlurmVerdict::requeued_by_person;
      break;
    case Kind::node_failed:
      if (!lost_by_slurm(said.message.nodes)) return;
      break;
    default:
      return;
  }
  if (runs) stop(Aim::judge, said.text, now);
}

}  // namespace holdfast::supervise
