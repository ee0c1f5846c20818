// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/hang.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace holdfast::recovery {

namespace {

/// Looks come every few seconds. A longer pause is the watcher's own: the time in it is nobody's
/// silence.
constexpr std::int64_t longest_pause_ms = 60'000;
/// A vote older than this says nothing of now.
constexpr std::int64_t fresh_ms = 60'000;
/// Under one percent of a CPU is no work; timers and heartbeats of libraries need that much.
constexpr std::uint64_t idle_share = 100;
/// Over half of a CPU in one place is a loop that waits.
constexpr std::uint64_t busy_share = 2;

std::string counted(std::size_t count, std::size_t all, std::string_view what) {
  return cat(count, " of ", all, " ranks ", what);
}

}  // namespace

HangWatch::HangWatch(HangPolicy policy, std::int64_t longest_gap_ms)
    : policy_(policy), longest_gap_ms_(longest_gap_ms) {}

std::int64_t HangWatch::timeout_ms() const {
  if (policy_.timeout_ms) return *policy_.timeout_ms;
  return std::max(policy_.auto_least_ms, longest_gap_ms_ * policy_.auto_gaps);
}

void HangWatch::observe(const Look& look) {
  const bool first = !moved_ms_;
  const bool moved =
      look.output_bytes != output_bytes_ || look.checkpoint_bytes != checkpoint_bytes_;
  if (first || look.at_ms < seen_ms_) {
    moved_ms_ = look.at_ms;  // the beginning, or a clock that was set back
  } else {
    const std::int64_t pause = look.at_ms - seen_ms_;
    if (pause > longest_pause_ms) *moved_ms_ += pause - longest_pause_ms;
    if (moved) {
      longest_gap_ms_ = std::max(longest_gap_ms_, look.at_ms - *moved_ms_);
      moved_ms_ = look.at_ms;
    }
  }
  seen_ms_ = look.at_ms;
  output_bytes_ = look.output_bytes;
  checkpoint_bytes_ = look.checkpoint_bytes;
  for (const NodeVote& vote : look.votes) {
    for (const RankPulse& pulse : vote.ranks) {
      const auto [place, is_new] = ranks_.try_emplace(pulse.rank);
      Watched& rank = place->second;
      rank.node = vote.node;
      rank.now = pulse;
      rank.now_ms = vote.at_ms;
      if (!is_new && !moved && pulse.cpu_ms >= rank.then.cpu_ms) continue;
      rank.then = pulse;
      rank.then_ms = vote.at_ms;
    }
  }
}

HangWatch::Bearing HangWatch::bearing(const Watched& rank) const {
  if (rank.now.state == 'T' || rank.now.state == 't') return Bearing::stopped;
  if (rank.now.state == 'Z' || rank.now.state == 'X') return Bearing::dead;
  const std::int64_t span = rank.now_ms - rank.then_ms;
  // Known for less than half of the silence: it may have worked before.
  if (2 * span < seen_ms_ - *moved_ms_) return Bearing::working;
  if (rank.now.gpu_work && rank.then.gpu_work && *rank.now.gpu_work != *rank.then.gpu_work)
    return Bearing::working;
  const std::uint64_t cpu = rank.now.cpu_ms - rank.then.cpu_ms;
  const auto time = static_cast<std::uint64_t>(span);
  if (cpu * idle_share < time) return rank.now.state == 'D' ? Bearing::blocked : Bearing::idle;
  const bool one_place = rank.now.stack && rank.now.stack == rank.then.stack;
  return one_place && cpu * busy_share > time ? Bearing::spinning : Bearing::working;
}

HangJudgement HangWatch::judge() const {
  HangJudgement judgement;
  judgement.timeout_ms = timeout_ms();
  if (!policy_.on || !moved_ms_) {
    judgement.why = policy_.on ? "nothing was seen yet" : "nobody is to look";
    return judgement;
  }
  judgement.quiet_ms = seen_ms_ - *moved_ms_;
  if (judgement.quiet_ms < judgement.timeout_ms) {
    judgement.why = cat("something moved ", judgement.quiet_ms / 1000, " s ago");
    return judgement;
  }
  return judge_ranks(std::move(judgement));
}

HangJudgement HangWatch::judge_ranks(HangJudgement judgement) const {
  std::set<std::string> nodes;
  std::set<std::string> heard;
  std::map<Bearing, std::vector<unsigned>> by;
  std::size_t all = 0;
  for (const auto& [number, rank] : ranks_) {
    nodes.insert(rank.node);
    if (seen_ms_ - rank.now_ms > fresh_ms) continue;
    heard.insert(rank.node);
    by[bearing(rank)].push_back(number);
    ++all;
  }
  if (2 * heard.size() <= nodes.size() || all == 0) {
    judgement.why =
        cat("only ", heard.size(), " of ", nodes.size(), " nodes say how their ranks are");
    return judgement;
  }
  std::vector<unsigned> stopped = by[Bearing::stopped];
  stopped.insert(stopped.end(), by[Bearing::dead].begin(), by[Bearing::dead].end());
  const std::vector<unsigned>& working = by[Bearing::working];
  // A collective that waits for ever uses a CPU and a GPU as one that works does. Nobody but the
  // user knows how long his program is silent when all is well.
  if (stopped.empty() && !working.empty() && !policy_.timeout_ms) {
    judgement.why =
        cat(counted(working.size(), all, "work"), ", rank ", working.front(), " among them");
    return judgement;
  }
  HangSigns signs{.quiet_ms = judgement.quiet_ms, .timeout_ms = judgement.timeout_ms};
  signs.signs.push_back(cat("neither output nor checkpoints have grown for ",
                            judgement.quiet_ms / 1000,
                            " s; the limit is ",
                            judgement.timeout_ms / 1000,
                            " s"));
  const std::pair<Bearing, std::string_view> words[] = {
      {Bearing::stopped, "are stopped"},
      {Bearing::dead, "are dead and not reaped"},
      {Bearing::blocked, "wait for a device or a file system"},
      {Bearing::idle, "use no CPU"},
      {Bearing::spinning, "spin in one place"},
      {Bearing::working, "use CPU, as a collective does that waits for ever"},
  };
  for (const auto& [how, what] : words)
    if (!by[how].empty()) signs.signs.push_back(counted(by[how].size(), all, what));

  // Those that stand out: stopped ones, else the few that bear themselves unlike the rest.
  signs.ranks = stopped;
  for (const Bearing how : {Bearing::blocked, Bearing::idle, Bearing::spinning})
    if (signs.ranks.empty() && 4 * by[how].size() <= all) signs.ranks = by[how];
  std::set<std::string> homes;
  for (const unsigned rank : signs.ranks)
    homes.insert(ranks_.at(rank).node);
  if (4 * homes.size() <= nodes.size() || homes.size() == 1)
    signs.nodes.assign(homes.begin(), homes.end());
  if (nodes.size() == 1) signs.nodes.clear();
  judgement.why = join(signs.signs, "; ");
  judgement.hung = std::move(signs);
  return judgement;
}

}  // namespace holdfast::recovery
