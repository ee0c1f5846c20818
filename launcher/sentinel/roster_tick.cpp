// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/text.hpp"
#include "sentinel/roster_impl.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace holdfast::sentinel {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds ask_every{500};
constexpr milliseconds peers_delay{300};

}  // namespace

void Roster::Impl::tick() {
  const auto now = Clock::now();
  const auto pause = std::max(settings_.beat / 2, milliseconds(20));
  // Frozen or starved for longer than a beat, we would find everybody silent although their beats
  // wait in our sockets: first those are read.
  if (now - last_tick_ > pause + settings_.beat) judge_after_ = now + settings_.beat;
  last_tick_ = now;
  weigh(now);
  if (now >= judge_after_) find_losses(now);
  if (closed_) return;
  clock_.expires_after(pause);
  clock_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self && !self->closed_) self->tick();
  });
}

void Roster::Impl::find_losses(Clock::time_point now) {
  // A connection that ended is made anew within milliseconds by a sentinel that lives.
  const auto return_time =
      std::min(settings_.node_timeout, std::max(2 * settings_.beat, milliseconds(1000)));
  for (const auto& node : nodes_) {
    if (closed_) return;
    const auto silent = duration_cast<milliseconds>(now - node->heard);
    if (node->state == RosterNode::State::absent) {
      const auto waited = duration_cast<milliseconds>(now - node->awaited);
      if (waited > settings_.join_timeout) lose(*node, waited, "absent");
    } else if (node->state == RosterNode::State::living) {
      if (silent > settings_.node_timeout / 2 && !std::exchange(node->suspected, true))
        listener_.suspected(node->name);
      if (silent > settings_.node_timeout)
        lose(*node, silent, "silent");
      else if (node->links.empty() && now - node->left > return_time)
        lose(*node, silent, "closed");
    }
  }
}

void Roster::Impl::lose(RosterNode& node, milliseconds silent, std::string_view how) {
  node.state = RosterNode::State::lost;
  listener_.lost(node.name, silent, how);
}

bool Roster::Impl::all_hear_us() const {
  const auto now = Clock::now();
  return std::ranges::all_of(nodes_, [&](const auto& node) {
    return node->round_trip && now - *node->round_trip <= terms_.fresh;
  });
}

/// With nobody who could take over, acknowledging is safe; so it is for a single node.
bool Roster::Impl::alone() const { return settings_.state.empty() || members_.size() < 2; }

void Roster::Impl::weigh(Clock::time_point now) {
  if (alone()) {
    granted_ = terms_.lease;
    return;
  }
  const auto fresh = static_cast<unsigned>(std::ranges::count_if(voters_, [&](const auto* node) {
    return node->round_trip && now - *node->round_trip <= terms_.fresh;
  }));
  const Majority majority = majority_of(fresh, static_cast<unsigned>(members_.size()));
  const bool controller =
      controller_at_ != Clock::time_point{} && now - controller_at_ <= terms_.controller_vote;
  if (majority == Majority::sure)
    granted_ = terms_.lease;
  else if (majority == Majority::with_controller && controller)
    granted_ = terms_.short_lease;
  else
    granted_ = milliseconds(0);
  if (granted_.count() > 0) {
    last_majority_ = now;
    had_majority_ = true;
    told_outvoted_ = false;
  }
  if (majority == Majority::with_controller && now - controller_asked_ >= ask_every) {
    controller_asked_ = now;
    boost::asio::post(context_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !self->closed_) self->listener_.ask_controller();
    });
  }
  // Until all have come there may be none; that is what the time to join is for.
  const auto patience = had_majority_ ? terms_.lease : settings_.join_timeout + terms_.lease;
  if (granted_.count() == 0 && now - last_majority_ > patience &&
      !std::exchange(told_outvoted_, true))
    listener_.outvoted();
}

void Roster::Impl::set_members(std::vector<std::string> members) {
  members_ = std::move(members);
  voters_.clear();
  for (const std::string& member : members_)
    if (const RosterNode* node = find(member)) voters_.push_back(node);
  write_peers_soon();
}

void Roster::Impl::controller_answered() {
  controller_at_ = Clock::now();
  weigh(controller_at_);
}

void Roster::Impl::write_peers_soon() {
  if (settings_.state.empty()) return;
  // Nodes join in crowds: one file for the crowd.
  peers_timer_.expires_after(peers_delay);
  peers_timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self && !self->closed_) self->write_peers();
  });
}

void Roster::Impl::write_peers() {
  Peers peers{settings_.epoch, members_, {}};
  for (const auto& node : nodes_)
    if (node->peer_door.port != 0) peers.where.emplace(node->name, node->peer_door);
  boost::asio::post(files_,
                    [weak = weak_from_this(),
                     &context = context_,
                     path = peers_file(settings_.state),
                     text = peers_text(peers)] {
                      auto failure = write_in_place(path, text);
                      if (!failure) return;
                      boost::asio::post(context, [weak, said = failure->sentence()] {
                        const auto self = weak.lock();
                        if (self && !self->closed_)
                          self->note_once(cat("nobody could take over: ", said));
                      });
                    });
}

}  // namespace holdfast::sentinel
