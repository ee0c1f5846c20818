// SPDX-License-Identifier: Apache-2.0
// All lines of an attempt, read once: the one that most likely names the cause, who only complains
// about others, and what Slurm says about starting ranks.
#pragma once

#include "holdfast/recovery/evidence.hpp"
#include "holdfast/recovery/srun_messages.hpp"
#include "recovery/failure_texts.hpp"
#include "recovery/speaker.hpp"
#include "recovery/traceback.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::recovery {

/// A line that may name the cause.
struct Suspect {
  unsigned tier{};  ///< 0 is best
  std::int64_t at_ms{};
  Cause cause{};
  const FailureText* row{};  ///< nothing for an exception that no row knows
  std::optional<PythonException> exception;
  std::string node;
  std::optional<unsigned> rank;
  std::string text;
  bool proof{};
};

struct Reading {
  std::optional<Suspect> suspect;
  std::set<std::string> nodes_saying_it;  ///< those that print what the suspect prints
  std::set<unsigned> echoing;             ///< ranks that complain about others
  std::size_t echoes{};
  std::optional<std::int64_t> first_echo_ms;
  std::vector<std::string> echo_lines;  ///< the first few
  std::optional<SrunMessage> launch;    ///< why ranks were not started
  std::string launch_line;
  std::string srun_said;     ///< srun's first word on why no rank ran, where no message is known
  bool srun_may_do_later{};  ///< it speaks of the controller, of a connection: that passes
};

/// The first end of a rank that is an end at all; nothing where no rank ended.
[[nodiscard]] const RankExit* first_exit(const std::vector<RankExit>& exits);

[[nodiscard]] Reading read_lines(const Evidence& evidence, const RankIndex& ranks);

}  // namespace holdfast::recovery
