// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace holdfast::recovery {

/// Why an attempt ended. Each has a budget and a back-off of its own (Policy).
enum class Cause {
  node_lost,       ///< a node is silent or Slurm says so
  hardware,        ///< a device or the node itself is broken, and the node shows it
  network,         ///< the fabric, or nobody but victims of a lost peer to be seen
  storage,         ///< the file system does not answer or is full
  preempted,       ///< Slurm takes the nodes back
  walltime,        ///< the job's time is over
  out_of_memory,   ///< of the host or of a GPU
  user_error,      ///< the program ended by its own fault
  bad_checkpoint,  ///< what was resumed from cannot be loaded
  hang,            ///< everything stands still and nobody died
  no_progress,     ///< attempts come and go and nothing new is saved
  launch_failed,   ///< the ranks never ran
  cancelled,       ///< a person ended the job, or put it back into the queue
  unknown,
};

inline constexpr std::array all_causes{
    Cause::node_lost,
    Cause::hardware,
    Cause::network,
    Cause::storage,
    Cause::preempted,
    Cause::walltime,
    Cause::out_of_memory,
    Cause::user_error,
    Cause::bad_checkpoint,
    Cause::hang,
    Cause::no_progress,
    Cause::launch_failed,
    Cause::cancelled,
    Cause::unknown,
};

/// As it stands in the event log and in files: "node_lost".
[[nodiscard]] std::string_view word_of(Cause cause);
/// As it stands in a sentence: "node lost".
[[nodiscard]] std::string_view phrase_of(Cause cause);
[[nodiscard]] std::optional<Cause> parse_cause(std::string_view word);

}  // namespace holdfast::recovery
