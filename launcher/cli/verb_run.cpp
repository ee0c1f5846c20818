// SPDX-License-Identifier: Apache-2.0
// `holdfast run srun …`: the supervisor of a job. The same verb with --take-over is what a sentinel
// starts when the batch host is gone: it knows nothing but the state directory.
#include "cli/run/asked.hpp"
#include "cli/run/earlier.hpp"
#include "cli/run/home.hpp"
#include "cli/run/policy_table.hpp"
#include "cli/verbs.hpp"
#include "holdfast/attempt/launch.hpp"
#include "holdfast/attempt/rank_map.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/log.hpp"
#include "holdfast/events/state_directory.hpp"
#include "holdfast/run/supervisor.hpp"
#include "holdfast/sentinel/witness.hpp"

namespace holdfast::cli {

namespace {

constexpr std::int64_t successor_waits_ms = 400;

/// The run has ended before: a requeued script only tells Slurm so.
ExitStatus ended_before(const events::RunEnded& ended, Voice& voice) {
  voice.note(cat("the run has ended already: ", ended.verdict, "; ", ended.why));
  return static_cast<ExitStatus>(ended.exit);
}

/// Empty where nothing is written yet.
events::RunState state_before(const std::string& state) {
  const auto log = events::read_log(state);
  return log ? events::replay(log->records) : events::RunState();
}

ExitStatus dry_run(const run::Settings& settings,
                   const supervise::Plan& plan,
                   const attempt::SrunLine& line,
                   std::ostream& out) {
  std::vector<std::string> nodes;
  for (const std::string& node : plan.allocation)
    if (nodes.size() < plan.wanted && !plan.excluded.contains(node)) nodes.push_back(node);
  attempt::LaunchWish wish;
  wish.number = 1;
  wish.state = settings.state;
  wish.host_file = cat(settings.state, "/attempts/1/hosts");
  wish.allocation = plan.allocation;
  const auto launch =
      attempt::launch_of(line, attempt::deal(nodes, plan.ranks, line.dealing), wish);
  out << "nodes: " << join(nodes, ",") << '\n'
      << "spares: " << plan.allocation.size() - plan.excluded.size() - nodes.size() << '\n'
      << "ranks: " << plan.ranks << '\n'
      << "state: " << settings.state << '\n'
      << "command: " << join(launch.words, " ") << '\n';
  for (const auto& [name, value] : launch.set)
    out << "set: " << name << '=' << value << '\n';
  if (settings.explains) out << policy_table(plan.policy);
  return ExitStatus::ok;
}

/// What the sentinel that was elected says to its successor.
struct Succession {
  std::optional<std::uint64_t> epoch;  ///< claimed for us
  std::int64_t silent_ms{};            ///< how long the one before us was not heard
};

Succession succession_in(const affinity::Environment& environment) {
  const auto number = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : parse_number<std::uint64_t>(found->second);
  };
  return {number("HOLDFAST_EPOCH"),
          static_cast<std::int64_t>(number("HOLDFAST_SILENT_MS").value_or(0))};
}

Result<ExitStatus> supervise(run::Settings settings,
                             const JobHere& job,
                             const std::optional<Succession>& succession,
                             Caller& caller) {
  const bool take_over = succession.has_value();
  auto line = attempt::read_srun_line(settings.command);
  if (!line) return line.error();
  auto plan = plan_of(settings, *line, job);
  if (!plan) return plan.error();
  plan->version = HOLDFAST_VERSION;
  if (!take_over)
    for (const std::string& note : line->notes)
      caller.voice.note(note);
  auto opened = open_home(settings.state, job.host, succession ? succession->epoch : std::nullopt);
  if (!opened) return opened.error();
  auto secret = secret_of(settings.state);
  if (!secret) return secret.error();
  plan->successor = take_over;
  // The batch script runs on the first node; a supervisor may die and leave it there.
  plan->script_gone = take_over && (job.nodes.empty() || job.nodes.front() != job.host);
  plan->predecessor = opened->before.supervisor;
  if (plan->successor) plan->silent_ms = succession->silent_ms;
  // Who follows has waited long enough: those that live are back within a beat or two.
  if (plan->successor) plan->spare_wait_ms = successor_waits_ms;
  if (!take_over) {
    if (auto kept = keep_environment(settings.state, caller.environment); !kept)
      return kept.error();
  }
  auto witness = sentinel::write_witness(settings.state);
  if (!witness) return witness.error();
  auto program = own_program();
  if (!program) return program.error();
  const auto master = caller.environment.find("MASTER_ADDR");
  run::Beginning beginning{
      std::move(settings),
      std::move(*plan),
      std::move(*line),
      std::move(opened->before),
      std::move(opened->log),
      opened->epoch,
      job.host,
      std::move(*program),
      std::move(*secret),
      std::move(*witness),
      master == caller.environment.end() ? std::nullopt : std::optional(master->second),
      caller.environment.contains("HOLDFAST_BIND")};
  const auto exit = run::supervise(std::move(beginning));
  if (!exit) return exit.error();
  return static_cast<ExitStatus>(*exit);
}

/// Everything comes from the log: what this process inherited is a sentinel's.
Result<ExitStatus> take_over(const ParsedOptions& options, const JobHere& here, Caller& caller) {
  const auto state = options.value("state");
  if (!state) return Failure{FailureKind::bad_input, "--take-over needs --state", "", {}};
  const auto contents = events::read_log(*state);
  if (!contents) return contents.error();
  const auto before = events::replay(contents->records);
  if (before.ended && !before.requeued) return ended_before(*before.ended, caller.voice);
  auto settings = run::from_words(before.policy, before.command, *state);
  if (!settings) return settings.error();
  auto environment = become_batch_script(*state, settings->directory, here.id);
  if (!environment) return environment.error();
  auto job = job_here(*environment);
  if (!job) return job.error();
  job->host = here.host;
  if (!before.starts.empty()) {
    job->restart = before.starts.back().restart;
    job->nodes = before.starts.back().nodes;
  }
  Caller heir{caller.out, caller.voice, *environment, caller.looks};
  return supervise(std::move(*settings), *job, succession_in(caller.environment), heir);
}

/// Goes on from what lies in the state directory, or begins there.
Result<ExitStatus> begin(run::Settings settings, const JobHere& job, Caller& caller) {
  const auto handed_on = caller.environment.find("HOLDFAST_CONTINUE");
  const bool resubmitted = handed_on != caller.environment.end();
  if (resubmitted && is_handed_on(state_before(handed_on->second), settings.command))
    settings.state = handed_on->second;
  // First of all: a requeued script may have one node only, where a run wanted five. What is there
  // once the epoch is claimed is read again: others may write until then.
  const auto before = state_before(settings.state);
  const auto ended = earlier_end(before, job, settings.state, resubmitted);
  if (!ended) return ended.error();
  if (*ended) return ended_before(*before.ended, caller.voice);
  const std::string absence = absence_of(settings.checkpoints, before.attempts.empty());
  if (!absence.empty()) caller.voice.note(absence);
  if (settings.program_requeues)
    caller.voice.note(
        "the program requeues the job itself when Slurm warns; holdfast leaves that to it");
  return supervise(std::move(settings), job, std::nullopt, caller);
}

Result<ExitStatus> run_run(const ParsedOptions& options, Caller& caller) {
  const auto job = job_here(caller.environment);
  if (!job) return caller.voice.refuse(job.error(), ExitStatus::failed);
  if (options.has("take-over")) return take_over(options, *job, caller);
  auto settings = settings_of(options);
  if (!settings) return caller.voice.refuse(settings.error(), ExitStatus::failed);
  settings->command = options.operands();
  auto state = state_of_job(options.value("state"), job->id, caller.environment);
  if (!state) return caller.voice.refuse(state.error(), ExitStatus::failed);
  settings->state = std::move(*state);
  settings->directory = working_directory();
  if (options.has("dry-run")) {
    const auto line = attempt::read_srun_line(settings->command);
    if (!line) return caller.voice.refuse(line.error(), ExitStatus::failed);
    const auto plan = plan_of(*settings, *line, *job);
    if (!plan) return caller.voice.refuse(plan.error(), ExitStatus::failed);
    const std::string absence = absence_of(settings->checkpoints, true);
    if (!absence.empty()) caller.voice.note(absence);
    return dry_run(*settings, *plan, *line, caller.out);
  }
  auto ended = begin(std::move(*settings), *job, caller);
  if (!ended) return caller.voice.refuse(ended.error(), ExitStatus::failed);
  return *ended;
}

}  // namespace

const Verb run_verb{
    .name = "run",
    .summary = "keep a job alive through crashes and dead nodes",
    .about =
        "Starts the srun line, watches its nodes, and starts it again from the newest good\n"
        "checkpoint when something breaks: on the same nodes, on spares, on fewer, or requeued.",
    .operands = {.shown = "srun [OPTION...] PROGRAM [ARGUMENT...]",
                 .at_most = 100000,
                 .is_command = true},
    .options = run_options,
    .examples =
        "exec holdfast run --spares 1 --ckpt /scratch/run7 srun --ntasks-per-node=8 python "
        "train.py\n"
        "holdfast run --dry-run --nodes 4 srun ./solver",
    .run = run_run,
};

}  // namespace holdfast::cli
