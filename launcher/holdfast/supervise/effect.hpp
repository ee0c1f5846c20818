// SPDX-License-Identifier: Apache-2.0
// What the supervisor's machine wants done. The shell carries them out in order, and a Write is on
// the disk before the next one is begun: whoever takes over finds in the log whatever was done.
#pragma once

#include "holdfast/events/record.hpp"
#include "holdfast/recovery/decide.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::supervise {

struct Write {
  events::Body body;
};
/// Start the user's step as this attempt.
struct StartStep {
  unsigned attempt{};
  std::vector<std::string> nodes;  ///< in rank order
  unsigned ranks{};
  bool full_size{true};
  std::optional<recovery::Resume> resume;
};
/// End what the attempt left on these nodes; sentinels answer TornDown.
struct TearDown {
  unsigned attempt{};
  std::vector<std::string> nodes;
  std::int64_t grace_ms{};
};
/// srun itself is not waited for any longer.
struct DropStep {
  unsigned attempt{};
};
struct SignalRanks {
  unsigned attempt{};
  int signal{};
  std::vector<std::string> nodes;
};
/// Answered by CatalogueRead. `condemned` are paths that are not to be chosen.
struct ReadCatalogue {
  std::vector<std::string> condemned;
  bool writers_gone{};  ///< no rank lives: nothing in the directory is still being written
};
/// Answered by Gathered, within `patience_ms`.
struct Gather {
  unsigned attempt{};
  std::int64_t since_ms{};  ///< wall
  std::vector<std::string> nodes;
  std::int64_t patience_ms{};
};
/// Who counts for the majority from now on.
struct SetMembers {
  std::vector<std::string> nodes;
};
/// Let the job shrink to these nodes; answered by GivenBack.
struct GiveBack {
  std::vector<std::string> keep, rest;
};
/// Give the job back to Slurm without these nodes; answered by HandedBack.
struct HandBack {
  std::vector<std::string> exclude;
  bool only_to_end{};   ///< the work is done; the script has only to say so: one node is enough
  bool submit_again{};  ///< as a new job: this one may be held up by a node that is dead
};
/// A sentence for the user.
struct Say {
  std::string sentence;
};
/// What became of a word somebody said: it cannot be done as the run stands, or never.
enum class Outcome { done, not_now, wrong };
struct Reply {
  unsigned id{};
  std::string sentence;
  Outcome outcome{Outcome::done};
};
/// The supervisor ends; the machine hears nothing more.
struct End {
  int exit{};
  /// Another supervisor goes on: touch nothing, and end when the log says that the run has ended,
  /// as it did. A batch script that ended before would take the whole job with it.
  bool when_the_log_says{};
};

using Effect = std::variant<Write,
                            StartStep,
                            TearDown,
                            DropStep,
                            SignalRanks,
                            ReadCatalogue,
                            Gather,
                            SetMembers,
                            GiveBack,
                            HandBack,
                            Say,
                            Reply,
                            End>;

}  // namespace holdfast::supervise
