// SPDX-License-Identifier: Apache-2.0
#include "cli/voice.hpp"

#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::cli {

void Voice::error(std::string_view sentence) { say("", sentence); }

void Voice::warning(std::string_view sentence) { say("warning: ", sentence); }

void Voice::note(std::string_view sentence) { say("", sentence); }

ExitStatus Voice::refuse(const Failure& failure, ExitStatus status) {
  error(failure.sentence());
  return status;
}

void Voice::say(std::string_view weight, std::string_view sentence) {
  // One write a line: the ranks of a step share one standard error and must not mix their letters.
  talk_ << cat("holdfast: ", weight, printable(sentence), '\n') << std::flush;
}

}  // namespace holdfast::cli
