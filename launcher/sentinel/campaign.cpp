// SPDX-License-Identifier: Apache-2.0
#include "sentinel/campaign.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/events/state_directory.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/slurm/job.hpp"
#include "sentinel/addresses.hpp"
#include "sentinel/boot_clock.hpp"
#include "sentinel/dial.hpp"

#include <array>

#include <boost/asio/post.hpp>

namespace holdfast::sentinel {

namespace {

namespace asio = boost::asio;

constexpr std::size_t most_state = std::size_t{16} << 20U;
constexpr std::chrono::milliseconds read_every{300};
constexpr std::chrono::milliseconds members_fresh{3000};
constexpr std::chrono::milliseconds controller_time{2000};

// What makes a process look like a rank of the sentinel's own step, or tells srun of that step's
// shape: the successor starts steps of its own.
constexpr std::array<const char*, 24> of_our_step{"SLURM_STEP_ID",
                                                  "SLURM_STEPID",
                                                  "SLURM_PROCID",
                                                  "SLURM_LOCALID",
                                                  "SLURM_NODEID",
                                                  "SLURM_GTIDS",
                                                  "SLURM_TASK_PID",
                                                  "SLURM_STEP_NODELIST",
                                                  "SLURM_STEP_NUM_NODES",
                                                  "SLURM_STEP_NUM_TASKS",
                                                  "SLURM_STEP_TASKS_PER_NODE",
                                                  "SLURM_STEP_LAUNCHER_PORT",
                                                  "SLURM_SRUN_COMM_HOST",
                                                  "SLURM_SRUN_COMM_PORT",
                                                  "SLURM_NTASKS",
                                                  "SLURM_NPROCS",
                                                  "SLURM_MPI_TYPE",
                                                  "SLURM_OVERLAP",
                                                  "SLURM_CPU_BIND",
                                                  "SLURM_CPU_BIND_LIST",
                                                  "SLURM_CPU_BIND_TYPE",
                                                  "SLURM_CPU_BIND_VERBOSE",
                                                  "SLURM_DISTRIBUTION",
                                                  "HOLDFAST_ATTEMPT"};

}  // namespace

Campaign::Campaign(asio::io_context& context,
                   const SentinelSettings& settings,
                   Prover& prover,
                   Surroundings around)
    : context_(context),
      settings_(settings),
      prover_(prover),
      around_(std::move(around)),
      election_(settings.node),
      acceptor_(context) {}

std::optional<Failure> Campaign::open() {
  if (auto failure = open_door(acceptor_, 0)) return failure;
  door_ = {read_own_addresses(), acceptor_.local_endpoint().port()};
  accept();
  return std::nullopt;
}

void Campaign::close() {
  closed_ = true;
  boost::system::error_code ignored;  // all of it is going away
  acceptor_.close(ignored);
  for (const auto& guest : guests_)
    guest->close();
  for (auto& [node, peer] : peers_)
    if (peer.link) peer.link->close();
  for (auto& [node, link] : relays_)
    if (link) link->close();
  for (const auto& carried : carried_)
    if (const auto link = carried.lock()) link->close();
  files_.stop();
}

void Campaign::tick(Time now, Time silent, Time timeout) {
  silent_for_ = silent;
  if (!reading_ && now - read_at_ >= read_every) {
    read_at_ = now;
    read_state();
  }
  // Who votes is said by the state directory, and nobody wins without it anyway.
  if (now - members_at_ > members_fresh) return;
  carry_out(election_.tick(now, silent, timeout));
}

void Campaign::read_state() {
  reading_ = true;
  asio::post(files_, [weak = weak_from_this(), &context = context_, state = settings_.state] {
    const auto announcement = read_small_file(announcement_file(state), most_state);
    const auto peers = read_small_file(peers_file(state), most_state);
    auto announced = announcement ? parse_announcement(*announcement) : std::nullopt;
    auto known = peers ? parse_peers(*peers) : std::nullopt;
    asio::post(context, [weak, announced = std::move(announced), known = std::move(known)] {
      const auto self = weak.lock();
      if (!self || self->closed_) return;
      self->reading_ = false;
      if (known) {
        self->members_at_ = read_boot_clock();
        self->election_.set_members(known->members);
        self->where_ = known->where;
        if (std::exchange(self->seeks_relays_, false)) self->seek_relays();
      }
      if (announced) self->around_.announced(*announced);
    });
  });
}

void Campaign::carry_out(const Election::Effects& effects) {
  for (const auto& effect : effects) {
    switch (effect.want) {
      case Election::Want::canvass:
        ask_peers({{"kind", "canvass"}});
        break;
      case Election::Want::votes:
        ask_peers({{"kind", "vote"}, {"epoch", effect.epoch}});
        break;
      case Election::Want::controller:
        ask_controller(effect.epoch);
        break;
      case Election::Want::claim:
        claim(effect.epoch);
        break;
    }
  }
}

/// slurmctld is a voter of its own: it says that the job runs, and that we can reach it, which who
/// wants to start a step must.
void Campaign::ask_controller(std::uint64_t epoch) {
  process::ask(
      context_,
      slurm::show_job(settings_.job),
      controller_time,
      [weak = weak_from_this(), epoch](const Result<process::Answer>& answer) {
        const auto self = weak.lock();
        if (!self || self->closed_ || !answer || !answer->end.well()) return;
        const auto job = slurm::parse_job(answer->output);
        if (!job) return;
        self->carry_out(self->election_.controller_answered(epoch, job->state == "RUNNING"));
      });
}

void Campaign::claim(std::uint64_t epoch) {
  asio::post(files_,
             [weak = weak_from_this(),
              &context = context_,
              state = settings_.state,
              node = settings_.node,
              epoch] {
               const bool ours = bool(events::claim_epoch(state, epoch, node));
               const auto highest = events::highest_epoch(state);
               const std::uint64_t known = highest ? *highest : 0;
               asio::post(context, [weak, ours, known, epoch] {
                 const auto self = weak.lock();
                 if (!self || self->closed_) return;
                 self->election_.claim_answered(known, ours, read_boot_clock());
                 if (ours) self->start_successor(epoch);
               });
             });
}

void Campaign::start_successor(std::uint64_t epoch) {
  if (settings_.successor.empty() || successor_) return;
  process::Command command;
  command.words = settings_.successor;
  command.set = {{"HOLDFAST_EPOCH", cat(epoch)}, {"HOLDFAST_SILENT_MS", cat(silent_for_.count())}};
  command.unset.assign(of_our_step.begin(), of_our_step.end());
  auto started = process::Child::start(
      context_, command, {.output = {}, .errors = {}, .ended = [weak = weak_from_this()](auto) {
                            const auto self = weak.lock();
                            if (self) self->successor_.reset();
                          }});
  // One that cannot be started is one that is not heard: the next election finds another.
  if (started) successor_ = std::move(*started);
}

}  // namespace holdfast::sentinel
