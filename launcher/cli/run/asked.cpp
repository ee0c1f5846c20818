// SPDX-License-Identifier: Apache-2.0
#include "cli/run/asked.hpp"

#include "cli/ckpt/look.hpp"
#include "cli/run/requeuer.hpp"
#include "holdfast/attempt/rank_map.hpp"
#include "holdfast/checkpoint/resume.hpp"
#include "holdfast/common/duration.hpp"
#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

namespace holdfast::cli {

namespace {

/// Nodes look at their health before they answer: 50 ms or so, unless a GPU holds its driver up.
constexpr std::int64_t patience_with_evidence_ms = 2'000;

/// With each --ckpt at the start.
constexpr checkpoint::Patience patience_with_directory{.one_request = std::chrono::seconds(5)};

std::string variable(const affinity::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string own_host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("localhost");
}

Result<std::string> absolute(const std::string& path) {
  std::error_code error;
  auto whole = std::filesystem::absolute(path, error);
  if (error)
    return Failure{
        FailureKind::unreadable, cat(path, " cannot be made an absolute path"), "", error};
  return whole.lexically_normal().string();
}

}  // namespace

Result<JobHere> job_here(const affinity::Environment& environment) {
  JobHere job;
  job.id = variable(environment, "SLURM_JOB_ID");
  if (job.id.empty())
    return Failure{FailureKind::bad_input,
                   "holdfast run works inside a job of Slurm, and SLURM_JOB_ID is not set",
                   "put it into a batch script (sbatch), or use it under salloc",
                   {}};
  std::string list = variable(environment, "SLURM_JOB_NODELIST");
  if (list.empty()) list = variable(environment, "SLURM_NODELIST");
  auto nodes = parse_hostlist(list);
  if (!nodes) return Failure(nodes.error()).within("SLURM_JOB_NODELIST");
  job.nodes = std::move(*nodes);
  job.restart = parse_number<unsigned>(variable(environment, "SLURM_RESTART_COUNT")).value_or(0);
  job.host = variable(environment, "SLURMD_NODENAME");
  if (job.host.empty()) job.host = own_host_name();
  job.ranks = parse_number<unsigned>(variable(environment, "SLURM_NTASKS"));
  job.ranks_per_node = parse_number<unsigned>(variable(environment, "SLURM_NTASKS_PER_NODE"));
  return job;
}

/// Where the checkpoints are, what they are, and how the program is told to go on from one.
Result<void> read_checkpoint_words(const ParsedOptions& options, run::Settings& settings) {
  for (const std::string& directory : options.values("ckpt")) {
    if (directory.empty())
      return Failure{FailureKind::bad_input,
                     "--ckpt names no directory: its value is empty",
                     "name where the program saves, or leave it out",
                     {}};
    auto whole = absolute(directory);
    if (!whole) return whole.error();
    // One that cannot be looked at now is asked again before each attempt, with more patience.
    const auto there = open_directory(*whole, patience_with_directory);
    if (!there && there.error().kind == FailureKind::bad_input)
      return Failure(there.error()).within("--ckpt");
    settings.checkpoints.push_back(std::move(*whole));
  }
  const std::string format = options.value("ckpt-format").value_or("");
  if (const auto known = check_format(format); !known) return known.error();
  settings.resume_arg = options.value("resume-arg").value_or("");
  if (const auto words = checkpoint::read_template(settings.resume_arg); !words)
    return Failure(words.error()).within("--resume-arg");
  if (const auto command = options.value("ckpt-verify"))
    if (const auto words = read_command(*command); !words) return words.error();
  for (const std::string name : {"ckpt-format", "ckpt-marker", "ckpt-verify"})
    if (const auto value = options.value(name))
      settings.look.insert(settings.look.end(), {cat("--", name), *value});
  settings.sums_up = options.has("manifest");
  return {};
}

Result<run::Settings> settings_of(const ParsedOptions& options) {
  run::Settings settings;
  settings.nodes = options.number("nodes");
  settings.spares = options.number("spares").value_or(0);
  settings.trims = options.has("nodes") && options.has("spares");
  if (const auto read = read_checkpoint_words(options, settings); !read) return read.error();
  settings.policy.max_restarts =
      options.number("max-restarts").value_or(settings.policy.max_restarts);
  settings.policy.no_progress = options.number("no-progress").value_or(settings.policy.no_progress);
  settings.policy.shrink_to = options.number("shrink-to");
  if (options.value("on-exhausted") == "fail")
    settings.policy.on_exhausted = recovery::Exhausted::fail;
  if (const auto signal = options.value("save-signal")) {
    const auto number = run::parse_signal(*signal);
    if (!number) return Failure(number.error()).within("--save-signal");
    settings.save_signal = *number;
  }
  const std::string hang = options.value("hang-timeout").value_or("auto");
  settings.hang_watch = hang != "off";
  if (hang != "off" && hang != "auto") {
    const auto time = parse_duration(hang);
    if (!time) return Failure(time.error()).within("--hang-timeout");
    settings.hang_timeout = *time;
  }
  if (const auto every = options.value("check-every")) {
    const auto time =
        *every == "off" ? Result<run::Milliseconds>(run::Milliseconds(0)) : parse_duration(*every);
    if (!time) return Failure(time.error()).within("--check-every");
    settings.check_every = *time;
  }
  const auto node = duration_of(options, "node-timeout", settings.node_timeout);
  const auto launch = duration_of(options, "launch-timeout", settings.launch_timeout);
  const auto lead = duration_of(options, "save-lead", settings.save_lead);
  for (const auto* time : {&node, &launch, &lead})
    if (!*time) return time->error();
  if (*node < std::chrono::seconds(1))
    return Failure{FailureKind::bad_input,
                   "--node-timeout below one second would lose nodes that are only busy",
                   "use 1s or more; 5s is usual",
                   {}};
  settings.node_timeout = *node;
  settings.launch_timeout = *launch;
  settings.save_lead = *lead;
  settings.place = !options.has("no-place");
  settings.explains = options.has("explain");
  settings.submits_again = options.value("requeue-by") == "resubmit";
  const std::string owner = options.value("requeue-owner").value_or("auto");
  settings.program_requeues =
      owner == "program" ||
      (owner == "auto" &&
       requeuer_of(options.operands(), options.value("ckpt-format").value_or("")));
  return settings;
}

std::string absence_of(const std::vector<std::string>& directories, bool first) {
  std::vector<std::string> absent;
  for (const std::string& directory : directories)
    if (const auto disk = open_directory(directory, patience_with_directory); disk && !*disk)
      absent.push_back(directory);
  if (absent.empty()) return {};
  std::string sentence =
      cat(join(absent, " and "), absent.size() == 1 ? " is" : " are", " not there yet");
  if (absent.size() == directories.size())
    sentence += cat(": the ", first ? "first" : "next", " attempt starts from the beginning");
  return sentence;
}

Result<supervise::Plan> plan_of(const run::Settings& settings,
                                const attempt::SrunLine& line,
                                const JobHere& job) {
  if (job.nodes.empty())
    return Failure{
        FailureKind::bad_input,
        "SLURM_JOB_ID is set, and SLURM_JOB_NODELIST, which names the job's nodes, is not",
        "put holdfast run into a batch script (sbatch), or use it under salloc",
        {}};
  attempt::SizeWish wish;
  wish.allocated =
      static_cast<unsigned>(std::ranges::count_if(job.nodes, [&](const std::string& node) {
        return std::ranges::count(line.excluded, node) == 0;
      }));
  wish.nodes = settings.nodes;
  wish.spares = settings.spares;
  wish.job_ranks = job.ranks;
  wish.job_ranks_per_node = job.ranks_per_node;
  const auto size = attempt::size_of(line, wish);
  if (!size) return size.error();
  if (settings.policy.shrink_to &&
      (*settings.policy.shrink_to == 0 || *settings.policy.shrink_to > size->nodes))
    return Failure{FailureKind::bad_input,
                   cat("--shrink-to ",
                       *settings.policy.shrink_to,
                       " is not between 1 and the ",
                       size->nodes,
                       " nodes of an attempt"),
                   "",
                   {}};
  supervise::Plan plan;
  plan.job = job.id;
  plan.host = job.host;
  plan.restart = job.restart;
  plan.allocation = job.nodes;
  plan.excluded = {line.excluded.begin(), line.excluded.end()};
  plan.gather_ms = patience_with_evidence_ms;
  plan.wanted = size->nodes;
  plan.ranks = size->ranks;
  plan.policy = settings.policy;
  plan.command = settings.command;
  plan.policy_words = run::to_words(settings);
  plan.looks_first = job.nodes.size() > size->nodes;
  if (settings.trims) plan.keep = size->nodes + settings.spares;
  plan.explains = settings.explains;
  plan.submits_again = settings.submits_again;
  plan.program_requeues = settings.program_requeues;
  plan.save_signal = settings.save_signal.value_or(0);
  plan.save_lead_ms = settings.save_lead.count();
  plan.launch_ms = settings.launch_timeout.count();
  return plan;
}

}  // namespace holdfast::cli
