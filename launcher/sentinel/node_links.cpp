// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/text.hpp"
#include "sentinel/boot_clock.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/node.hpp"

#include <algorithm>

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds dial_time{5000};
constexpr std::chrono::milliseconds dial_again{250};
constexpr std::chrono::milliseconds shortest_beat{20};
constexpr std::chrono::milliseconds longest_beat{60000};

}  // namespace

bool Node::any_up() const {
  return std::ranges::any_of(uplinks_, [](const auto& uplink) { return uplink->up; });
}

/// An announcement of our own epoch is taken too: the supervisor may have come back elsewhere.
void Node::follow(const Announcement& announcement) {
  const Time now = read_boot_clock();
  const std::uint64_t least = campaign_ ? std::max(epoch_, campaign_->floor(now)) : epoch_;
  const bool same = announcement.endpoint.port == dialled_.port &&
                    announcement.endpoint.addresses == dialled_.addresses;
  if (announcement.epoch < least || same) return;
  for (const auto& uplink : uplinks_)
    if (uplink->up) {
      uplink->link->send({{"kind", "follows"}, {"epoch", announcement.epoch}});
      uplink->link->close_after_sending(beat_);
      uplink->up = false;
      uplink->link = nullptr;
    }
  dial_up(announcement.endpoint);
}

void Node::dial_up(const Endpoint& endpoint) {
  for (const auto& uplink : uplinks_) {
    uplink->again.cancel();
    if (uplink->link) uplink->link->close();
    uplink->port = 0;  // attempts under way are dropped when they end
  }
  uplinks_.clear();
  dialled_ = endpoint;
  for (const std::string& address : endpoint.addresses) {
    auto uplink = std::make_shared<Uplink>(context_);
    uplink->address = address;
    uplink->port = endpoint.port;
    uplinks_.push_back(uplink);
    connect(uplink);
  }
}

void Node::connect(const std::shared_ptr<Uplink>& uplink) {
  if (closed_ || leaving_ || uplink->port == 0) return;
  dial(context_,
       uplink->address,
       uplink->port,
       dial_time,
       [weak = weak_from_this(), uplink](const std::shared_ptr<Link>& link) {
         const auto self = weak.lock();
         if (!self || self->closed_ || uplink->port == 0) {
           if (link) link->close();
           return;
         }
         uplink->link = link;
         if (link)
           self->introduce(uplink);
         else
           self->connect_again(uplink);
       });
}

/// A link that another node carries to the supervisor is one more uplink, which is not dialled
/// again.
void Node::take_relay(const std::shared_ptr<Link>& link) {
  auto uplink = std::make_shared<Uplink>(context_);
  uplink->link = link;
  uplinks_.push_back(uplink);
  introduce(uplink);
}

void Node::connect_again(const std::shared_ptr<Uplink>& uplink) {
  uplink->up = false;
  uplink->link = nullptr;
  if (uplink->port == 0) {
    std::erase(uplinks_, uplink);
    return;
  }
  uplink->again.expires_after(dial_again);
  uplink->again.async_wait([weak = weak_from_this(), uplink](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->connect(uplink);
  });
}

void Node::introduce(const std::shared_ptr<Uplink>& uplink) {
  const auto weak = weak_from_this();
  json::object extras{{"epoch", epoch_}, {"instance", instance_}};
  if (campaign_)
    extras["door"] = json::object{{"epoch", 0},
                                  {"addresses", json::value_from(campaign_->door().addresses)},
                                  {"port", campaign_->door().port}};
  introduce_to_host(uplink->link,
                    *prover_,
                    {.role = "sentinel",
                     .job = settings_.job,
                     .node = settings_.node,
                     .host_role = "supervisor",
                     .extras = std::move(extras),
                     .met =
                         [weak, uplink](const auto& link, const json::object& welcome) {
                           const auto self = weak.lock();
                           if (self && !self->closed_) self->meet(uplink, link, welcome);
                         },
                     .refused =
                         [weak, uplink](const Failure&) {
                           // Whoever refuses us tells it to his own people; we try again.
                           const auto self = weak.lock();
                           if (self && !self->closed_) self->connect_again(uplink);
                         }});
}

void Node::meet(const std::shared_ptr<Uplink>& uplink,
                const std::shared_ptr<Link>& link,
                const json::object& welcome) {
  const Time now = read_boot_clock();
  const auto epoch = number_in<std::uint64_t>(welcome, "epoch").value_or(0);
  if (epoch < epoch_ || (campaign_ && epoch < campaign_->floor(now))) {
    // An old supervisor that was thought dead: it learns that it is deposed, and gets no beats.
    link->send({{"kind", "follows"},
                {"epoch", campaign_ ? std::max(epoch_, campaign_->floor(now)) : epoch_}});
    link->close_after_sending(beat_);
    return connect_again(uplink);
  }
  const auto weak = weak_from_this();
  const std::weak_ptr<Link> raw = link;
  link->trust(
      [weak, raw](const json::object& said) {
        const auto self = weak.lock();
        const auto from = raw.lock();
        if (self && from && !self->closed_) self->hear(from, said);
      },
      [weak, uplink](const std::string&) {
        const auto self = weak.lock();
        if (self && !self->closed_) self->connect_again(uplink);
      });
  if (epoch > epoch_) acknowledged_ = 0;
  epoch_ = epoch;
  beat_ = std::clamp(Time(number_in<std::int64_t>(welcome, "beat_ms").value_or(beat_.count())),
                     shortest_beat,
                     longest_beat);
  timeout_ = Time(number_in<std::int64_t>(welcome, "timeout_ms").value_or(timeout_.count()));
  watch(number_in<unsigned>(welcome, "watch").value_or(0));
  over_ = std::max(over_, number_in<unsigned>(welcome, "ended").value_or(0));
  heard_ = now;
  ever_up_ = true;
  uplink->up = true;
  uplink->heard = now;
  if (campaign_) campaign_->hear_supervisor(epoch_);
  beat_within(Time(0));  // the supervisor waits for the first beat, not for the clock
}

void Node::hear(const std::shared_ptr<Link>& link, const json::object& said) {
  const auto kind = text_in(said, "kind").value_or("");
  heard_ = read_boot_clock();
  for (const auto& uplink : uplinks_)
    if (uplink->link == link) uplink->heard = heard_;
  if (kind == "ack") return hear_ack(said);
  if (kind == "goodbye") {
    leaving_ = true;
    link->close();
    return look_after_supervisor(heard_);
  }
  obey(kind, said);
}

void Node::hear_ack(const json::object& said) {
  const auto sequence = number_in<std::uint64_t>(said, "sequence").value_or(0);
  const auto lease = number_in<std::int64_t>(said, "lease_ms").value_or(0);
  if (sequence > sequence_ || sequence + sent_.size() <= sequence_) return;
  acknowledged_ = std::max(acknowledged_, sequence);
  if (campaign_) campaign_->hear_supervisor(epoch_);
  // Counted from when the beat was sent, not from when the answer came: the supervisor counts from
  // its answer, which lies between, so our lease never outlives the one it knows of.
  if (lease > 0) return leash_.hold_until(sent_[sequence % sent_.size()] + Time(lease));
  // Heard, and given nothing: the supervisor has no majority yet. It may want nothing but one more
  // beat, which tells it that its answers come through.
  if (sequence == sequence_) beat_within(beat_ / 5);
}

/// Things that must not be told twice go over one link, that on which the supervisor was heard
/// last: one that is dead in silence looks like a living one. What comes to nothing is asked for
/// again.
void Node::say(const json::object& message) {
  const Uplink* best = nullptr;
  for (const auto& uplink : uplinks_)
    if (uplink->up && (best == nullptr || uplink->heard > best->heard)) best = uplink.get();
  if (best != nullptr) best->link->send(message);
}

}  // namespace holdfast::sentinel
