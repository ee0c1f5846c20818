// SPDX-License-Identifier: Apache-2.0
// From the first sign that an attempt is lost to the decision what follows. The order is fixed: no
// decision before all ranks of the attempt are known to be gone, or fenced.
#include "holdfast/common/text.hpp"
#include "holdfast/events/history.hpp"
#include "holdfast/recovery/classify.hpp"
#include "holdfast/supervise/machine.hpp"
#include "supervise/explanation.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::supervise {

namespace {

/// An order to end ranks is given again so often: it may have been lost with a link that broke.
constexpr std::int64_t tear_again_ms = 1'000;

}  // namespace

void Machine::step_ended(const StepEnded& ended, Now now) {
  if (ended.attempt != attempt_.number || attempt_.step_over) return;
  attempt_.step_over = true;
  attempt_.exit = ended.signal != 0 ? 128 + ended.signal : ended.exit;
  attempt_.never_started = ended.never_started;
  attempt_.state_unwritable = ended.state_unwritable;
  if (phase_ == Phase::stopping) return look_whether_stopped(now);
  if (phase_ != Phase::running && phase_ != Phase::saving) return;
  write(events::AttemptEnded{attempt_.number,
                             ended.signal == 0 ? std::optional(ended.exit) : std::nullopt,
                             ended.signal != 0 ? std::optional(ended.signal) : std::nullopt,
                             static_cast<std::uint64_t>(now.steady_ms - attempt_.started_steady)});
  if (attempt_.exit == 0 && attempt_.lost.empty())
    return end(0, "finished", cat("attempt ", attempt_.number, " ended well"), now);
  if (attempt_.killed_by_abort) return ranks_ended(*attempt_.killed_by_abort, now);
  stop(Aim::judge,
       ended.never_started.empty() ? cat("srun ended with ", attempt_.exit) : ended.never_started,
       now);
}

/// Nobody is to blame, and the node is not out: it joins again within seconds, or is lost then.
void Machine::sentinel_lost(const Lost& lost, Now now) {
  returning_.insert(lost.node);
  return_deadline_ = now.steady_ms + plan_.return_ms;
  fenced_at_[lost.node] = lost.fenced_at_ms;
  const bool in_attempt = std::ranges::count(attempt_.nodes, lost.node) != 0;
  if (!in_attempt) return;
  if (phase_ == Phase::running || phase_ == Phase::saving)
    return stop(
        Aim::judge, cat("the sentinel of ", lost.node, " ended, and its ranks with it"), now);
  if (phase_ != Phase::stopping) return;
  to_tear_down_.erase(lost.node);
  look_whether_stopped(now);
}

bool Machine::waits_for_sentinels(Now now) const {
  if (stop_asked_ || (gathered_ && gathered_->slurm)) return false;  // the job ends, they with it
  return !returning_.empty() && now.steady_ms < return_deadline_;
}

void Machine::node_lost(const Lost& lost, Now now) {
  if (phase_ == Phase::handing_back) return;  // Slurm ends the sentinels now
  living_.erase(lost.node);
  if (given_back_.contains(lost.node)) return;
  if (lost.sentinel_only) return sentinel_lost(lost, now);
  returning_.erase(lost.node);
  ever_lost_.insert(lost.node);
  fenced_at_[lost.node] = lost.fenced_at_ms;
  write(events::NodeLost{
      lost.node, lost.how, static_cast<std::uint64_t>(std::max<std::int64_t>(0, lost.silent_ms))});
  say(cat("node ", lost.node, " is lost: ", lost.how));
  const bool in_attempt = std::ranges::count(attempt_.nodes, lost.node) != 0;
  switch (phase_) {
    case Phase::gathering:
      return gather_or_go(now);
    case Phase::running:
    case Phase::saving:
      if (!in_attempt) return;
      attempt_.lost.push_back({lost.node, lost.how, lost.silent_ms});
      attempt_.silent_ms = lost.silent_ms;
      return stop(Aim::judge, cat("node ", lost.node, " was lost"), now);
    case Phase::stopping:
      if (in_attempt) attempt_.lost.push_back({lost.node, lost.how, lost.silent_ms});
      to_tear_down_.erase(lost.node);
      return look_whether_stopped(now);
    default:
      return;
  }
}

void Machine::stop(Aim aim, std::string sign, Now now) {
  phase_ = Phase::stopping;
  aim_ = aim;
  attempt_.first_sign = std::move(sign);
  attempt_.stopped_wall = now.wall_ms;
  stop_steady_ = now.steady_ms;
  stop_deadline_ = now.steady_ms + plan_.teardown_ms;
  tear_again_ = now.steady_ms + plan_.grace_ms + tear_again_ms;
  last_words_until_.reset();
  torn_.clear();
  unreachable_.clear();
  to_tear_down_.clear();
  say(cat("attempt ", attempt_.number, " is over: ", attempt_.first_sign));
  for (const std::string& node : attempt_.nodes)
    if (lives(node)) to_tear_down_.insert(node);
  if (!to_tear_down_.empty())
    effects_.emplace_back(
        TearDown{attempt_.number, {to_tear_down_.begin(), to_tear_down_.end()}, plan_.grace_ms});
  look_whether_stopped(now);
}

void Machine::torn_down(const TornDown& torn, Now now) {
  if (phase_ != Phase::stopping || torn.attempt != attempt_.number ||
      !to_tear_down_.contains(torn.node))
    return;
  if (torn.left != 0) {
    if (now.steady_ms < stop_deadline_)
      effects_.emplace_back(TearDown{attempt_.number, {torn.node}, 0});
    return look_whether_stopped(now);
  }
  to_tear_down_.erase(torn.node);
  torn_.push_back(torn.node);
  look_whether_stopped(now);
}

void Machine::look_whether_stopped(Now now) {
  if (now.steady_ms >= stop_deadline_) {
    // Processes stuck in the kernel die before they run a single instruction of theirs again; the
    // node is not used any more.
    for (const std::string& node : to_tear_down_) {
      rule_out(node, "its ranks could not be ended");
      attempt_.lost.push_back({node, "its ranks could not be ended", now.steady_ms - stop_steady_});
      unreachable_.push_back(node);
    }
    to_tear_down_.clear();
  }
  if (!to_tear_down_.empty() && now.steady_ms >= tear_again_) {
    tear_again_ = now.steady_ms + tear_again_ms;
    effects_.emplace_back(
        TearDown{attempt_.number, {to_tear_down_.begin(), to_tear_down_.end()}, 0});
  }
  if (!to_tear_down_.empty()) return;
  for (const std::string& node : attempt_.nodes) {
    if (lives(node)) continue;
    // Its guard ended the ranks before it went, and nothing is started after them. Slurm gives us
    // less time than a lease (KillWait).
    if (stop_asked_ && returning_.contains(node)) continue;
    const auto fence = fenced_at_.find(node);
    if (fence != fenced_at_.end() && now.steady_ms < fence->second) return;
  }
  if (!waits_for_last_words(now)) stopped(now);
}

/// srun that is killed at once takes the end of a traceback with it, which is what its user needs.
bool Machine::waits_for_last_words(Now now) {
  if (attempt_.step_over || stop_asked_) return false;
  if (!last_words_until_) {
    const bool all_live =
        std::ranges::all_of(attempt_.nodes, [this](const auto& node) { return lives(node); });
    last_words_until_ =
        now.steady_ms + (all_live ? plan_.last_words_ms : plan_.last_words_of_others_ms);
  }
  return now.steady_ms < *last_words_until_;
}

void Machine::stopped(Now now) {
  for (const std::string& node : attempt_.nodes)
    if (!lives(node)) unreachable_.push_back(node);
  write(events::TeardownDone{attempt_.number,
                             static_cast<std::uint64_t>(now.steady_ms - stop_steady_),
                             torn_,
                             unreachable_});
  if (!attempt_.step_over) effects_.emplace_back(DropStep{attempt_.number});
  switch (aim_) {
    case Aim::judge:
    case Aim::taken_over:
      return judge(now);
    case Aim::requeue_after_save:
      return hand_back({}, attempt_.first_sign, now);
    case Aim::end_well:
      return end(0, "finished", attempt_.first_sign, now);
    case Aim::stop_after_save:
      return end(0, "stopped", attempt_.first_sign, now);
    case Aim::restart:
      if (stop_asked_) return end(143, "cancelled", *stop_asked_, now);
      phase_ = Phase::choosing;
      asked_catalogue_ = 0;
      return read_catalogue(now);
  }
}

void Machine::judge(Now now) {
  phase_ = Phase::judging;
  choice_.reset();
  gathered_.reset();
  asked_catalogue_ = 0;
  std::vector<std::string> nodes;
  std::ranges::copy_if(attempt_.nodes, std::back_inserter(nodes), [this](const std::string& node) {
    return lives(node);
  });
  effects_.emplace_back(
      Gather{attempt_.number, attempt_.started_wall - 60'000, std::move(nodes), plan_.gather_ms});
  read_catalogue(now);
}

/// What srun would have ended with, had we not ended the other ranks ourselves.
int Machine::exit_of_attempt() const {
  if (attempt_.exits.empty()) return attempt_.exit;
  const recovery::RankExit& first = attempt_.exits.front();
  return first.signal != 0 ? 128 + first.signal : first.exit_code;
}

recovery::Evidence Machine::evidence(Now now) const {
  recovery::Evidence evidence;
  for (const auto& block : rank_blocks(attempt_.nodes, attempt_.ranks))
    evidence.ranks.push_back({block.node, block.first, block.count});
  evidence.exits = attempt_.exits;
  evidence.lines = gathered_->lines;
  evidence.signs = gathered_->signs;
  // Our own node's sentinel gone and we alive: the step of the sentinels was ended, not the nodes.
  if (living_.contains(plan_.host) || plan_.successor ||
      std::ranges::count(plan_.allocation, plan_.host) == 0)
    evidence.lost_nodes = attempt_.lost;
  evidence.slurm = gathered_->slurm ? gathered_->slurm : attempt_.slurm;
  evidence.hang = attempt_.hang;
  evidence.ranks_ran = attempt_.running_wall != 0;
  evidence.ran_ms =
      evidence.ranks_ran ? std::max<std::int64_t>(1, now.wall_ms - attempt_.running_wall) : 0;
  evidence.resumed = attempt_.resume.has_value();
  evidence.ran_before = std::ranges::any_of(
      history_.attempts, [](const recovery::Attempt& one) { return one.running_ms != 0; });
  evidence.srun_exit = exit_of_attempt();
  evidence.never_started = attempt_.never_started;
  evidence.state_unwritable = attempt_.state_unwritable;
  return evidence;
}

/// From the last sign that all was well: a node's last beat, a program's last stir, a rank's end as
/// its node saw it. Clocks of two nodes may differ; a time they make impossible is no time.
std::optional<std::uint64_t> Machine::detection_ms() const {
  constexpr std::int64_t longest_ms = 60'000;
  if (attempt_.silent_ms)
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, *attempt_.silent_ms));
  if (!gathered_ || !gathered_->first_gone_ms || attempt_.exits.empty()) return std::nullopt;
  const std::int64_t took = attempt_.stopped_wall - *gathered_->first_gone_ms;
  if (took < 0 || took > longest_ms) return std::nullopt;
  return static_cast<std::uint64_t>(took);
}

void Machine::judge_when_all_is_known(Now now) {
  if (!choice_ || !gathered_ || waits_for_sentinels(now)) return;
  if (!judged_) {
    const auto& resume = attempt_.resume;
    if (choice_->kind == recovery::ChoiceKind::good && choice_->resume.step &&
        (!resume || !resume->step || *choice_->resume.step > *resume->step))
      attempt_.newest_step = choice_->resume.step;
    recovery::Attempt ended;
    ended.number = attempt_.number;
    ended.started_ms = attempt_.started_wall;
    ended.running_ms = attempt_.running_wall;
    ended.ended_ms = now.wall_ms;
    ended.resume = attempt_.resume;
    ended.newest_step = attempt_.newest_step;
    ended.nodes = attempt_.nodes;
    ended.loss = recovery::classify(evidence(now));
    if (attempt_.newest_step) write(checkpoint_record(*choice_, attempt_.newest_step));
    write(events::loss_record(attempt_.number, ended.loss, detection_ms()));
    say(cat("cause: ", phrase_of(ended.loss.cause), "; ", ended.loss.why));
    history_.attempts.push_back(std::move(ended));
    judged_ = true;
    for (const std::string& node : recovery::ruled_out(history_))
      unfit_.insert(node);
  }
  decide_now(now);
}

void Machine::decide_now(Now now) {
  choice_->asked = std::max(1U, asked_catalogue_);
  carry_out(recovery::decide(history_, *choice_, ground(), plan_.policy), now);
}

void Machine::carry_out(const recovery::Decision& decision, Now now) {
  using Kind = recovery::DecisionKind;
  for (const std::string& path : decision.condemn)
    if (condemned_.insert(path).second) write(events::Condemned{path, decision.why});
  // A loss that was judged before somebody asked for the end says nothing of that.
  if (stop_asked_ && decision.kind != Kind::stop && decision.kind != Kind::requeue)
    return end(143, "cancelled", *stop_asked_, now);
  if (decision.kind == Kind::choose_again) {
    choice_.reset();
    look_again_ = now.steady_ms + std::max<std::int64_t>(1, decision.wait_ms);
    return;
  }
  write(events::decided_record(attempt_.number, decision));
  say(cat(word_of(decision.kind), ": ", decision.why));
  if (plan_.explains)
    for (std::string& line : explanation(decision, history_.attempts.back().loss))
      say(std::move(line));
  effects_.emplace_back(SetMembers{{living_.begin(), living_.end()}});
  for (const std::string& node : decision.exclude)
    unfit_.insert(node);
  switch (decision.kind) {
    case Kind::requeue:
      return hand_back(decision.exclude, decision.why, now);
    case Kind::stop:
      if (slurm_restarts()) {
        write(events::Requeued{"by Slurm", {}, decision.why});
        phase_ = Phase::ended;
        effects_.emplace_back(End{exit_of_attempt()});
        return;
      }
      if (history_.attempts.back().loss.cause == recovery::Cause::cancelled)
        return end(143, "cancelled", stop_asked_.value_or(decision.why), now);
      return end(decision.exit_code,
                 "gave_up",
                 decision.verdict.empty() ? decision.why : decision.verdict,
                 now);
    default:
      break;
  }
  next_ = decision;
  next_at_ = now.steady_ms + decision.wait_ms;
  phase_ = Phase::waiting;
  if (paused_) return tell_of_pause(now);
  if (decision.wait_ms > 0) say(cat("the next attempt starts in ", decision.wait_ms / 1000, " s"));
  if (now.steady_ms >= next_at_) carry_on(now);
}

/// The job is in the queue again already, and not by us: its next start goes on from the log.
bool Machine::slurm_restarts() const {
  const auto verdict = gathered_ && gathered_->slurm ? gathered_->slurm : attempt_.slurm;
  return verdict == recovery::SlurmVerdict::requeued_by_person;
}

void Machine::carry_on(Now now) {
  if (!next_) return;
  if (std::ranges::all_of(next_->nodes, [this](const std::string& node) { return usable(node); }))
    return start(next_->nodes, next_->resume, next_->why, now);
  // A node of the plan died while it was waited: the same question, on other ground.
  phase_ = Phase::judging;
  next_.reset();
  decide_now(now);
}

}  // namespace holdfast::supervise
