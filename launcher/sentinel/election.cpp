// SPDX-License-Identifier: Apache-2.0
#include "sentinel/election.hpp"

#include "sentinel/majority.hpp"

#include <algorithm>

namespace holdfast::sentinel {

namespace {

using Time = Election::Time;

// The lowest goes first without a word, because the others wait a little longer, each by its place.
constexpr Time stagger{100};
constexpr Time longest_stagger{5000};
constexpr Time canvass_time{600};    // the dead do not answer; the living do within milliseconds
constexpr Time standing_time{3000};  // slurmctld has 2 s of it
constexpr Time claiming_time{10000};
constexpr Time starting_time{15000};
constexpr Time next_try{1000};
constexpr Time after_vote{4000};  // for whom we voted claims and starts, or never will
constexpr Time after_defeat{3000};

}  // namespace

std::size_t Election::position_of(const std::string& member) const {
  return static_cast<std::size_t>(std::ranges::find(members_, member) - members_.begin());
}

void Election::wait(Time until) {
  phase_ = Phase::quiet;
  not_before_ = std::max(not_before_, until);
}

void Election::hear_supervisor(std::uint64_t epoch) {
  followed_ = std::max(followed_, epoch);
  // Claiming and starting go on: the epoch may be ours already, and the one heard is the old one.
  if (phase_ == Phase::canvassing || phase_ == Phase::standing || epoch >= promised_)
    phase_ = Phase::quiet;
  deferred_ = 0;
}

Election::Effects Election::tick(Time now, Time silent, Time timeout) {
  switch (phase_) {
    case Phase::quiet: {
      const std::size_t place = position_of(self_);
      if (place == members_.size() || now < not_before_) return {};
      const auto patience = std::min(stagger * static_cast<int>(place), longest_stagger);
      if (silent < timeout + patience) return {};
      phase_ = Phase::canvassing;
      until_ = now + canvass_time;
      answers_.clear();
      return {{Want::canvass, 0}};
    }
    case Phase::canvassing:
      if (now < until_ && answers_.size() + 1 < members_.size()) return {};
      return judge_canvass(now);
    case Phase::standing:
      if (now >= until_) wait(now + next_try + stagger * static_cast<int>(position_of(self_)));
      return {};
    case Phase::claiming:
    case Phase::starting:
      if (now >= until_) wait(now);
      return {};
  }
  return {};
}

Election::Effects Election::judge_canvass(Time now) {
  unsigned missing_it = 1;
  bool lower = false;
  std::uint64_t highest = std::max(promised_, followed_);
  for (const auto& [name, answer] : answers_) {
    highest = std::max(highest, answer.promised);
    if (answer.starting) {
      wait(now + next_try);
      return {};
    }
    if (!answer.silent) continue;
    ++missing_it;
    lower = lower || position_of(name) < position_of(self_);
  }
  const Majority majority = majority_of(missing_it, static_cast<unsigned>(members_.size()));
  if (majority == Majority::none || (lower && deferred_ == 0)) {
    // A lower one that can reach fewer than we do would hold us up for ever: it is let go first
    // once.
    if (majority != Majority::none) ++deferred_;
    wait(now + next_try);
    return {};
  }
  phase_ = Phase::standing;
  until_ = now + standing_time;
  promised_ = highest + 1;
  promised_at_ = now;
  votes_ = {self_};
  controller_ = false;
  Effects effects{{Want::votes, promised_}};
  if (majority == Majority::with_controller) effects.push_back({Want::controller, promised_});
  // A single member that needs nobody's vote does not exist: one of one needs slurmctld.
  return effects;
}

Election::Effects Election::count_votes() {
  const Majority majority =
      majority_of(static_cast<unsigned>(votes_.size()), static_cast<unsigned>(members_.size()));
  const bool won =
      majority == Majority::sure || (majority == Majority::with_controller && controller_);
  if (!won) return {};
  phase_ = Phase::claiming;
  until_ += claiming_time;
  return {{Want::claim, promised_}};
}

Canvass Election::asked_canvass(const std::string& from, Time now, bool silent) {
  if (silent && phase_ == Phase::quiet && position_of(from) < position_of(self_))
    not_before_ = std::max(not_before_, now + 2 * next_try);
  return {silent, phase_ == Phase::claiming || phase_ == Phase::starting, promised_};
}

bool Election::asked_vote(const std::string& from, std::uint64_t epoch, Time now, bool silent) {
  if (!silent || epoch <= promised_ || epoch <= followed_) return false;
  if (phase_ == Phase::claiming || phase_ == Phase::starting) return false;
  if (position_of(from) == members_.size()) return false;
  promised_ = epoch;
  promised_at_ = now;
  wait(now + after_vote);
  return true;
}

void Election::canvass_answered(const std::string& from, const Canvass& answer) {
  if (phase_ == Phase::canvassing && position_of(from) != members_.size())
    answers_.insert_or_assign(from, answer);
}

Election::Effects Election::vote_answered(const std::string& from,
                                          std::uint64_t epoch,
                                          bool granted) {
  if (phase_ != Phase::standing || epoch != promised_ || !granted) return {};
  if (position_of(from) == members_.size()) return {};
  votes_.insert(from);
  return count_votes();
}

Election::Effects Election::controller_answered(std::uint64_t epoch, bool job_runs) {
  if (phase_ != Phase::standing || epoch != promised_ || !job_runs) return {};
  controller_ = true;
  return count_votes();
}

void Election::claim_answered(std::uint64_t highest_claimed, bool ours, Time now) {
  if (phase_ != Phase::claiming) return;
  promised_ = std::max(promised_, highest_claimed);
  if (!ours) return wait(now + after_defeat);
  phase_ = Phase::starting;
  until_ = now + starting_time;
}

std::uint64_t Election::floor(Time now) const {
  const bool still = promised_at_ != Time{} && now - promised_at_ < claiming_time;
  return still ? std::max(promised_, followed_) : followed_;
}

}  // namespace holdfast::sentinel
