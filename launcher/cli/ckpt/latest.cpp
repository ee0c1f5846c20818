// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt latest DIR`: the checkpoint to resume from, in a form that a batch script can use.
// It sleeps until the moment select() names, and only as long as the user allows.
#include "cli/ckpt/look.hpp"
#include "cli/ckpt/shell.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"
#include "holdfast/checkpoint/resume.hpp"
#include "holdfast/common/text.hpp"

#include <thread>

namespace holdfast::cli {

namespace {

constexpr auto options_of_latest = with_look_options(std::array{
    OptionSpec{"print", Takes::choice, "path|step|env|args", "what to print; path"},
    OptionSpec{"resume-arg", Takes::text, "WORDS", "with --print args: '--load {path}'"},
    OptionSpec{"wait", Takes::text, "TIME", "wait so long for one that is being written; 0s"},
    OptionSpec{"deep", Takes::nothing, "", "read every byte that has a checksum"},
    OptionSpec{"model-only", Takes::nothing, "", "weights without optimizer are enough"},
    OptionSpec{"json", Takes::nothing, "", "print one JSON object, as list does"},
});

struct Chosen {
  checkpoint::Catalogue catalogue;
  checkpoint::Choice choice;
};

/// Reads and chooses again until there is nothing to wait for.
Result<Chosen> choose(const Look& look, const checkpoint::Policy& policy) {
  for (;;) {
    auto catalogue = read_catalogue(look);
    if (!catalogue) return catalogue.error();
    auto choice = checkpoint::select(*catalogue, policy, now());
    const auto* wait = std::get_if<checkpoint::WaitFor>(&choice.what);
    if (wait == nullptr) return Chosen{std::move(*catalogue), std::move(choice)};
    std::this_thread::sleep_until(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(wait->until));
  }
}

Result<std::string> printed(const ParsedOptions& options, const checkpoint::Resumption& from) {
  const std::string what = options.value("print").value_or("path");
  if (what == "path") return cat(from.path, '\n');
  if (what == "step") {
    if (from.step) return cat(*from.step, '\n');
    return Failure{FailureKind::unsupported,
                   cat(from.path, " does not tell its step"),
                   "use --print path",
                   {}};
  }
  if (what == "env") return export_lines(checkpoint::resume_variables(from));
  const std::string words =
      options.value("resume-arg").value_or(std::string(checkpoint::usual_arguments(from.format)));
  if (words.empty())
    return Failure{FailureKind::bad_input,
                   cat("there is no usual way to tell a ", from.format, " program its checkpoint"),
                   "say how with --resume-arg '--load {path}'",
                   {}};
  const auto arguments = checkpoint::resume_arguments(words, from);
  if (!arguments) return Failure(arguments.error()).within("--resume-arg");
  return cat(shell_words(*arguments), '\n');
}

Result<ExitStatus> run_latest(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return Failure{FailureKind::bad_input,
                   "the directory of checkpoints is missing",
                   "write `holdfast ckpt latest DIR`",
                   {}};
  const auto wait = duration_of(options, "wait", std::chrono::milliseconds(0));
  if (!wait) return wait.error();
  if (const auto words = checkpoint::read_template(options.value("resume-arg").value_or(""));
      !words)
    return Failure(words.error()).within("--resume-arg");
  auto look = look_at_directory(options, options.operands().front());
  if (!look) return look.error();
  if (options.has("deep")) look->wish.level = checkpoint::Level::payload;
  checkpoint::Policy policy = policy_of(*look);
  policy.model_only = options.has("model-only");
  policy.wait_until = now() + *wait;
  const auto chosen = choose(*look, policy);
  if (!chosen) return chosen.error();
  if (options.has("json")) {
    caller.out << catalogue_json(
                      look->root, chosen->catalogue, look->wish.condemned, chosen->choice, now())
               << '\n';
    return status_of(chosen->choice);
  }
  for (const std::string& sentence : chosen->choice.passed_over)
    caller.voice.note(cat("passed over ", printable(sentence)));
  const auto index = chosen_index(chosen->choice);
  if (!index) {
    // Whatever an earlier attempt was told must not be heard again.
    if (options.value("print") == "env")
      caller.out << unset_line(checkpoint::resume_variable_names());
    caller.voice.note(choice_sentence(chosen->catalogue, chosen->choice));
    return status_of(chosen->choice);
  }
  const auto text = printed(
      options,
      checkpoint::resumption(look->root, chosen->catalogue.newest_first[*index].checkpoint));
  if (!text) return text.error();
  caller.out << *text;
  return ExitStatus::ok;
}

}  // namespace

const Verb ckpt_latest{
    .name = "ckpt latest",
    .summary = "the checkpoint to resume from",
    .about =
        "Prints the newest good checkpoint in DIR. Exit status: 0 printed, 1 nothing was saved\n"
        "yet (start anew), 3 there are checkpoints and none may be used (do not start).",
    .operands = {.shown = "DIR", .at_most = 1, .is_command = false},
    .options = options_of_latest,
    .examples =
        "eval \"$(holdfast ckpt latest --print env /scratch/run7/ckpt)\"\n"
        "holdfast ckpt latest --print args --resume-arg '--load {dir} --ckpt-step {step}' ckpt",
    .run = run_latest,
};

}  // namespace holdfast::cli
