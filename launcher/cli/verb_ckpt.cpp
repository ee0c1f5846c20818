// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt WORD …`: hands over to one of the verbs in ckpt/. Their failures are told here,
// because wrong usage of `ckpt` is 2 although what follows it looks like a command to program.cpp.
#include "cli/ckpt/subverbs.hpp"
#include "cli/help.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::cli {

namespace {

constexpr std::array table{
    &ckpt_list,
    &ckpt_latest,
    &ckpt_verify,
    &ckpt_explain,
    &ckpt_watch,
    &ckpt_quarantine,
};

std::string_view word_of(const Verb& verb) { return verb.name.substr(verb.name.find(' ') + 1); }

std::vector<std::string> words() {
  std::vector<std::string> all;
  all.reserve(table.size());
  for (const Verb* verb : table)
    all.emplace_back(word_of(*verb));
  return all;
}

ExitStatus tell(const Failure& failure, const Verb& verb, Caller& caller) {
  return caller.voice.refuse(Failure(failure).within(verb.name), status_of(failure.kind));
}

ExitStatus misuse(Caller& caller, std::string what, std::string remedy) {
  return caller.voice.refuse({FailureKind::bad_input, std::move(what), std::move(remedy), {}},
                             ExitStatus::usage);
}

Result<ExitStatus> run_ckpt(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return misuse(caller,
                  "ckpt: it must be said what to do",
                  cat("there are ", join(words(), ", "), "; `holdfast ckpt --help` tells them"));
  const std::string& word = options.operands().front();
  const auto found =
      std::ranges::find(table, word, [](const Verb* verb) { return word_of(*verb); });
  if (found == table.end()) {
    const auto meant = nearest(word, words());
    return misuse(
        caller,
        cat("ckpt: there is no \"", word, '"'),
        meant ? cat("did you mean ", *meant, '?') : cat("there are ", join(words(), ", ")));
  }
  const Verb& verb = **found;
  const auto rest = std::span(options.operands()).subspan(1);
  const auto until = std::ranges::find(rest, "--");
  if (std::any_of(rest.begin(), until, [](const std::string& one) {
        return one == "--help" || one == "-h";
      })) {
    caller.out << verb_help(verb);
    return ExitStatus::ok;
  }
  const auto parsed = parse_options(verb.options, verb.operands, rest);
  if (!parsed) return tell(parsed.error(), verb, caller);
  const auto status = verb.run(*parsed, caller);
  return status ? *status : tell(status.error(), verb, caller);
}

}  // namespace

std::span<const Verb* const> ckpt_verbs() { return table; }

const Verb ckpt_verb{
    .name = "ckpt",
    .summary = "list, verify and choose checkpoints; tell good from torn",
    .about =
        "list        all checkpoints in a directory, each with its verdict and why\n"
        "latest      the one to resume from, as a path, step, environment or arguments\n"
        "verify      look at one checkpoint, with --deep at every byte\n"
        "explain     say what is wrong with one, file by file\n"
        "watch       print each checkpoint as it becomes complete\n"
        "quarantine  keep the program away from bad ones; nothing is ever deleted\n"
        "`holdfast ckpt list --help` and so on show the options. Exit status: 0 good, 1 none\n"
        "there (start anew), 3 there are some and none is good (do not start).",
    .operands = {.shown = "list|latest|verify|explain|watch|quarantine [OPTION] PATH",
                 .at_most = 0,
                 .is_command = true},
    .options = {},
    .examples =
        "holdfast ckpt list /scratch/run7/ckpt\n"
        "holdfast ckpt verify --deep /scratch/run7/ckpt/step-1000",
    .run = run_ckpt,
};

}  // namespace holdfast::cli
