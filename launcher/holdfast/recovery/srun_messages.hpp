// SPDX-License-Identifier: Apache-2.0
// What srun and slurmstepd say on standard error, as values. srun tells of a rank's end at once,
// long before the step is over, and with --no-kill nobody else does. The words are those of Slurm
// 20.11 to 25.11.
#pragma once

#include "holdfast/recovery/evidence.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::recovery {

enum class SrunMessageKind {
  other,             ///< not Slurm's, or nothing that matters here
  ranks_ended,       ///< `ranks` ended as `exit_code`, `signal`, `core`, `out_of_memory` say
  node_failed,       ///< Slurm has given up on `nodes`
  time_limit,        ///< the step is cancelled because the time is over
  preempted,         ///< … because the nodes are taken back
  requeued,          ///< … because the job goes back into the queue
  step_cancelled,    ///< … without a reason: srun, scancel or we did it
  step_aborted,      ///< srun waits for the remaining ranks
  step_not_created,  ///< the step could not be made; `retryable` when asking again may help
  launch_failed,     ///< the ranks could not be started on `nodes`
  refused,           ///< srun does not take the line, or the job has not what it asks for
  cannot_execute,    ///< the program could not be executed: wrong for good
  oom_events,        ///< slurmstepd counted kills for memory in this step
};

struct SrunMessage {
  SrunMessageKind kind{SrunMessageKind::other};
  std::vector<std::string> nodes{};
  std::vector<unsigned> ranks{};
  int exit_code{};
  int signal{};
  bool core{};
  bool out_of_memory{};
  bool retryable{};
};

/// Reads one line, without its newline. Only lines that begin as Slurm's own do are believed
/// ("srun: error: ", "slurmstepd: error: ", with or without a label of `srun -l`), so a program
/// that prints a log of another job is not.
[[nodiscard]] SrunMessage parse_srun_message(std::string_view line);

/// What srun itself says in this line, without the words that say it is srun's; empty where the
/// line is not srun's.
[[nodiscard]] std::string_view words_of_srun(std::string_view line);

/// The exits a ranks_ended message tells, one for each rank. Where one node is named, it is theirs;
/// where several are, `map` says which rank is where.
[[nodiscard]] std::vector<RankExit> rank_exits(const SrunMessage& message,
                                               const std::vector<RankBlock>& map,
                                               std::int64_t at_ms);

/// The node a rank runs on; empty where the map does not know it.
[[nodiscard]] std::string node_of_rank(const std::vector<RankBlock>& map, unsigned rank);

}  // namespace holdfast::recovery
