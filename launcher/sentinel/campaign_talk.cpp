// SPDX-License-Identifier: Apache-2.0
// What sentinels say to each other. Who asks is the candidate, who is asked the voter: two roles,
// so that no proof of the one serves as the other's.
#include "holdfast/common/text.hpp"
#include "sentinel/boot_clock.hpp"
#include "sentinel/campaign.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/fields.hpp"

#include <algorithm>

namespace holdfast::sentinel {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;

constexpr std::size_t most_guests = 2048;
constexpr std::chrono::milliseconds dial_time{2000};
constexpr std::chrono::milliseconds answer_time{500};  // they answer without a thought

}  // namespace

void Campaign::accept() {
  acceptor_.async_accept(
      [weak = weak_from_this()](boost::system::error_code error, tcp::socket socket) {
        const auto self = weak.lock();
        if (!self || self->closed_) return;
        if (!error) self->receive(std::move(socket));
        // Out of descriptors is the only error that lasts, and a sentinel has a handful.
        self->accept();
      });
}

void Campaign::receive(tcp::socket socket) {
  std::erase_if(guests_, [](const auto& guest) { return !guest->open(); });
  if (guests_.size() >= most_guests) return;  // the socket closes itself
  auto link = std::make_shared<Link>(std::move(socket));
  guests_.push_back(link);
  const auto weak = weak_from_this();
  receive_guest(
      link,
      prover_,
      {.role = "voter",
       .job = settings_.job,
       .admit = [](const json::object& hello) -> std::optional<Failure> {
         if (text_in(hello, "role") == "candidate") return std::nullopt;
         return Failure{FailureKind::denied, "the peer is no candidate", "", {}};
       },
       .welcome = [](const json::object&) { return json::object(); },
       .met =
           [weak](const std::shared_ptr<Link>& met, const json::object& hello) {
             const std::weak_ptr<Link> raw = met;
             met->trust(
                 [weak, raw, from = text_in(hello, "node").value_or("")](const auto& question) {
                   const auto self = weak.lock();
                   if (self && !self->closed_) self->hear_question(raw, from, question);
                 },
                 [](const std::string&) {});
           },
       // A stranger at a sentinel's door has nobody to be told to; he gets no vote.
       .refused = [](const Failure&) {}});
}

void Campaign::hear_question(const std::weak_ptr<Link>& link,
                             const std::string& from,
                             const json::object& question) {
  const auto asker = link.lock();
  if (!asker) return;
  const auto kind = text_in(question, "kind");
  const auto now = read_boot_clock();
  if (kind == "canvass") {
    const Canvass answer = election_.asked_canvass(from, now, around_.silent());
    asker->send({{"kind", "canvassed"},
                 {"silent", answer.silent},
                 {"starting", answer.starting},
                 {"promised", answer.promised}});
  } else if (kind == "relay") {
    relay(asker);
  } else if (kind == "vote") {
    const auto epoch = number_in<std::uint64_t>(question, "epoch").value_or(0);
    const bool granted = election_.asked_vote(from, epoch, now, around_.silent());
    asker->send({{"kind", "voted"}, {"epoch", epoch}, {"granted", granted}});
  }
}

void Campaign::ask_peers(const json::object& question) {
  const Time now = read_boot_clock();
  for (const auto& [node, where] : where_) {
    if (node == settings_.node) continue;
    Peer& peer = peers_[node];
    // Over a network that was lost in silence nothing comes back; there may be another one.
    if (peer.met && peer.unanswered && now - *peer.unanswered > answer_time) peer.link->close();
    if (peer.link && !peer.link->open()) peer = Peer{};
    if (peer.met) {
      peer.link->send(question);
      if (!peer.unanswered) peer.unanswered = now;
      continue;
    }
    // Only the latest question still matters to one that cannot be reached.
    peer.waiting = {question};
    if (!peer.link) call(node, where);
  }
}

void Campaign::call(const std::string& node, const Endpoint& where) {
  const auto weak = weak_from_this();
  dial(context_, where, dial_time, [weak, node](const std::shared_ptr<Link>& link) {
    const auto self = weak.lock();
    if (!self || self->closed_) {
      if (link) link->close();
      return;
    }
    Peer& peer = self->peers_[node];
    if (!link) {
      peer.waiting.clear();
      return;
    }
    if (peer.link) peer.link->close();
    peer.link = link;
    introduce_to_host(link,
                      self->prover_,
                      {.role = "candidate",
                       .job = self->settings_.job,
                       .node = self->settings_.node,
                       .host_role = "voter",
                       .extras = {},
                       .met =
                           [weak, node](const auto& met, const json::object&) {
                             const auto campaign = weak.lock();
                             if (campaign && !campaign->closed_) campaign->meet(node, met);
                           },
                       .refused = [](const Failure&) {}});
  });
}

void Campaign::meet(const std::string& node, const std::shared_ptr<Link>& link) {
  const auto weak = weak_from_this();
  link->trust(
      [weak, node](const json::object& answer) {
        const auto self = weak.lock();
        if (self && !self->closed_) self->hear_answer(node, answer);
      },
      [](const std::string&) {});
  Peer& peer = peers_[node];
  peer.met = true;
  if (!peer.waiting.empty()) peer.unanswered = read_boot_clock();
  for (const auto& question : std::exchange(peer.waiting, {}))
    link->send(question);
}

void Campaign::hear_answer(const std::string& node, const json::object& answer) {
  peers_[node].unanswered.reset();
  const auto kind = text_in(answer, "kind");
  if (kind == "canvassed")
    election_.canvass_answered(
        node,
        {.silent = truth_in(answer, "silent"),
         .starting = truth_in(answer, "starting"),
         .promised = number_in<std::uint64_t>(answer, "promised").value_or(0)});
  else if (kind == "voted")
    carry_out(election_.vote_answered(
        node, number_in<std::uint64_t>(answer, "epoch").value_or(0), truth_in(answer, "granted")));
}

}  // namespace holdfast::sentinel
