// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/program.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace holdfast::cli::testing {

/// What a run of `holdfast` in this process said.
struct Conversation {
  int status{};
  std::string out;
  std::string talk;
};

/// Runs `holdfast WORDS…` without a process of its own, on a terminal without colour.
inline Conversation holdfast(const std::vector<std::string>& words,
                             const Looks& looks = {},
                             const affinity::Environment& environment = {}) {
  std::ostringstream out;
  std::ostringstream talk;
  Voice voice(talk);
  Caller caller{.out = out, .voice = voice, .environment = environment, .looks = looks};
  const ExitStatus status = run_program(words, caller);
  return {static_cast<int>(status), out.str(), talk.str()};
}

}  // namespace holdfast::cli::testing
