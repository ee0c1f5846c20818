// SPDX-License-Identifier: Apache-2.0
#include "sentinel/node.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/boot_clock.hpp"
#include "sentinel/messages.hpp"
#include "sentinel/pidfd.hpp"
#include "sentinel/process_end.hpp"
#include "sentinel/ranks.hpp"
#include "sentinel/secret.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <unistd.h>

namespace holdfast::sentinel {

namespace {

// Nobody to serve, and nobody who could come: the job will be ended by others.
constexpr std::chrono::minutes longest_alone{10};

double load_of_node() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

}  // namespace

Node::Node(boost::asio::io_context& context, const SentinelSettings& settings, Leash& leash)
    : context_(context),
      settings_(settings),
      leash_(leash),
      prover_(make_prover(context, settings.token)),
      table_(settings.job),
      clock_(context) {}

std::optional<Failure> Node::start(std::function<void(Result<int>)> ended) {
  ended_ = std::move(ended);
  auto instance = read_random();
  if (!instance) return instance.error();
  instance_ = std::move(*instance);
  heard_ = read_boot_clock();
  if (!settings_.state.empty()) {
    const auto weak = weak_from_this();
    campaign_ = std::make_shared<Campaign>(
        context_,
        settings_,
        *prover_,
        Campaign::Surroundings{.silent =
                                   [weak] {
                                     const auto self = weak.lock();
                                     return self && self->misses_supervisor();
                                   },
                               .announced =
                                   [weak](const Announcement& announcement) {
                                     const auto self = weak.lock();
                                     if (self && !self->closed_) self->follow(announcement);
                                   },
                               .supervisor =
                                   [weak] {
                                     const auto self = weak.lock();
                                     return self && self->any_up() && !self->is_unheard()
                                                ? self->dialled_
                                                : Endpoint();
                                   },
                               .relayed =
                                   [weak](const std::shared_ptr<Link>& link) {
                                     const auto self = weak.lock();
                                     if (self && !self->closed_) self->take_relay(link);
                                   }});
    if (auto failure = campaign_->open()) return failure;
  }
  health_ =
      std::make_shared<HealthLook>(context_,
                                   HealthLook::Settings{settings_.check, settings_.check_every},
                                   [weak = weak_from_this()](NodeSign sign) {
                                     const auto self = weak.lock();
                                     if (!self || self->closed_) return;
                                     sign.attempt = self->watched_;
                                     self->evidence_.add(std::move(sign));
                                     self->tell_signs();
                                   });
  health_->start();
  dial_up(settings_.supervisor);
  tick();
  return std::nullopt;
}

void Node::close() {
  closed_ = true;
  clock_.cancel();
  for (const auto& uplink : uplinks_) {
    uplink->again.cancel();
    if (uplink->link) uplink->link->close();
  }
  for (const auto& [attempt, teardown] : teardowns_)
    teardown->timer.cancel();
  ends_.clear();
  if (campaign_) campaign_->close();
  if (health_) health_->close();
}

void Node::end(Result<int> how) {
  if (closed_) return;
  close();
  ended_(std::move(how));
}

bool Node::misses_supervisor() const { return ever_up_ && read_boot_clock() - heard_ >= timeout_; }

/// For so long that another way is worth looking for, while the lease still has time.
bool Node::is_unheard() const { return read_boot_clock() - heard_ >= timeout_ * 3 / 10; }

void Node::tick() {
  if (closed_) return;
  const Time now = read_boot_clock();
  beat(now);
  look_after_supervisor(now);
  if (closed_) return;
  // On the grid of the beat, so that the work of a beat does not make the next one late.
  beat_within(beat_ - (read_boot_clock() - now));
}

void Node::beat_within(Time time) {
  clock_.expires_after(time);
  clock_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->tick();
  });
}

void Node::beat(Time now) {
  ++sequence_;
  const auto processes = table_.read_marked();
  end_late_ranks(processes);
  const auto ticks = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
  Beat beat{.sequence = sequence_, .uptime = now, .load = load_of_node(), .ranks = {}};
  beat.ranks = ranks_of(processes, watched_, ticks);
  beat.gpu_looks = health_->gpu_looks();
  beat.gpu_memory_busy = health_->gpu_memory_busy();
  evidence_.set_own_gpus(health_->gpus());
  evidence_.read_new(beat.ranks);
  watch_ends(beat.ranks);
  if (const unsigned killed = leash_.killed(); killed > 0)
    evidence_.add({.kind = NodeSign::Kind::lease_ran_out,
                   .at_ms = read_wall_clock(),
                   .attempt = watched_,
                   .count = killed,
                   .text = {}});
  // Told before the beat: whoever hears the beat knows what was seen by then.
  tell_signs();
  sent_[sequence_ % sent_.size()] = now;
  const auto message = beat_message(beat, acknowledged_);
  for (const auto& uplink : uplinks_)
    if (uplink->up) uplink->link->send(message);
}

/// A slow srun brings up ranks of an attempt that was torn down meanwhile.
void Node::end_late_ranks(const std::vector<Process>& processes) {
  unsigned newest = 0;
  for (const Process& process : processes)
    if (!process.dead() && process.mark->attempt <= over_)
      newest = std::max(newest, process.mark->attempt);
  if (newest == 0) return;
  const unsigned count = kill_ended(table_, over_);
  if (count == 0 || newest <= late_told_) return;
  late_told_ = newest;
  evidence_.add({.kind = NodeSign::Kind::came_late,
                 .at_ms = read_wall_clock(),
                 .attempt = newest,
                 .count = count,
                 .text = {}});
}

void Node::tell_signs() {
  if (!any_up()) return;  // they are kept
  for (const NodeSign& sign : evidence_.take_untold())
    say(sign_message(sign));
}

/// The end of a rank is told when it happens, not at the next beat. Without pidfd the beat finds
/// it.
void Node::watch_ends(const std::vector<RankState>& ranks) {
  std::set<int> there;
  for (const RankState& rank : ranks) {
    there.insert(rank.pid);
    if (ends_.contains(rank.pid)) continue;
    const int handle = open_pidfd(rank.pid);
    if (handle < 0) continue;
    auto end = std::make_shared<boost::asio::posix::stream_descriptor>(context_, handle);
    ends_.emplace(rank.pid, end);
    wait_for_end(end, [weak = weak_from_this(), pid = rank.pid] {
      const auto self = weak.lock();
      if (!self || self->closed_) return;
      self->ends_.erase(pid);
      self->evidence_.rank_gone(pid);
      self->tell_signs();
    });
  }
  std::erase_if(ends_, [&](const auto& end) { return !there.contains(end.first); });
}

void Node::look_after_supervisor(Time now) {
  const Time silent = now - heard_;
  if (leaving_) {
    // The successor is our child: it ends the run, and would be ended with us.
    if (!campaign_ || !campaign_->successor_runs()) return end(0);
  } else if (silent > longest_alone) {
    return end(Failure{FailureKind::timed_out,
                       cat("no supervisor was heard for ", silent.count() / 1000, " s"),
                       "",
                       {}});
  }
  if (campaign_ && ever_up_ && !leaving_ && is_unheard()) campaign_->seek_relays();
  if (campaign_ && ever_up_ && !leaving_ && (silent >= timeout_ / 2 || !any_up()))
    campaign_->tick(now, silent, timeout_);
}

}  // namespace holdfast::sentinel
