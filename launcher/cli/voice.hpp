// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_status.hpp"
#include "holdfast/common/result.hpp"

#include <ostream>
#include <string_view>

namespace holdfast::cli {

/// How `holdfast` talks to people: one line a sentence, on standard error. Results never pass
/// through here; they go to standard output, so that a pipe carries nothing else.
class Voice {
 public:
  explicit Voice(std::ostream& talk) : talk_(talk) {}

  void error(std::string_view sentence);    ///< "holdfast: SENTENCE"
  void warning(std::string_view sentence);  ///< "holdfast: warning: SENTENCE"
  void note(std::string_view sentence);     ///< "holdfast: SENTENCE", nothing being wrong

  /// Tells a failure and gives the status to end with, for a verb whose failures have a status of
  /// their own: `return caller.voice.refuse(plan.error(), ExitStatus::no_plan);`
  [[nodiscard]] ExitStatus refuse(const Failure& failure, ExitStatus status);

 private:
  void say(std::string_view weight, std::string_view sentence);

  std::ostream& talk_;
};

}  // namespace holdfast::cli
