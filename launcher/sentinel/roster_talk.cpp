// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/text.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/messages.hpp"
#include "sentinel/roster_impl.hpp"

#include <boost/asio/post.hpp>

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

}  // namespace

void Roster::Impl::hear(RosterNode& node,
                        const std::shared_ptr<Link>& link,
                        const json::object& said) {
  const auto kind = text_in(said, "kind").value_or("");
  if (kind == "beat") return hear_beat(node, link, said);
  if (kind == "sign") {
    if (const auto sign = read_sign(said)) listener_.sign(node.name, *sign);
    return;
  }
  if (kind == "follows") {  // it left us for a successor
    const auto epoch = number_in<std::uint64_t>(said, "epoch").value_or(0);
    if (epoch > settings_.epoch) listener_.deposed(epoch);
    return;
  }
  hear_answer(node, kind, said);
}

void Roster::Impl::hear_answer(RosterNode& node,
                               const std::string& kind,
                               const json::object& said) {
  const auto attempt = number_in<unsigned>(said, "attempt").value_or(0);
  const auto count = number_in<unsigned>(said, "count").value_or(0);
  if (kind == "torn_down") return listener_.torn_down(node.name, attempt, count);
  if (kind == "signalled") return listener_.signalled(node.name, attempt, count);
  if (kind == "looked") return listener_.looked(node.name);
  if (kind == "port_asked")
    return listener_.port_asked(node.name,
                                text_in(said, "host").value_or(""),
                                number_in<std::uint16_t>(said, "port").value_or(0),
                                truth_in(said, "answered"));
}

void Roster::Impl::hear_beat(RosterNode& node,
                             const std::shared_ptr<Link>& link,
                             const json::object& said) {
  const auto beat = read_beat(said);
  if (!beat) {
    note_once(cat("the sentinel of ", node.name, " sends beats that make no sense"));
    return;
  }
  node.heard = Clock::now();
  node.suspected = false;
  node.confirmed(number_in<std::uint64_t>(said, "acknowledged").value_or(0));
  // A majority may have come together with this beat; nobody has to wait for the clock.
  if (granted_.count() == 0) weigh(node.heard);
  acknowledge(node, link, beat->sequence);
  if (closed_) return;
  // The same beat comes over every network the node has.
  if (beat->sequence <= node.sequence) return;
  node.sequence = beat->sequence;
  listener_.beat(node.name, *beat);
}

void Roster::Impl::acknowledge(RosterNode& node,
                               const std::shared_ptr<Link>& link,
                               std::uint64_t sequence) {
  const auto now = Clock::now();
  link->send({{"kind", "ack"}, {"sequence", sequence}, {"lease_ms", granted_.count()}});
  node.answered(sequence, now);
  if (granted_.count() == 0) return;
  node.acknowledged = now;
  node.fenced = now + granted_ + fence_margin;
  // Only now: a node without a lease ends every rank it finds.
  const auto before = std::exchange(node.state, RosterNode::State::living);
  if (before == RosterNode::State::absent)
    listener_.joined(node.name, link->peer());
  else if (before == RosterNode::State::lost)
    listener_.back(node.name);
}

void Roster::Impl::tell(const std::string& name, const json::object& order) const {
  const RosterNode* node = find(name);
  if (node == nullptr) return;
  // An order is carried out twice without harm, and a link that is dead in silence looks like a
  // living one: all links get it.
  for (const auto& link : node->links)
    link->send(order);
}

void Roster::Impl::watch(unsigned attempt) {
  watched_ = attempt;
  for (const auto& node : nodes_)
    tell(node->name, {{"kind", "watch"}, {"attempt", attempt}});
}

Roster::Impl::Clock::time_point Roster::Impl::fenced_at(std::string_view name) const {
  const RosterNode* node = find(name);
  // Before the first epoch nobody gave leases; after it the one before us may have, until it knew.
  const auto inherited =
      settings_.epoch > 1 ? opened_ + terms_.after_claim + fence_margin : opened_;
  if (node == nullptr || !node->fenced) return inherited;
  return std::max(inherited, *node->fenced);
}

void Roster::Impl::goodbye(std::function<void()> done) {
  for (const auto& node : nodes_)
    for (const auto& link : node->links) {
      link->send({{"kind", "goodbye"}});
      link->close_after_sending(std::chrono::milliseconds(900));
    }
  // A closed link tells nobody; so the links are looked at, not waited for.
  const auto until = Clock::now() + std::chrono::seconds(1);
  const auto weak = weak_from_this();
  auto look = std::make_shared<std::function<void()>>();
  *look = [weak, until, done = std::move(done), again = std::weak_ptr(look)] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    bool open = false;
    for (const auto& node : self->nodes_)
      for (const auto& link : node->links)
        open = open || link->open();
    if (!open || Clock::now() >= until) return done();
    self->end_timer_.expires_after(std::chrono::milliseconds(10));
    self->end_timer_.async_wait([next = again.lock()](boost::system::error_code error) {
      if (!error) (*next)();
    });
  };
  boost::asio::post(context_, [look] { (*look)(); });
}

}  // namespace holdfast::sentinel
