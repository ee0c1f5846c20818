// SPDX-License-Identifier: Apache-2.0
// `holdfast check`: looks at this node or at saved facts, judges, tells. By hand it touches
// nothing; with --act, as the scripts call it, it keeps the node's memory and does what the
// settings allow. It forks (probes) and runs sinfo and scontrol, so it must run before anything
// makes a thread.
#include "cli/check/earlier.hpp"
#include "cli/check/facts_source.hpp"
#include "cli/check/output.hpp"
#include "cli/result_file.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/act.hpp"
#include "holdfast/health/keep/slurm.hpp"
#include "holdfast/health/learn.hpp"
#include "holdfast/health/probes/gather.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

namespace holdfast::cli {

namespace {

using health::Facts;
using health::Tier;

constexpr std::array specs{
    OptionSpec{"tier",
               Takes::choice,
               "prolog|epilog|periodic|return-to-service|job",
               "which checks; return-to-service"},
    OptionSpec{"explain", Takes::nothing, "", "what passed too, and times"},
    OptionSpec{"json", Takes::nothing, "", "print one JSON object"},
    OptionSpec{"nagios", Takes::nothing, "", "print one line; end with 0, 1, 2 or 3"},
    OptionSpec{"prometheus", Takes::file, "FILE", "write metrics, by rename"},
    OptionSpec{"quiet", Takes::nothing, "", "print nothing about a node that is fit"},
    OptionSpec{"list", Takes::nothing, "", "print all checks and their limits"},
    OptionSpec{"facts", Takes::file, "FILE", "judge saved facts instead of this node"},
    OptionSpec{"save-facts", Takes::file, "FILE", "write what was seen, judge nothing"},
    OptionSpec{"learn", Takes::text, "NAME", "print the class of this healthy node"},
    OptionSpec{"diff", Takes::text, "FILE|NODE", "compare with saved facts or with another node"},
    OptionSpec{"ckpt", Takes::directory, "DIR", "has DIR room for one more checkpoint"},
    OptionSpec{"act", Takes::nothing, "", "keep the record, do what settings allow"},
    OptionSpec{"node", Takes::text, "NAME", "this node's name in Slurm"},
    OptionSpec{"job", Takes::text, "ID", "the job; SLURM_JOB_ID by default"},
    OptionSpec{
        "settings", Takes::file, "FILE", "instead of /etc/holdfast/holdfast.toml", false, true},
    OptionSpec{"root", Takes::directory, "DIR", "look for /sys, /proc, /dev below it", false, true},
};

/// The cursor comes along: what was read counts as read once it is known what comes of it.
struct Seen {
  Facts facts;
  std::string cursor;  ///< empty where there is nothing to keep
};

Result<Seen> see(const CheckWish& wish) {
  if (const auto file = wish.options.value("facts")) {
    auto facts = read_facts_file(*file);
    if (!facts) return facts.error();
    return Seen{std::move(*facts), {}};
  }
  const health::GatherWish gather = gather_wish(wish);
  health::Gathered gathered = health::gather(gather);
  const bool moved = wish.options.has("act") && gathered.cursor != gather.cursor;
  return Seen{std::move(gathered.facts), moved ? to_text(gathered.cursor) : std::string()};
}

CheckRun judge_facts(const CheckWish& wish, Facts facts, const health::Slurm& slurm) {
  CheckRun run;
  run.tier = wish.tier;
  run.node = class_for(wish, facts, slurm);
  run.facts = std::move(facts);
  const health::Limits limits{run.node, wish.settings.limits};
  const Baselines kept = baselines_for(wish);
  run.findings =
      health::judge({run.facts, kept.before, limits, wish.tier, &kept.an_hour_ago, &kept.a_day_ago},
                    wish.settings.overrides);
  run.verdict = health::verdict_of(run.findings);
  return run;
}

void act(const CheckWish& wish,
         const health::Slurm& slurm,
         const std::string& cursor,
         CheckRun& run) {
  health::Done done = act_on(run.findings,
                             run.facts,
                             {wish.tier, run.facts.node, wish.job, wish.settings.overrides},
                             wish.settings.policy,
                             wish.store,
                             slurm);
  for (const std::string& trouble : done.troubles)
    wish.caller.voice.warning(trouble);
  run.decision = std::move(done.decision);
  run.findings = std::move(done.findings);
  run.verdict = health::verdict_of(run.findings);
  keep_baseline(wish, run.facts);
  if (!cursor.empty()) warn_unless(wish.store.write_cursor(cursor), wish.caller);
}

void tell(const CheckWish& wish, const CheckRun& run) {
  const ParsedOptions& options = wish.options;
  std::string metrics = options.value("prometheus").value_or("");
  if (metrics.empty() && options.has("act") && wish.tier == Tier::periodic)
    metrics = wish.settings.prometheus.string();
  if (!metrics.empty())
    warn_unless(health::write_by_rename(metrics, check_metrics(run)), wish.caller);
  const bool fine =
      run.verdict == health::Verdict::fit || run.verdict == health::Verdict::fit_but_watch;
  if (options.has("quiet") && fine && !options.has("json")) return;
  if (options.has("json"))
    wish.caller.out << check_json(run);
  else if (options.has("nagios"))
    wish.caller.out << check_nagios(run);
  else
    wish.caller.out << check_screen(run, options.has("explain"), wish.caller.looks);
}

ExitStatus status_for(const CheckWish& wish, const CheckRun& run) {
  if (wish.options.has("nagios")) return nagios_status(run.verdict);
  if (run.decision) return run.decision->refuse_job ? ExitStatus::unfit : ExitStatus::ok;
  if (run.verdict == health::Verdict::unfit) return ExitStatus::unfit;
  return run.verdict == health::Verdict::undecided ? ExitStatus::negative : ExitStatus::ok;
}

Result<ExitStatus> compare(const CheckWish& wish, const Facts& here, const std::string& other) {
  const bool is_file = other == "-" || std::filesystem::exists(other);
  const auto there =
      is_file ? read_facts_file(other) : ask_node_facts(other, std::chrono::seconds(60));
  if (!there) return there.error();
  const auto found = differences(learn_class(here, "x"), learn_class(*there, "x"));
  for (const health::Difference& difference : found)
    wish.caller.out << cat(
        difference.what, ": ", difference.here, " here, ", difference.there, " there\n");
  return found.empty() ? ExitStatus::ok : ExitStatus::negative;
}

bool is_bare_key(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '_';
  });
}

Result<ExitStatus> check(const ParsedOptions& options, Caller& caller) {
  if (options.has("list")) {
    caller.out << check_table();
    return ExitStatus::ok;
  }
  if (options.has("act") && options.has("facts"))
    return Failure{FailureKind::bad_input,
                   "saved facts are judged, not acted on",
                   "leave --act or --facts out",
                   {}};
  if (options.has("act") && options.value("tier") == word_of(Tier::job))
    return Failure{FailureKind::bad_input,
                   "beside a running job a node is looked at, not acted on",
                   "leave --act out, or take another tier",
                   {}};
  const auto wish = check_wish_of(options, caller);
  if (!wish) return wish.error();
  const bool rare = wish->tier == Tier::periodic || wish->tier == Tier::return_to_service;
  if (options.has("ckpt") && (!rare || options.has("facts")))
    return Failure{FailureKind::bad_input,
                   "--ckpt is looked at here, from time to time",
                   "take tier periodic or return-to-service, and no saved facts",
                   {}};
  auto seen = see(*wish);
  if (!seen) return seen.error();
  Facts& facts = seen->facts;
  if (const auto file = options.value("save-facts")) {
    const auto written = write_result(caller, *file, to_json(facts) + "\n");
    if (!written) return written.error();
    return ExitStatus::ok;
  }
  if (const auto name = options.value("learn")) {
    if (!is_bare_key(*name))
      return Failure{FailureKind::bad_input,
                     cat("a class cannot be called \"", name->substr(0, 40), '"'),
                     "take letters, digits, - and _",
                     {}};
    caller.out << to_toml(learn_class(facts, *name));
    return ExitStatus::ok;
  }
  if (const auto other = options.value("diff")) return compare(*wish, facts, *other);
  const health::Slurm slurm(wish->settings.slurm_bin, wish->settings.slurm_deadline);
  CheckRun run = judge_facts(*wish, std::move(facts), slurm);
  if (options.has("act")) act(*wish, slurm, seen->cursor, run);
  tell(*wish, run);
  return status_for(*wish, run);
}

/// A monitor reads 2 as "critical": what keeps us from looking is "unknown", on one line as all
/// that it is told.
Result<ExitStatus> run_check(const ParsedOptions& options, Caller& caller) {
  auto status = check(options, caller);
  if (status || !options.has("nagios")) return status;
  caller.out << check_nagios(status.error());
  return nagios_status(health::Verdict::undecided);
}

}  // namespace

const Verb check_verb{
    .name = "check",
    .summary = "is this node, its GPUs and its network fit for a job, and why not",
    .about =
        "Looks at GPUs, links, ports, memory, disks and the kernel log, judges what it saw\n"
        "and says what to do. By hand it changes nothing. Exit status: 0 fit, 1 something\n"
        "could not be seen, 120 unfit.",
    .operands = {},
    .options = specs,
    .examples =
        "holdfast check\n"
        "holdfast check --save-facts n17.json; holdfast check --facts n17.json --explain\n"
        "holdfast check --learn h100 >> /etc/holdfast/holdfast.toml",
    .run = run_check,
};

}  // namespace holdfast::cli
