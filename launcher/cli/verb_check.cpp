// SPDX-License-Identifier: Apache-2.0
// `holdfast check`: looks at this node or at saved facts, judges, tells. By hand it touches
// nothing; with --act, as the scripts call it, it keeps the node's memory and does what the
// settings allow. It forks (probes) and runs sinfo and scontrol, so it must run before anything
// makes a thread.
#include "cli/check/facts_source.hpp"
#include "cli/check/newest_checkpoint.hpp"
#include "cli/check/output.hpp"
#include "cli/printable.hpp"
#include "cli/result_file.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/act.hpp"
#include "holdfast/health/keep/job_baselines.hpp"
#include "holdfast/health/keep/slurm.hpp"
#include "holdfast/health/learn.hpp"
#include "holdfast/health/probes/gather.hpp"
#include "holdfast/step/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

namespace holdfast::cli {

namespace {

using health::CheckSettings;
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

std::string from_environment(const Caller& caller, std::string_view name) {
  const auto found = caller.environment.find(name);
  return found == caller.environment.end() ? std::string() : found->second;
}

/// What one run is about, out of options, environment and settings.
struct Wish {
  const ParsedOptions& options;
  Caller& caller;
  CheckSettings settings;
  Tier tier{Tier::return_to_service};
  std::string job;
  health::Store store;
  health::JobBaselines jobs;
};

bool belongs_to_a_name(unsigned char letter) {
  return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
}

Result<Wish> wish_of(const ParsedOptions& options, Caller& caller) {
  const std::string node = options.value("node").value_or("");
  if (!std::ranges::all_of(node, belongs_to_a_name))
    return Failure{FailureKind::bad_input,
                   cat("a node cannot be called \"", printable(node.substr(0, 40)), '"'),
                   "take its name in Slurm: letters, digits, -, _ and dots",
                   {}};
  auto settings =
      health::read_check_settings(options.value("settings").value_or(step::settings_file));
  if (!settings) return settings.error();
  const health::Store store(settings->state);
  const health::JobBaselines jobs(settings->run / "jobs");
  Wish wish{options, caller, std::move(*settings), Tier::return_to_service, {}, store, jobs};
  if (const auto word = options.value("tier")) wish.tier = *health::tier_of(*word);
  wish.job = options.value("job").value_or(from_environment(caller, "SLURM_JOB_ID"));
  return wish;
}

/// What takes its time, and is looked at from time to time only.
void wish_for_rare_looks(const Wish& wish, health::GatherWish& gather) {
  if (wish.tier != Tier::periodic && wish.tier != Tier::return_to_service) return;
  gather.checkpoints = wish.settings.checkpoints;
  if (const auto named = wish.options.value("ckpt"))
    gather.checkpoints = {std::filesystem::absolute(*named).lexically_normal().string()};
  gather.find_newest_checkpoint = find_newest_checkpoint;
  if (wish.settings.event_log.empty()) return;
  gather.event_log = [&words = wish.settings.event_log, limit = gather.deadline * 3 / 4] {
    return health::run_program(words, limit);
  };
}

health::GatherWish gather_wish(const Wish& wish) {
  health::GatherWish gather;
  if (const auto root = wish.options.value("root")) gather.root = *root;
  gather.node = wish.options.value("node").value_or("");
  if (wish.tier == Tier::return_to_service) gather.depth = health::Depth::thorough;
  if (wish.tier == Tier::prolog) gather.depth = health::Depth::quick;
  gather.write_to = wish.settings.write_to;
  gather.leave_out = wish.settings.leave_out;
  gather.run_directory = wish.settings.run;
  // What is left of the prolog's second is for judging, and for the loader.
  const bool beside_a_job = wish.tier == Tier::prolog || wish.tier == Tier::job;
  gather.deadline = beside_a_job ? wish.settings.prolog_deadline * 4 / 5 : wish.settings.deadline;
  // Beside a running job only what its checks read; its sentinel reads the kernel's log itself.
  if (wish.tier == Tier::job)
    gather.without = {"processes", "host", "slurm", "storage", "kernel_log"};
  wish_for_rare_looks(wish, gather);
  std::string nvml = from_environment(wish.caller, "HOLDFAST_NVML_LIBRARY");
  if (nvml.empty()) nvml = wish.settings.nvml.string();
  if (!nvml.empty()) gather.nvml_library = nvml;
  if (wish.options.has("act"))
    if (const auto cursor = health::parse_kernel_log_cursor(wish.store.read_cursor()))
      gather.cursor = *cursor;
  return gather;
}

void warn_unless(const Result<void>& done, Caller& caller) {
  if (!done) caller.voice.warning(done.error().sentence());
}

/// The cursor comes along: what was read counts as read once it is known what comes of it.
struct Seen {
  Facts facts;
  std::string cursor;  ///< empty where there is nothing to keep
};

Result<Seen> see(const Wish& wish) {
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

/// The baseline a tier compares with. What grew during a job is known only to the job's own.
struct Baselines {
  health::Baseline before, an_hour_ago, a_day_ago;
};

Baselines baselines_for(const Wish& wish) {
  using health::Age;
  const auto or_none = [](Result<health::Baseline> kept) {
    return kept ? std::move(*kept) : health::Baseline{};
  };
  const auto kept = [&](Age age) { return or_none(wish.store.read_baseline(age)); };
  if (wish.tier == Tier::epilog) {
    const health::Baseline begin = or_none(wish.jobs.read(wish.job));
    return {begin, begin, begin};
  }
  if (wish.tier == Tier::prolog) return {kept(Age::last), {}, {}};  // rates are for those with time
  return {kept(Age::last), kept(Age::hour), kept(Age::day)};
}

void keep_baseline(const Wish& wish, const Facts& facts) {
  if (wish.tier == Tier::epilog)
    wish.jobs.remove(wish.job);
  else if (wish.tier != Tier::prolog)
    warn_unless(wish.store.write_baseline(baseline_of(facts)), wish.caller);
  else if (!wish.job.empty())
    warn_unless(wish.jobs.write(wish.job, baseline_of(facts)), wish.caller);
}

/// Slurm is asked for features only where a class goes by them, and then once an hour: a thousand
/// nodes that ask every few minutes are work for the controller.
std::vector<std::string> features_for(const Wish& wish,
                                      const health::Slurm& slurm,
                                      const Facts& facts) {
  const bool wanted = std::ranges::any_of(
      wish.settings.classes, [](const health::NodeClass& node) { return !node.feature.empty(); });
  if (!wanted) return {};
  const auto memory = wish.store.read_memory();
  const bool fresh = memory && memory->features_at > facts.at - 3600;
  if (fresh || wish.tier == Tier::prolog)
    return memory ? memory->features : std::vector<std::string>{};
  const auto features = slurm.ask_features(facts.node);
  if (!features) return memory ? memory->features : std::vector<std::string>{};
  if (wish.options.has("act"))
    warn_unless(wish.store.change_memory([&](health::Memory& changed) {
      changed.features = *features;
      changed.features_at = facts.at;
    }),
                wish.caller);
  return *features;
}

/// A node whose GPUs are gone, or whose driver hangs, no longer shows what its class goes by: then
/// it is of the class that it was of last.
health::NodeClass class_for(const Wish& wish,
                            const Facts& facts,
                            const std::vector<std::string>& features) {
  const auto& classes = wish.settings.classes;
  health::NodeClass found = class_of(classes, facts.node, features, facts);
  const bool by_model = std::ranges::any_of(
      classes, [](const health::NodeClass& node) { return !node.gpu_model.empty(); });
  const bool goes_by_something =
      !found.hosts.empty() || !found.feature.empty() || !found.gpu_model.empty();
  if (!by_model || wish.options.has("facts")) return found;
  if (goes_by_something) {
    if (wish.options.has("act") && wish.tier != Tier::prolog)
      warn_unless(
          wish.store.change_memory([&](health::Memory& memory) { memory.node_class = found.name; }),
          wish.caller);
    return found;
  }
  const auto memory = wish.store.read_memory();
  const auto last = std::ranges::find_if(classes, [&](const health::NodeClass& node) {
    return memory && node.name == memory->node_class && !node.gpu_model.empty();
  });
  return last == classes.end() ? found : *last;
}

CheckRun judge_facts(const Wish& wish, Facts facts, const health::Slurm& slurm) {
  CheckRun run;
  run.tier = wish.tier;
  run.node = class_for(wish, facts, features_for(wish, slurm, facts));
  run.facts = std::move(facts);
  const health::Limits limits{run.node, wish.settings.limits};
  const Baselines kept = baselines_for(wish);
  run.findings =
      health::judge({run.facts, kept.before, limits, wish.tier, &kept.an_hour_ago, &kept.a_day_ago},
                    wish.settings.overrides);
  run.verdict = health::verdict_of(run.findings);
  return run;
}

void act(const Wish& wish, const health::Slurm& slurm, const std::string& cursor, CheckRun& run) {
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

void tell(const Wish& wish, const CheckRun& run) {
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

ExitStatus status_for(const Wish& wish, const CheckRun& run) {
  if (wish.options.has("nagios")) return nagios_status(run.verdict);
  if (run.decision) return run.decision->refuse_job ? ExitStatus::unfit : ExitStatus::ok;
  if (run.verdict == health::Verdict::unfit) return ExitStatus::unfit;
  return run.verdict == health::Verdict::undecided ? ExitStatus::negative : ExitStatus::ok;
}

Result<ExitStatus> compare(const Wish& wish, const Facts& here, const std::string& other) {
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
  const auto wish = wish_of(options, caller);
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
