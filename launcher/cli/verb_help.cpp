// SPDX-License-Identifier: Apache-2.0
// `holdfast help`: the screens of help.cpp as a verb, for those who type it this way, and the words
// bash completes.
#include "cli/help.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"

#include <array>

namespace holdfast::cli {

namespace {

constexpr std::array options_of_help{
    OptionSpec{.name = "bash-words",
               .takes = Takes::nothing,
               .argument = "",
               .help = "print what bash completion offers",
               .hidden = true},
};

Result<ExitStatus> run_bash_words(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty()) {
    for (const std::string& name : verb_names())
      caller.out << name << '\n';
    for (const OptionSpec& spec : program_options())
      caller.out << "--" << spec.name << '\n';
    return ExitStatus::ok;
  }
  // An unknown verb has nothing to offer; completion must not print an error into a prompt.
  if (const Verb* verb = find_verb(options.operands().front()))
    caller.out << completion_words(*verb);
  return ExitStatus::ok;
}

Result<ExitStatus> run_help(const ParsedOptions& options, Caller& caller) {
  if (options.has("bash-words")) return run_bash_words(options, caller);
  if (options.operands().empty()) {
    caller.out << program_help();
    return ExitStatus::ok;
  }
  const std::string& topic = options.operands().front();
  if (topic == "exit-codes") {
    caller.out << exit_codes_help();
    return ExitStatus::ok;
  }
  if (const Verb* verb = find_verb(topic)) {
    caller.out << verb_help(*verb);
    return ExitStatus::ok;
  }
  auto topics = verb_names();
  topics.emplace_back("exit-codes");
  const auto meant = nearest(topic, topics);
  return Failure{FailureKind::bad_input,
                 cat("there is no help on \"", topic, '"'),
                 meant ? cat("did you mean ", *meant, '?') : cat("topics: ", join(topics, ", ")),
                 {}};
}

}  // namespace

const Verb help_verb{
    .name = "help",
    .summary = "show the help of a verb, or the exit codes",
    .about = "Shows the help of a verb; `holdfast help exit-codes` lists the exit codes.",
    .operands = {.shown = "[VERB|exit-codes]", .at_most = 1, .is_command = false},
    .options = options_of_help,
    .examples = "",
    .run = run_help,
};

}  // namespace holdfast::cli
