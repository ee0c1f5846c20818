// SPDX-License-Identifier: Apache-2.0
// Beats by way of another node. A sentinel whose beats are not acknowledged asks others, at the
// door where votes are asked for too, to carry its words to the supervisor. They carry them unread:
// both ends prove themselves to each other as over a connection of their own, and leases are
// counted from when a beat was sent, so a detour makes none longer.
#include "sentinel/boot_clock.hpp"
#include "sentinel/campaign.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/fields.hpp"

#include <algorithm>

namespace holdfast::sentinel {

namespace {

namespace json = boost::json;

constexpr std::size_t most_relays = 4;    // of us; the supervisor's own node may be one in vain
constexpr std::size_t most_carried = 64;  // for others
constexpr std::chrono::milliseconds dial_time{1000};
constexpr std::chrono::milliseconds peers_fresh{3000};

}  // namespace

void Campaign::seek_relays() {
  if (closed_) return;
  const Time now = read_boot_clock();
  if (now - members_at_ > peers_fresh) {
    seeks_relays_ = true;
    if (reading_) return;
    read_at_ = now;
    return read_state();
  }
  std::erase_if(relays_, [](const auto& one) { return one.second && !one.second->open(); });
  for (const auto& [node, where] : where_) {
    if (relays_.size() >= most_relays) return;
    if (node == settings_.node || relays_.contains(node)) continue;
    relays_.emplace(node, nullptr);
    ask_for_relay(node, where);
  }
}

void Campaign::ask_for_relay(const std::string& node, const Endpoint& where) {
  const auto weak = weak_from_this();
  const auto forget = [weak, node] {
    if (const auto self = weak.lock()) self->relays_.erase(node);
  };
  dial(context_, where, dial_time, [weak, node, forget](const std::shared_ptr<Link>& link) {
    const auto self = weak.lock();
    if (!self || self->closed_) {
      if (link) link->close();
      return;
    }
    if (!link) return forget();
    self->relays_[node] = link;
    const auto met = [weak, forget](const std::shared_ptr<Link>& known, const json::object&) {
      known->trust(
          [weak, raw = std::weak_ptr(known)](const json::object& said) {
            const auto campaign = weak.lock();
            const auto carrier = raw.lock();
            if (campaign && !campaign->closed_ && carrier && text_in(said, "kind") == "relayed")
              campaign->around_.relayed(carrier);
          },
          [forget](const std::string&) { forget(); });
      known->send({{"kind", "relay"}});
    };
    introduce_to_host(link,
                      self->prover_,
                      {.role = "candidate",
                       .job = self->settings_.job,
                       .node = self->settings_.node,
                       .host_role = "voter",
                       .extras = {},
                       .met = met,
                       .refused = [forget](const Failure&) { forget(); }});
  });
}

/// For another node. Who does not hear the supervisor himself has nothing to offer.
void Campaign::relay(const std::shared_ptr<Link>& guest) {
  std::erase_if(carried_, [](const auto& link) { return link.expired() || !link.lock()->open(); });
  const Endpoint where = around_.supervisor();
  if (where.port == 0 || carried_.size() >= most_carried) return guest->close();
  const auto weak = weak_from_this();
  dial(context_, where, dial_time, [weak, guest](const std::shared_ptr<Link>& onward) {
    const auto self = weak.lock();
    if (!self || self->closed_ || !onward || !guest->open()) {
      if (onward) onward->close();
      return guest->close();
    }
    // Each link keeps itself alive while it is open; neither keeps the other.
    const auto carry = [](const std::shared_ptr<Link>& to) {
      return [raw = std::weak_ptr(to)](const json::object& said) {
        if (const auto other = raw.lock()) other->send(said);
      };
    };
    const auto end = [](const std::shared_ptr<Link>& to) {
      return [raw = std::weak_ptr(to)](const std::string&) {
        if (const auto other = raw.lock()) other->close_after_sending(dial_time);
      };
    };
    guest->send({{"kind", "relayed"}});
    guest->trust(carry(onward), end(onward));
    onward->start(carry(guest), end(guest), dial_time);
    onward->trust(carry(guest), end(guest));
    self->carried_.push_back(onward);
  });
}

}  // namespace holdfast::sentinel
