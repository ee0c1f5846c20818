// SPDX-License-Identifier: Apache-2.0
// What was kept is found backwards: an attempt that starts from a checkpoint seen at time t throws
// away all running after t. The attempts whose work still counts are kept as a stack, the newest on
// top; each new attempt cuts it down to its t. So every attempt is pushed and popped once.
#include "holdfast/events/accounts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace holdfast::events {

namespace {

constexpr double ms_per_hour = 3600.0 * 1000;
constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();

std::uint64_t since(std::int64_t begin, std::int64_t end) {
  return end > begin ? static_cast<std::uint64_t>(end - begin) : 0;
}

/// The running time of one attempt, and how much of it still counts.
struct Interval {
  std::size_t index{};
  std::int64_t begin{};
  std::int64_t end{};  ///< of what still counts
};

/// A checkpoint with its place in time.
struct Saved {
  std::int64_t at_ms{};
  std::optional<std::uint64_t> step;
};

class Ledger {
 public:
  Ledger(const RunState& state, std::int64_t now_ms)
      : state_(state), now_(std::max(now_ms, state.last_ms)) {
    for (const SeenCheckpoint& checkpoint : state.checkpoints)
      of_attempt_[checkpoint.attempt].push_back({checkpoint.at_ms, checkpoint.step});
  }

  Accounts make() {
    const auto& attempts = state_.attempts;
    accounts_.attempts.reserve(attempts.size());
    for (std::size_t index = 0; index < attempts.size(); ++index)
      enter(index);
    for (const Interval& interval : counting_)
      accounts_.attempts[interval.index].kept_ms = since(interval.begin, interval.end);
    sum();
    return std::move(accounts_);
  }

 private:
  [[nodiscard]] bool is_last(std::size_t index) const {
    return index + 1 == state_.attempts.size();
  }

  [[nodiscard]] std::int64_t end_of(std::size_t index) const {
    const AttemptState& attempt = state_.attempts[index];
    if (attempt.ended_ms) return *attempt.ended_ms;
    if (!is_last(index)) return state_.attempts[index + 1].started_ms;
    if (state_.ended_ms) return *state_.ended_ms;
    return state_.requeued && !state_.starts.empty() ? *state_.starts.back().requeued_ms : now_;
  }

  void enter(std::size_t index) {
    const AttemptState& attempt = state_.attempts[index];
    AttemptAccount& account = accounts_.attempts.emplace_back();
    account.number = attempt.number;
    const std::int64_t begin = attempt.running_ms.value_or(end_of(index));
    account.running_ms = since(begin, end_of(index));
    counting_.push_back({index, begin, std::max(begin, end_of(index))});
    note_checkpoints(attempt);
    if (!is_last(index)) {
      follow(index, state_.attempts[index + 1]);
    } else if (attempt.ended_ms && !attempt.ended_well()) {
      // Nothing went on from it. What the newest good checkpoint holds is there all the same.
      const SeenCheckpoint* newest = state_.newest_checkpoint();
      cut(newest == nullptr ? begin : std::max(begin, newest->at_ms));
      account.steps_lost =
          steps_between(index, newest == nullptr ? begun_at(attempt) : newest->step);
    } else if (!attempt.ended_ms && !state_.ended) {
      const auto& saved = of_attempt_[attempt.number];
      accounts_.at_risk_ms = since(saved.empty() ? begin : saved.back().at_ms, end_of(index));
    }
  }

  /// What the next attempt starts from decides what of this one counts.
  void follow(std::size_t index, const AttemptState& next) {
    const AttemptState& attempt = state_.attempts[index];
    AttemptAccount& account = accounts_.attempts[index];
    if (next.running_ms && attempt.ended_ms)
      account.recovery_ms = since(*attempt.ended_ms, *next.running_ms);
    if (!next.resume) {
      cut(before_all);
      account.steps_lost = steps_between(index, 0);
      return;
    }
    const auto seen = seen_ms_.find(next.resume->path);
    if (seen != seen_ms_.end())
      cut(seen->second);
    else if (attempt.resume && attempt.resume->path == next.resume->path)
      cut(attempt.running_ms.value_or(end_of(index)));  // nothing new was saved
    else if (!saved_unseen(attempt, *next.resume))
      cut(before_all);  // it is older than this log
    account.steps_lost = steps_between(index, next.resume->step);
  }

  static std::optional<std::uint64_t> begun_at(const AttemptState& attempt) {
    return attempt.resume ? attempt.resume->step : 0;
  }

  /// A checkpoint nobody saw become complete, further on than where the attempt began: when in its
  /// time it was saved is not known, so all of it counts.
  static bool saved_unseen(const AttemptState& attempt, const ResumePoint& point) {
    if (!attempt.resume) return true;
    return point.step && attempt.resume->step && *attempt.resume->step < *point.step;
  }

  void note_checkpoints(const AttemptState& attempt) {
    for (; noted_ < state_.checkpoints.size(); ++noted_) {
      const SeenCheckpoint& checkpoint = state_.checkpoints[noted_];
      if (checkpoint.attempt > attempt.number) return;
      seen_ms_[checkpoint.path] = checkpoint.at_ms;
    }
  }

  /// Throws away all work after `at`.
  void cut(std::int64_t at) {
    while (!counting_.empty() && counting_.back().begin >= at)
      counting_.pop_back();
    if (!counting_.empty()) counting_.back().end = std::min(counting_.back().end, at);
  }

  /// About how many steps lie between `step` and the end of the attempt: the newest saved one, and
  /// the pace between saved ones for the rest of the time; that of an earlier attempt where this
  /// one saved nothing.
  [[nodiscard]] std::optional<std::uint64_t> steps_between(std::size_t index,
                                                           std::optional<std::uint64_t> step) {
    const AttemptState& attempt = state_.attempts[index];
    if (!step || !attempt.running_ms) return std::nullopt;
    std::vector<Saved> points;
    if (attempt.resume && attempt.resume->step)
      points.push_back({*attempt.running_ms, attempt.resume->step});
    if (!attempt.resume) points.push_back({*attempt.running_ms, 0});
    for (const Saved& saved : of_attempt_[attempt.number])
      if (saved.step) points.push_back(saved);
    if (points.empty() || *points.back().step < *points.front().step) return std::nullopt;
    auto reached = static_cast<double>(*points.back().step);
    const auto span = static_cast<double>(since(points.front().at_ms, points.back().at_ms));
    if (span > 0) steps_per_ms_ = (reached - static_cast<double>(*points.front().step)) / span;
    if (!steps_per_ms_) return std::nullopt;
    reached += *steps_per_ms_ * static_cast<double>(since(points.back().at_ms, end_of(index)));
    const double lost = std::floor(reached) - static_cast<double>(*step);
    constexpr double most = 1e18;
    return static_cast<std::uint64_t>(std::clamp(lost, 0.0, most));
  }

  [[nodiscard]] std::int64_t end_of_start(std::size_t index) const {
    const StartState& start = state_.starts[index];
    if (start.requeued_ms) return *start.requeued_ms;
    if (index + 1 < state_.starts.size()) return start.last_ms;
    return state_.ended_ms.value_or(now_);
  }

  void sum() {
    accounts_.wall_ms = since(state_.first_ms, state_.ended_ms.value_or(now_));
    for (std::size_t index = 0; index < accounts_.attempts.size(); ++index) {
      AttemptAccount& one = accounts_.attempts[index];
      one.lost_ms = one.running_ms - std::min(one.kept_ms, one.running_ms);
      const auto nodes = static_cast<double>(state_.attempts[index].nodes.size());
      accounts_.running_ms += one.running_ms;
      accounts_.kept_ms += one.kept_ms;
      accounts_.lost_ms += one.lost_ms;
      accounts_.node_hours_kept += nodes * static_cast<double>(one.kept_ms) / ms_per_hour;
      accounts_.node_hours_lost += nodes * static_cast<double>(one.lost_ms) / ms_per_hour;
      if (one.steps_lost) accounts_.steps_lost = accounts_.steps_lost.value_or(0) + *one.steps_lost;
    }
    for (std::size_t index = 0; index < state_.starts.size(); ++index)
      accounts_.node_hours +=
          static_cast<double>(state_.starts[index].nodes.size()) *
          static_cast<double>(since(state_.starts[index].at_ms, end_of_start(index))) / ms_per_hour;
    if (accounts_.wall_ms > 0)
      accounts_.ettr =
          static_cast<double>(accounts_.kept_ms) / static_cast<double>(accounts_.wall_ms);
    if (accounts_.node_hours > 0)
      accounts_.goodput = accounts_.node_hours_kept / accounts_.node_hours;
  }

  const RunState& state_;
  std::int64_t now_;
  Accounts accounts_;
  std::vector<Interval> counting_;
  std::unordered_map<unsigned, std::vector<Saved>> of_attempt_;
  std::unordered_map<std::string, std::int64_t> seen_ms_;
  std::size_t noted_{};
  std::optional<double> steps_per_ms_;
};

}  // namespace

Accounts account(const RunState& state, std::int64_t now_ms) {
  return Ledger(state, now_ms).make();
}

}  // namespace holdfast::events
