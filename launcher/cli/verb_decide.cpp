// SPDX-License-Identifier: Apache-2.0
// `holdfast decide --history FILE`: what the supervisor would do about a loss. It runs the very
// function the supervisor runs, on values from a file, and touches nothing.
#include "cli/decide/case_file.hpp"
#include "cli/decide/told.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace holdfast::cli {

namespace {

constexpr std::array options_of_decide{
    OptionSpec{"history", Takes::file, "FILE", "what happened, as JSON; see the manual page"},
    OptionSpec{"explain", Takes::nothing, "", "say what it rests on and what was refused"},
    OptionSpec{"json", Takes::nothing, "", "print one JSON object"},
};

Result<std::string> read_case(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return Failure{errno == EACCES ? FailureKind::denied : FailureKind::not_found,
                   cat(file, " cannot be read"),
                   "name a file that is there",
                   errno_code(errno)};
  std::string text;
  std::array<char, 65536> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > most_case_bytes)
      return Failure{FailureKind::bad_input, cat(file, " is too large"), "", {}};
  }
  return text;
}

Result<ExitStatus> run_decide(const ParsedOptions& options, Caller& caller) {
  const auto file = options.value("history");
  if (!file)
    return Failure{FailureKind::bad_input,
                   "a file is needed",
                   "name it with --history; holdfast-decide(1) describes it",
                   {}};
  const auto text = read_case(*file);
  if (!text) return text.error();
  const auto asked = parse_case(*text);
  if (!asked) return Failure(asked.error()).within(cat("while reading ", *file));
  const recovery::Loss& loss = asked->history.attempts.back().loss;
  const recovery::Decision decision =
      recovery::decide(asked->history, asked->choice, asked->ground, asked->policy);
  caller.out << (options.has("json") ? told_json(decision, loss)
                                     : told(decision, loss, options.has("explain")));
  return decision.kind == recovery::DecisionKind::stop ? ExitStatus::negative : ExitStatus::ok;
}

}  // namespace

const Verb decide_verb{
    .name = "decide",
    .summary = "what the supervisor would do about a loss, from a file",
    .about =
        "Reads what happened to a job and prints what `holdfast run` would do then and why:\n"
        "restart, replace, shrink, requeue, stop, or ask for another checkpoint. Nothing is\n"
        "started. Exit status: 0 when the job would go on, 1 when it would stop.",
    .operands = {},
    .options = options_of_decide,
    .examples = "holdfast decide --history case.json --explain",
    .run = run_decide,
};

}  // namespace holdfast::cli
