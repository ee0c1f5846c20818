// SPDX-License-Identifier: Apache-2.0
// What a supervisor sets up before anything happens: its port, its sentinels, its signals.
#include "holdfast/common/text.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/recovery/srun_messages.hpp"
#include "holdfast/sentinel/witness.hpp"
#include "holdfast/slurm/cluster.hpp"
#include "run/supervisor.hpp"

#include <array>
#include <csignal>

namespace holdfast::run {

namespace {

constexpr std::size_t many_nodes = 200;
constexpr std::chrono::milliseconds successor_waits{3'000};
constexpr std::chrono::milliseconds patience_with_help{3'000};

/// What sbatch was asked for the ranks must not shape the step of the sentinels.
constexpr std::array step_variables{"SLURM_NTASKS",
                                    "SLURM_NPROCS",
                                    "SLURM_NTASKS_PER_NODE",
                                    "SLURM_NTASKS_PER_GPU",
                                    "SLURM_NTASKS_PER_SOCKET",
                                    "SLURM_NTASKS_PER_CORE",
                                    "SLURM_CPUS_PER_TASK",
                                    "SLURM_CPUS_PER_GPU",
                                    "SLURM_GPUS",
                                    "SLURM_GPUS_PER_NODE",
                                    "SLURM_GPUS_PER_TASK",
                                    "SLURM_GPUS_PER_SOCKET",
                                    "SLURM_GPU_BIND",
                                    "SLURM_GRES",
                                    "SLURM_STEP_GRES",
                                    "SLURM_TRES_PER_TASK",
                                    "SLURM_MEM_PER_CPU",
                                    "SLURM_MEM_PER_GPU",
                                    "SLURM_MEM_PER_NODE",
                                    "SLURM_DISTRIBUTION",
                                    "SLURM_HOSTFILE",
                                    "SLURM_CPU_BIND",
                                    "SLURM_MEM_BIND",
                                    "SLURM_EXCLUSIVE",
                                    "SLURM_LABELIO",
                                    "SLURM_MULTI_PROG",
                                    "SLURM_EXPORT_ENV",
                                    "SLURM_STDOUTMODE",
                                    "SLURM_STDERRMODE",
                                    "SLURM_STDINMODE",
                                    "SLURM_NETWORK",
                                    "SLURM_THREADS_PER_CORE",
                                    "SLURM_HINT"};

}  // namespace

Result<void> Supervisor::open() {
  sentinel::RosterSettings settings;
  settings.job = with_.plan.job;
  settings.epoch = with_.epoch;
  settings.nodes = with_.plan.allocation;
  settings.token = with_.token;
  settings.state = with_.settings.state;
  settings.node_timeout = with_.settings.node_timeout;
  settings.lease = with_.settings.node_timeout * 8 / 10;
  settings.beat = std::min<std::chrono::milliseconds>(
      settings.node_timeout / 10,
      std::chrono::milliseconds(with_.plan.allocation.size() >= many_nodes ? 1000 : 500));
  settings.join_timeout =
      with_.plan.successor ? successor_waits : std::chrono::milliseconds(with_.plan.join_ms);
  auto roster = sentinel::Roster::listen(loop_, std::move(settings), *this);
  if (!roster) return roster.error();
  roster_ = std::move(*roster);
  if (auto failure = roster_->write_announcement()) return std::move(*failure);
  listen_to_signals();
  ask_for_plugin();
  ask_for_wiring();
  ask_for_slurmd_port();
  if (!with_.plan.successor) {
    start_sentinels();
    look_who_is_there();
  }
  return {};
}

void Supervisor::listen_to_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2})
    signals_.add(number);
  auto wait = std::make_shared<std::function<void()>>();
  *wait = [this, wait] {
    signals_.async_wait([this, wait](boost::system::error_code error, int number) {
      if (error) return;
      if (stands_by_ && number != SIGUSR1 && number != SIGUSR2) return finish(128 + number);
      if (number == SIGUSR1 || number == SIGUSR2)
        hear(supervise::EndIsNear{"Slurm warned that the end is near"});
      else
        hear(supervise::StopAsked{number == SIGTERM ? "told to end (SIGTERM)" : "interrupted"});
      (*wait)();
    });
  };
  (*wait)();
}

void Supervisor::ask_for_plugin() {
  if (!with_.settings.place) return;
  process::ask(loop_,
               {{with_.line.srun, "--help"}, {}, {}, false},
               patience_with_help,
               [this](Result<process::Answer> answer) {
                 has_plugin_ =
                     answer && answer->output.find("--holdfast-bind") != std::string::npos;
               });
}

/// srun tells of a sentinel that found another directory than ours.
void Supervisor::pass_on(std::string line) {
  // Said at each start where Slurm binds nothing (TaskPlugin=task/none): there is nothing to undo.
  if (line.find("cluster configuration lacks support for cpu binding") != std::string::npos) return;
  mouth_.hand([line = std::move(line)] { (void)!::write(2, line.data(), line.size()); });
}

void Supervisor::hear_sentinels_srun(std::string_view chunk) {
  sentinels_said_ += chunk;
  supervise::StateUnseen unseen{with_.settings.state, {}};
  for (std::size_t end = sentinels_said_.find('\n'); end != std::string::npos;
       end = sentinels_said_.find('\n')) {
    const auto message =
        recovery::parse_srun_message(std::string_view(sentinels_said_).substr(0, end));
    if (message.kind == recovery::SrunMessageKind::ranks_ended &&
        message.exit_code == sentinel::state_not_shared)
      unseen.nodes.insert(unseen.nodes.end(), message.nodes.begin(), message.nodes.end());
    if (message.kind == recovery::SrunMessageKind::launch_failed)
      unlaunched_.insert(message.nodes.begin(), message.nodes.end());
    pass_on(sentinels_said_.substr(0, end + 1));
    sentinels_said_.erase(0, end + 1);
  }
  if (!unseen.nodes.empty()) hear(std::move(unseen));
}

void Supervisor::ask_for_slurmd_port() {
  process::ask(loop_,
               slurm::show_cluster(),
               patience_with_help,
               [this](const Result<process::Answer>& answer) {
                 if (answer && answer->end.well())
                   witnesses_.set_port(slurm::parse_cluster(answer->output).slurmd_port);
               });
}

void Supervisor::ask_for_wiring() {
  process::ask(loop_,
               slurm::show_topology(),
               patience_with_help,
               [this](const Result<process::Answer>& answer) {
                 if (answer && answer->end.well())
                   hear(supervise::Wired{slurm::parse_topology(answer->output)});
               });
}

void Supervisor::start_sentinels() {
  std::vector<std::string> nodes = with_.plan.allocation;
  std::erase_if(nodes, [this](const std::string& node) { return left_out_.contains(node); });
  const std::string count = cat(nodes.size());
  const sentinel::Endpoint& here = roster_->endpoint();
  process::Command command;
  command.words = {with_.line.srun,
                   "--overlap",
                   "--no-kill",
                   "--quiet",
                   "-N",
                   count,
                   "-n",
                   count,
                   "--ntasks-per-node=1",
                   "-c1",
                   "--mpi=none",
                   "--mem=0",
                   "--cpu-bind=none",
                   "--job-name=holdfast-sentinel",
                   with_.program,
                   "sentinel",
                   "--check-every",
                   cat(with_.settings.check_every.count(), "ms"),
                   "--job",
                   with_.plan.job,
                   "--state",
                   with_.settings.state,
                   "--witness",
                   with_.witness};
  if (!left_out_.empty()) command.words.insert(command.words.begin() + 1, {"-w", join(nodes, ",")});
  for (const std::string& address : here.addresses) {
    const bool is_v6 = address.find(':') != std::string::npos;
    command.words.insert(
        command.words.end(),
        {"--supervisor",
         is_v6 ? cat("[", address, "]:", here.port) : cat(address, ":", here.port)});
  }
  for (const std::string& word : {std::string("--"),
                                  with_.program,
                                  std::string("run"),
                                  std::string("--take-over"),
                                  std::string("--state"),
                                  with_.settings.state})
    command.words.push_back(word);
  command.set = {{"HOLDFAST_BIND", "off"}};
  for (const char* name : step_variables)
    command.unset.emplace_back(name);
  process::Child::Ears ears;
  ears.errors = [this](std::string_view chunk) { hear_sentinels_srun(chunk); };
  ears.ended = [this](process::End end) { sentinels_ended(end); };
  sentinels_said_.clear();
  auto child = process::Child::start(loop_, command, std::move(ears));
  if (child)
    sentinels_ = std::move(*child);
  else
    say(cat("no sentinel could be started: ", child.error().sentence()));
}

}  // namespace holdfast::run
