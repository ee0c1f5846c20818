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
/// Sentinels read what is dear to read every five seconds, so a shorter stretch is mostly chance.
constexpr std::uint64_t shortest_stretch_ms = 20'000;
constexpr std::uint64_t fewest_gpu_looks = 3;
/// Less than this is what timers and heartbeats of libraries cause: per second one fault, a kB.
constexpr Pace::Scale faults_scale{shortest_stretch_ms, 1};
constexpr Pace::Scale io_scale{shortest_stretch_ms, 1000};
/// In thousandths of a percent: five percent is more than a kernel that polls a flag.
constexpr Pace::Scale gpu_scale{fewest_gpu_looks, 5000};
/// Who reads a MB a second loads something, also where nothing was learned yet.
constexpr std::uint64_t plenty_of_io = 1'000'000;

/// One of these as Pace wants it.
Tally over_time(std::uint64_t done, std::int64_t at_ms) {
  return {done, static_cast<std::uint64_t>(at_ms)};
}

/// Counters that fell: a process of the rank has ended, and with it what it did.
bool has_fallen(const RankPulse& then, const RankPulse& now) {
  return now.cpu_ms < then.cpu_ms || now.faults < then.faults || now.io_bytes < then.io_bytes ||
         now.gpu_memory.done < then.gpu_memory.done || now.gpu_memory.over < then.gpu_memory.over;
}

/// Whether the rank does this as before; of one that was not seen before, whether it does plenty.
bool does(const Pace& pace, std::uint64_t plenty, const Tally& then, const Tally& now) {
  if (const auto stands = pace.stands(then, now)) return !*stands;
  const bool comparable = now.over > then.over && now.done > then.done;
  return comparable && (now.done - then.done) * 1000 / (now.over - then.over) >= plenty;
}

}  // namespace

HangWatch::Watched::Watched() : faults(faults_scale), io(io_scale), gpu_memory(gpu_scale) {}

void HangWatch::Watched::begin_again() { began = later = later_still = now; }

void HangWatch::Watched::go_on() {
  if (now.at_ms - began.at_ms < 2 * (later_still.at_ms - began.at_ms)) return;
  later = std::exchange(later_still, now);
}

void HangWatch::Watched::learn(bool saved) {
  const auto take = [saved](Pace& pace, const Tally& tally) {
    if (saved) pace.begin(tally);
    pace.learn(tally);
  };
  take(faults, over_time(now.pulse.faults, now.at_ms));
  take(io, over_time(now.pulse.io_bytes, now.at_ms));
  take(gpu_memory, now.pulse.gpu_memory);
}

HangWatch::HangWatch(HangPolicy policy, std::int64_t longest_gap_ms)
    : policy_(policy), longest_gap_ms_(longest_gap_ms) {}

std::int64_t HangWatch::timeout_ms() const {
  if (policy_.timeout_ms) return *policy_.timeout_ms;
  return std::max(policy_.auto_least_ms, longest_gap_ms_ * policy_.auto_gaps);
}

void HangWatch::observe(const Look& look) {
  const bool first = !moved_ms_;
  const bool saved = look.checkpoints != checkpoints_;
  const bool moved = look.output_bytes != output_bytes_ || saved;
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
  checkpoints_ = look.checkpoints;
  for (const NodeVote& vote : look.votes) {
    for (const RankPulse& pulse : vote.ranks) {
      const auto [place, is_new] = ranks_.try_emplace(pulse.rank);
      Watched& rank = place->second;
      const Seen last = std::exchange(rank.now, {pulse, vote.at_ms});
      // Nothing is counted twice: that it prints no more is no sign that it does nothing else.
      rank.now.pulse.io_bytes -= std::min(pulse.io_bytes, output_bytes_);
      const bool is_other = is_new || has_fallen(last.pulse, rank.now.pulse);
      rank.node = vote.node;
      if (moved || is_new) rank.learn(saved);
      if (moved || is_other)
        rank.begin_again();
      else
        rank.go_on();
    }
  }
}

HangWatch::Bearing HangWatch::bearing(const Watched& rank) const {
  const RankPulse& then = rank.later.pulse;
  const RankPulse& now = rank.now.pulse;
  if (now.state == 'T' || now.state == 't') return Bearing::stopped;
  if (now.state == 'Z' || now.state == 'X') return Bearing::dead;
  // Known for less than half of the silence: it may have worked before.
  if (2 * (rank.now.at_ms - rank.began.at_ms) < seen_ms_ - *moved_ms_) return Bearing::working;
  const Tally io_then = over_time(then.io_bytes, rank.later.at_ms);
  const Tally io_now = over_time(now.io_bytes, rank.now.at_ms);
  if (does(rank.gpu_memory, gpu_scale.worth, then.gpu_memory, now.gpu_memory) ||
      does(rank.io, plenty_of_io, io_then, io_now))
    return Bearing::working;
  const auto time = static_cast<std::uint64_t>(rank.now.at_ms - rank.later.at_ms);
  if ((now.cpu_ms - then.cpu_ms) * idle_share < time)
    return now.state == 'D' ? Bearing::blocked : Bearing::idle;
  // That it no longer talks to anybody is a sign. That it needs no new pages alone is none: a
  // program that is warm has all it needs.
  const auto gpu = rank.gpu_memory.stands(then.gpu_memory, now.gpu_memory);
  const auto io = rank.io.stands(io_then, io_now);
  const auto faults = rank.faults.stands(over_time(then.faults, rank.later.at_ms),
                                         over_time(now.faults, rank.now.at_ms));
  const bool none_goes_on = gpu.value_or(true) && io.value_or(true) && faults.value_or(true);
  return (gpu || io) && none_goes_on ? Bearing::spinning : Bearing::working;
}

/// "3 of 4 ranks use no CPU, all in futex_do_wait".
std::string HangWatch::counted(const std::vector<unsigned>& ranks,
                               std::size_t all,
                               std::string_view what) const {
  std::string text = cat(ranks.size(), " of ", all, " ranks ", what);
  std::set<std::string_view> places;
  for (const unsigned rank : ranks)
    places.insert(ranks_.at(rank).now.pulse.waits_in);
  if (places.size() == 1 && !places.begin()->empty())
    text += cat(ranks.size() == 1 ? ", in " : ", all in ", *places.begin());
  return text;
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
    if (seen_ms_ - rank.now.at_ms > fresh_ms) continue;
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
    judgement.why = cat(counted(working, all, "work"), ", rank ", working.front(), " among them");
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
      {Bearing::spinning,
       "use CPU for nothing they did while the job got on (page faults, bytes read and written, "
       "traffic in GPU memory)"},
      {Bearing::working, "use CPU, as a collective does that waits for ever"},
  };
  for (const auto& [how, what] : words)
    if (!by[how].empty()) signs.signs.push_back(counted(by[how], all, what));

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
