// SPDX-License-Identifier: Apache-2.0
// The step of the sentinels, when it does not go on as it was started. srun ends the whole step
// when it cannot reach one node of it, also with --no-kill, and a node that slurmctld has given up
// makes it start none at all: the step is started again on the other nodes. The ranks go with their
// sentinels, so the machine hears of it first.
#include "holdfast/common/text.hpp"
#include "holdfast/process/ask.hpp"
#include "holdfast/slurm/job.hpp"
#include "run/supervisor.hpp"

#include <algorithm>
#include <csignal>

namespace holdfast::run {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr unsigned most_starts = 8;
constexpr milliseconds first_pause{250};  ///< from the third start on, doubled with each
constexpr std::chrono::seconds patience_with_slurmctld{5};
constexpr std::chrono::seconds patience_with_srun{5};

}  // namespace

void Supervisor::sentinels_ended(process::End end) {
  using supervise::Phase;
  const Phase phase = machine_.phase();
  if (exit_ || stands_by_ || phase == Phase::handing_back || phase == Phase::ended) return;
  if (!sentinels_said_.empty()) pass_on(std::exchange(sentinels_said_, {}));
  sentinels_again_.cancel();  // the patience with an srun that was told to end
  say(cat("the step of the sentinels ended with ", end.status()));
  expect_sentinels_again();
  const auto unlaunched = std::exchange(unlaunched_, {});
  leave_out(unlaunched, "srun could not start its sentinel");
  // It was said which node it is; else slurmctld may know that one is gone.
  if (!unlaunched.empty()) return start_sentinels_again();
  ask_who_is_left([this](const std::set<std::string>& gone) {
    leave_out(gone, "Slurm has taken it from the job");
    start_sentinels_again();
  });
}

void Supervisor::expect_sentinels_again() {
  for (const std::string& node : roster_->expect_again())
    lost(node, milliseconds(0), "replaced");
}

void Supervisor::leave_out(const std::set<std::string>& nodes, const std::string& why) {
  for (const std::string& node : nodes) {
    if (!left_out_.insert(node).second) continue;
    roster_->give_up(node);
    const auto fenced = roster_->fenced_at(node).time_since_epoch();
    hear(supervise::Lost{node, why, 0, duration_cast<milliseconds>(fenced).count()});
  }
}

/// srun may still be trying to reach them, and would end the step for it sooner or later.
void Supervisor::leave_out_absent() {
  if (exit_ || stands_by_ || !roster_) return;
  expect_sentinels_again();
  leave_out(std::exchange(absent_, {}), "its sentinel never came");
  if (!sentinels_) return start_sentinels_again();
  sentinels_->signal(SIGTERM);
  sentinels_again_.expires_after(patience_with_srun);
  sentinels_again_.async_wait([this](boost::system::error_code error) {
    if (!error) sentinels_->signal(SIGKILL);
  });
}

/// srun waits for ever for a step on nodes that the job no longer has.
void Supervisor::look_who_is_there() {
  ask_who_is_left([this](const std::set<std::string>& gone) {
    if (gone.empty()) return;
    absent_.insert(gone.begin(), gone.end());
    leave_out_absent();
  });
}

/// `told` hears which nodes of the allocation Slurm has taken from the job since.
void Supervisor::ask_who_is_left(std::function<void(const std::set<std::string>& gone)> told) {
  process::ask(loop_,
               slurm::show_job(with_.plan.job),
               patience_with_slurmctld,
               [this, told = std::move(told)](const Result<process::Answer>& answer) {
                 if (exit_ || stands_by_) return;
                 const auto job = answer ? slurm::parse_job(answer->output)
                                         : Result<slurm::JobFacts>(answer.error());
                 std::set<std::string> gone;
                 if (job && job->state == "RUNNING" && !job->nodes.empty())
                   for (const std::string& node : with_.plan.allocation)
                     if (std::ranges::count(job->nodes, node) == 0) gone.insert(node);
                 told(gone);
               });
}

void Supervisor::start_sentinels_again() {
  if (machine_.is_told_to_end()) return;  // Slurm ended them with the job
  if (++sentinel_starts_ >= most_starts || left_out_.size() >= with_.plan.allocation.size())
    return say("the step of the sentinels is not started again");
  const unsigned pauses = sentinel_starts_ < 2 ? 0 : 1U << (sentinel_starts_ - 2);
  sentinels_again_.expires_after(first_pause * pauses);
  sentinels_again_.async_wait([this](boost::system::error_code error) {
    if (!error && !exit_ && !stands_by_) start_sentinels();
  });
}

}  // namespace holdfast::run
