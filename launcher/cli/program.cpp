// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include "cli/help.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::cli {

namespace {

bool asks_for_help(std::string_view word) { return word == "--help" || word == "-h"; }

/// Whether help is asked for among the verb's own words. Those of a command to be started are not
/// ours: `holdfast exec -- train.py --help`.
bool asks_for_help(const Verb& verb, std::span<const std::string> words) {
  for (const std::string& word : words) {
    if (word == "--" || (verb.operands.is_command && !word.starts_with('-'))) return false;
    if (asks_for_help(word)) return true;
  }
  return false;
}

ExitStatus tell(const Failure& failure, const Verb& verb, Caller& caller) {
  const ExitStatus status = status_of(failure.kind);
  const bool may_be_the_commands = verb.operands.is_command && status == ExitStatus::usage;
  return caller.voice.refuse(Failure(failure).within(verb.name),
                             may_be_the_commands ? ExitStatus::failed : status);
}

ExitStatus run_found_verb(const Verb& verb, std::span<const std::string> words, Caller& caller) {
  if (asks_for_help(verb, words)) {
    caller.out << verb_help(verb);
    return ExitStatus::ok;
  }
  const auto options = parse_options(verb.options, verb.operands, words);
  if (!options) return tell(options.error(), verb, caller);
  const auto status = verb.run(*options, caller);
  return status ? *status : tell(status.error(), verb, caller);
}

ExitStatus run_without_verb(const std::string& word, Caller& caller) {
  if (asks_for_help(word)) {
    caller.out << program_help();
    return ExitStatus::ok;
  }
  if (word == "--version") {
    caller.out << version_line();
    return ExitStatus::ok;
  }
  const bool option = word.starts_with('-');
  auto candidates = option ? std::vector<std::string>{} : verb_names();
  if (option)
    for (const OptionSpec& spec : program_options())
      candidates.push_back(cat("--", spec.name));
  const auto meant = nearest(word, candidates);
  caller.voice.error(cat("unknown ",
                         option ? "option " : "verb ",
                         word,
                         "; ",
                         meant ? cat("did you mean ", *meant, '?')
                               : std::string("`holdfast --help` lists what there is")));
  return ExitStatus::usage;
}

}  // namespace

ExitStatus run_program(std::span<const std::string> arguments, Caller& caller) {
  if (arguments.empty()) {
    caller.voice.error("a verb is missing; `holdfast --help` lists them");
    return ExitStatus::usage;
  }
  const Verb* verb = find_verb(arguments.front());
  if (verb == nullptr) return run_without_verb(arguments.front(), caller);
  return run_found_verb(*verb, arguments.subspan(1), caller);
}

}  // namespace holdfast::cli
