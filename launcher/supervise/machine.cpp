// SPDX-License-Identifier: Apache-2.0
// What is heard, dealt out to what knows about it, and when the machine wants to be woken.
#include "holdfast/supervise/machine.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/events/history.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::supervise {

std::string_view word_of(Phase phase) {
  switch (phase) {
    case Phase::gathering:
      return "gathering";
    case Phase::choosing:
      return "choosing";
    case Phase::waiting:
      return "waiting";
    case Phase::running:
      return "running";
    case Phase::saving:
      return "saving";
    case Phase::stopping:
      return "stopping";
    case Phase::judging:
      return "judging";
    case Phase::handing_back:
      return "handing back";
    case Phase::ended:
      return "ended";
  }
  return "";
}

Machine::Machine(Plan plan, events::RunState before)
    : plan_(std::move(plan)), history_(events::history_of(before)), condemned_(before.condemned) {
  for (const std::string& node : recovery::ruled_out(history_))
    unfit_.insert(node);
  const events::AttemptState* last = before.newest_attempt();
  if (last == nullptr) return;
  last_number_ = last->number;
  // The last attempt may be of an earlier start, on nodes that were given back since.
  const bool same_start = !before.starts.empty() && before.starts.back().restart == plan_.restart &&
                          last->restart == plan_.restart && !before.requeued;
  if (!same_start) {  // Slurm has ended whatever ran before
    forgive_where_needed();
    return;
  }
  for (const auto& [name, node] : before.nodes)
    if (node.unfit) unfit_.insert(name);
  attempt_.number = last->number;
  attempt_.nodes = last->nodes;
  for (const events::RankBlock& block : last->ranks)
    attempt_.ranks += block.count;
  if (last->resume) attempt_.resume = events::resume_of(*last->resume);
  attempt_.started_wall = last->started_ms;
  attempt_.running_wall = last->running_ms.value_or(0);
  attempt_.newest_step = last->newest_step;
  attempt_.step_over = false;
  judged_ = last->loss.has_value();
  aim_ = last->ended_well() && last->ended_ms ? Aim::end_well : Aim::taken_over;
}

/// Slurm gave a node again that an earlier start lost: it was seen to, or there is no better one.
/// Held against it where nodes are short, the job would go back into the queue for it for ever.
void Machine::forgive_where_needed() {
  const auto fit = std::ranges::count_if(
      plan_.allocation, [this](const std::string& node) { return !unfit_.contains(node); });
  if (static_cast<std::size_t>(fit) >= plan_.wanted) return;
  for (recovery::Attempt& attempt : history_.attempts)
    std::erase_if(attempt.loss.blamed, [this](const std::string& node) {
      return std::ranges::count(plan_.allocation, node) != 0;
    });
  unfit_.clear();
}

std::vector<Effect> Machine::begin(Now now) {
  began_steady_ = now.steady_ms;
  if (plan_.successor) {
    write(events::TookOver{plan_.predecessor, static_cast<std::uint64_t>(plan_.silent_ms)});
  } else {
    write(events::RunStarted{plan_.job,
                             plan_.restart,
                             plan_.allocation,
                             plan_.wanted,
                             static_cast<unsigned>(plan_.allocation.size()) - plan_.wanted,
                             plan_.command,
                             plan_.policy_words,
                             plan_.version});
  }
  set_wake(now);
  return std::exchange(effects_, {});
}

std::vector<Effect> Machine::on(const Happening& happening, Now now) {
  if (phase_ == Phase::ended) return {};
  std::visit([&](const auto& what) { hear(what, now); }, happening);
  set_wake(now);
  return std::exchange(effects_, {});
}

/// When the next of the attempt's lost nodes is known to have ended its ranks.
std::optional<std::int64_t> Machine::next_fence(Now now) const {
  std::optional<std::int64_t> next;
  for (const std::string& node : attempt_.nodes) {
    const auto fence = fenced_at_.find(node);
    if (fence != fenced_at_.end() && fence->second > now.steady_ms)
      next = std::min(next.value_or(fence->second), fence->second);
  }
  return next;
}

std::int64_t Machine::wake_while_stopping(Now now) const {
  std::int64_t next = stop_deadline_;
  if (!to_tear_down_.empty()) next = std::min(next, tear_again_);
  if (const auto fence = next_fence(now)) next = std::min(next, *fence);
  if (last_words_until_ && now.steady_ms < *last_words_until_)
    next = std::min(next, *last_words_until_);
  return next;
}

void Machine::set_wake(Now now) {
  wake_.reset();
  const auto by = [&](std::int64_t steady_ms) {
    wake_ = std::min(wake_.value_or(steady_ms), steady_ms);
  };
  switch (phase_) {
    case Phase::gathering:
      if (first_look_ == FirstLook::asked) break;  // the answer has a deadline of its own
      by(began_steady_ + plan_.join_ms + plan_.return_ms);
      if (enough_since_) by(*enough_since_ + plan_.spare_wait_ms);
      break;
    case Phase::choosing:
    case Phase::judging:
      if (look_again_ != 0) by(look_again_);
      if (phase_ == Phase::judging && waits_for_sentinels(now)) by(return_deadline_);
      break;
    case Phase::waiting:
      if (!paused_) by(next_at_);
      break;
    case Phase::saving:
      by(save_->deadline);
      if (!catalogue_busy_) by(save_->look_at);
      break;
    case Phase::running:
      if (attempt_.killed_by_abort) by(attempt_.abort_deadline);
      if (attempt_.running_wall == 0) by(attempt_.started_steady + plan_.launch_ms);
      if (!catalogue_busy_) by(next_look_);
      break;
    case Phase::stopping:
      by(wake_while_stopping(now));
      break;
    case Phase::handing_back:
    case Phase::ended:
      break;
  }
}

void Machine::ticked(Now now) {
  switch (phase_) {
    case Phase::gathering:
      return gather_or_go(now);
    case Phase::choosing:
    case Phase::judging:
      if (phase_ == Phase::judging && look_again_ == 0) judge_when_all_is_known(now);
      if (look_again_ == 0 || now.steady_ms < look_again_) return;
      look_again_ = 0;
      return read_catalogue(now);
    case Phase::waiting:
      if (!paused_ && now.steady_ms >= next_at_) carry_on(now);
      return;
    case Phase::saving:
      if (now.steady_ms >= save_->deadline) return save_failed(now);
      if (!catalogue_busy_ && now.steady_ms >= save_->look_at) read_catalogue(now);
      return;
    case Phase::running:
      if (attempt_.killed_by_abort && now.steady_ms >= attempt_.abort_deadline)
        return ranks_ended(*attempt_.killed_by_abort, now);
      if (attempt_.running_wall == 0 && now.steady_ms >= attempt_.started_steady + plan_.launch_ms)
        return stop(Aim::judge, "not all ranks came up", now);
      if (!catalogue_busy_ && now.steady_ms >= next_look_) {
        next_look_ = now.steady_ms + plan_.look_ms;
        read_catalogue(now);
      }
      return;
    case Phase::stopping:
      return look_whether_stopped(now);
    case Phase::handing_back:
    case Phase::ended:
      return;
  }
}

/// A successor has to know it too, and a person who asks why a spare was passed over.
void Machine::rule_out(const std::string& node, std::string why) {
  if (unfit_.insert(node).second) write(events::NodeUnfit{node, std::move(why)});
}

bool Machine::usable(const std::string& node) const {
  return lives(node) && !plan_.excluded.contains(node) && !unfit_.contains(node);
}

std::vector<std::string> Machine::usable_nodes() const {
  std::vector<std::string> nodes;
  std::ranges::copy_if(plan_.allocation,
                       std::back_inserter(nodes),
                       [this](const std::string& node) { return usable(node); });
  return nodes;
}

std::vector<std::string> Machine::pick_nodes() const {
  std::vector<std::string> spares = usable_nodes();
  std::erase_if(spares, [this](const std::string& node) {
    return std::ranges::count(attempt_.nodes, node) != 0;
  });
  std::vector<std::string> picked;
  for (const std::string& node : attempt_.nodes) {
    if (usable(node)) {
      picked.push_back(node);
    } else if (!spares.empty()) {
      const auto near = std::ranges::find_if(spares, [&](const std::string& spare) {
        return !leaf_of(node).empty() && leaf_of(spare) == leaf_of(node);
      });
      const auto chosen = near != spares.end() ? near : spares.begin();
      picked.push_back(*chosen);
      spares.erase(chosen);
    }
  }
  for (auto spare = spares.begin(); picked.size() < plan_.wanted && spare != spares.end(); ++spare)
    picked.push_back(*spare);
  return picked;
}

std::string Machine::leaf_of(const std::string& node) const {
  const auto found = leaf_.find(node);
  return found == leaf_.end() ? std::string() : found->second;
}

unsigned Machine::ranks_for(std::size_t nodes) const {
  if (nodes >= plan_.wanted) return plan_.ranks;
  return static_cast<unsigned>(nodes) * std::max(1U, plan_.ranks / std::max(1U, plan_.wanted));
}

recovery::Ground Machine::ground() const {
  recovery::Ground ground;
  ground.leaf = leaf_;
  ground.wanted = plan_.wanted;
  ground.in_use = attempt_.nodes;
  for (const std::string& node : usable_nodes())
    if (std::ranges::count(attempt_.nodes, node) == 0) ground.spares.push_back(node);
  for (const auto* nodes : {&plan_.allocation, &attempt_.nodes})
    for (const std::string& node : *nodes)
      if (!usable(node)) ground.unfit.push_back(node);
  return ground;
}

}  // namespace holdfast::supervise
