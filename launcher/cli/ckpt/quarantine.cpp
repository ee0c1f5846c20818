// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt quarantine DIR`: keeps a program that looks for its newest checkpoint itself away
// from bad ones. It rewrites pointers and moves checkpoints, so it is run between attempts only; it
// refuses while anything in the directory may still be written.
#include "holdfast/checkpoint/quarantine.hpp"

#include "cli/ckpt/look.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <ctime>

namespace holdfast::cli {

using checkpoint::PointerPolicy;
using checkpoint::QuarantineMode;
using checkpoint::QuarantinePlan;

namespace {

constexpr auto options_of_quarantine = with_look_options(std::array{
    OptionSpec{
        "mode", Takes::choice, "off|steer|move", "only tell; mend pointers; also move; steer"},
    OptionSpec{"pointers", Takes::choice, "never|needed|always", "which to rewrite; needed"},
    OptionSpec{"attempt", Takes::text, "NAME", "the folder of this attempt in the quarantine"},
    OptionSpec{"dry-run", Takes::nothing, "", "tell what would be done, and do nothing"},
});

QuarantineMode mode_of(const ParsedOptions& options) {
  const std::string word = options.value("mode").value_or("steer");
  if (word == "off") return QuarantineMode::off;
  return word == "move" ? QuarantineMode::move : QuarantineMode::steer;
}

PointerPolicy policy_of_pointers(const ParsedOptions& options) {
  const std::string word = options.value("pointers").value_or("needed");
  if (word == "never") return PointerPolicy::never;
  return word == "always" ? PointerPolicy::always : PointerPolicy::needed;
}

/// The job and its restart, or the time of day where there is no job.
std::string usual_attempt(const affinity::Environment& environment) {
  const auto job = environment.find("SLURM_JOB_ID");
  if (job != environment.end()) {
    const auto restart = environment.find("SLURM_RESTART_COUNT");
    return cat(job->second, '.', restart == environment.end() ? "0" : restart->second);
  }
  const std::time_t seconds = std::time(nullptr);
  std::tm parts{};
  std::string text(32, '\0');
  text.resize(std::strftime(
      text.data(), text.size(), "by-hand-%Y%m%d-%H%M%S", ::gmtime_r(&seconds, &parts)));
  return text;
}

/// A name of a folder, not a path to somewhere else.
Result<std::string> attempt_of(const ParsedOptions& options, const Caller& caller) {
  std::string attempt = options.value("attempt").value_or(usual_attempt(caller.environment));
  if (attempt.empty() || attempt == "." || attempt == ".." ||
      attempt.find('/') != std::string::npos)
    return Failure{FailureKind::bad_input,
                   cat("--attempt \"", attempt, "\" is no name of a folder"),
                   "use letters and digits",
                   {}};
  return attempt;
}

std::optional<Failure> still_written(const checkpoint::Catalogue& catalogue) {
  for (const checkpoint::Listed& listed : catalogue.newest_first)
    if (listed.judgement.verdict == checkpoint::Verdict::in_flight)
      return Failure{FailureKind::conflict,
                     cat(shown_path(listed.checkpoint), " may still be written"),
                     "run it when no job writes here any more",
                     {}};
  return std::nullopt;
}

void tell_plan(const checkpoint::Catalogue& catalogue,
               const QuarantinePlan& plan,
               const std::string& directory,
               Caller& caller) {
  for (const auto& edit : plan.pointers)
    caller.out << "rewrite " << printable(edit.why) << '\n';
  for (const auto& move : plan.moves) {
    const auto& listed = catalogue.newest_first[move.index];
    caller.out << "move " << shown_path(listed.checkpoint) << " to " << printable(directory) << ": "
               << printable(listed.judgement.why) << '\n';
  }
  for (const std::string& stays : plan.stays)
    caller.out << "leave " << printable(stays) << '\n';
}

/// Carries the plan out. A checkpoint that cannot be moved stays: pointers steer around it.
Result<void> apply(const Look& look,
                   const QuarantinePlan& plan,
                   const std::string& directory,
                   Caller& caller) {
  for (const auto& edit : plan.pointers) {
    auto done = apply_pointer_edit(look.root, look.sidecar, edit);
    if (!done) return done;
  }
  for (const auto& move : plan.moves) {
    const auto done = apply_quarantine_move(look.root, directory, move);
    if (!done) caller.voice.warning(cat("it stays where it is: ", done.error().sentence()));
  }
  return {};
}

Result<ExitStatus> run_quarantine(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return Failure{FailureKind::bad_input,
                   "the directory of checkpoints is missing",
                   "write `holdfast ckpt quarantine DIR`",
                   {}};
  const auto attempt = attempt_of(options, caller);
  if (!attempt) return attempt.error();
  const auto look = look_at_directory(options, options.operands().front());
  if (!look) return look.error();
  const auto catalogue = read_catalogue(*look);
  if (!catalogue) return catalogue.error();
  const checkpoint::Time time = now();
  checkpoint::Policy policy = policy_of(*look);
  policy.wait_until = time;
  const auto choice = checkpoint::select(*catalogue, policy, time);
  const QuarantineMode mode = mode_of(options);
  const bool changes = mode != QuarantineMode::off && !options.has("dry-run");
  if (changes)
    if (const auto busy = still_written(*catalogue))
      return caller.voice.refuse(Failure(*busy).within("ckpt quarantine"), ExitStatus::failed);
  std::vector<checkpoint::Pointer> pointers;
  if (look->disk != nullptr && !catalogue->format.empty()) {
    auto read = checkpoint::read_pointers(*look->disk, catalogue->format);
    if (!read) return read.error();
    pointers = std::move(*read);
  }
  const auto plan = checkpoint::plan_quarantine(
      *catalogue, chosen_index(choice), std::move(pointers), mode, policy_of_pointers(options));
  const std::string directory = checkpoint::quarantine_directory(look->root, *attempt);
  tell_plan(*catalogue, plan, directory, caller);
  if (changes) {
    auto done = apply(*look, plan, directory, caller);
    if (!done) return done.error();
  }
  caller.voice.note(choice_sentence(*catalogue, choice));
  return status_of(choice);
}

}  // namespace

const Verb ckpt_quarantine{
    .name = "ckpt quarantine",
    .summary = "keep the program away from bad checkpoints",
    .about =
        "Makes pointer files lead to the newest good checkpoint, and with --mode move puts\n"
        "unfinished and damaged ones into ../.holdfast-quarantine. Nothing is deleted. Exit\n"
        "status: 0 there is a good one, 1 nothing was saved yet, 3 none is good.",
    .operands = {.shown = "DIR", .at_most = 1, .is_command = false},
    .options = options_of_quarantine,
    .examples = "holdfast ckpt quarantine --mode move --dry-run /scratch/run7/ckpt",
    .run = run_quarantine,
};

}  // namespace holdfast::cli
