// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/text.hpp"
#include "sentinel/addresses.hpp"
#include "sentinel/dial.hpp"
#include "sentinel/fields.hpp"
#include "sentinel/roster_impl.hpp"

#include <algorithm>

namespace holdfast::sentinel {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;

constexpr std::size_t spare_strangers = 64;
constexpr std::size_t most_notes = 100;
constexpr std::chrono::milliseconds control_time{60000};

}  // namespace

Roster::Impl::Impl(asio::io_context& context, RosterSettings settings, Listener& listener)
    : context_(context),
      settings_(std::move(settings)),
      listener_(listener),
      terms_(lease_terms(settings_.beat, settings_.node_timeout, settings_.lease)),
      prover_(make_prover(context, settings_.token)),
      acceptor_(context),
      accept_again_(context),
      clock_(context),
      peers_timer_(context),
      end_timer_(context),
      members_(settings_.nodes),
      opened_(Clock::now()),
      last_tick_(opened_),
      judge_after_(opened_),
      last_majority_(opened_) {
  for (const std::string& name : settings_.nodes) {
    auto node = std::make_unique<RosterNode>();
    node->name = name;
    node->awaited = opened_;
    by_name_.emplace(node->name, node.get());
    voters_.push_back(node.get());
    nodes_.push_back(std::move(node));
  }
}

RosterNode* Roster::Impl::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::optional<Failure> Roster::Impl::open() {
  if (auto failure = open_door(acceptor_, settings_.port)) return failure;
  endpoint_ = {read_own_addresses(), acceptor_.local_endpoint().port()};
  return std::nullopt;
}

void Roster::Impl::start() {
  weigh(Clock::now());
  accept();
  tick();
}

void Roster::Impl::close() {
  closed_ = true;
  boost::system::error_code ignored;  // all of it is going away
  acceptor_.close(ignored);
  for (auto* timer : {&accept_again_, &clock_, &peers_timer_, &end_timer_})
    timer->cancel();
  for (const auto& stranger : strangers_)
    stranger->close();
  for (const auto& control : controls_)
    control->close();
  for (const auto& node : nodes_)
    for (const auto& link : node->links)
      link->close();
  files_.join();
}

void Roster::Impl::accept() {
  acceptor_.async_accept(
      [weak = weak_from_this()](boost::system::error_code error, tcp::socket socket) {
        const auto self = weak.lock();
        if (!self || self->closed_) return;
        if (!error) {
          self->receive(std::move(socket));
          return self->accept();
        }
        // Out of descriptors, most likely: some will be free again.
        self->accept_again_.expires_after(std::chrono::milliseconds(100));
        self->accept_again_.async_wait([weak](boost::system::error_code stopped) {
          const auto impl = weak.lock();
          if (!stopped && impl && !impl->closed_) impl->accept();
        });
      });
}

void Roster::Impl::receive(tcp::socket socket) {
  auto link = std::make_shared<Link>(std::move(socket));
  std::erase_if(strangers_, [](const auto& stranger) { return !stranger->open(); });
  // A crowd at the door drives out the one that stood there longest without proving himself.
  if (strangers_.size() >= spare_strangers + 4 * nodes_.size()) {
    strangers_.front()->close();
    strangers_.pop_front();
  }
  strangers_.push_back(link);
  const std::string from = link->peer();
  const auto weak = weak_from_this();
  receive_guest(
      link,
      *prover_,
      {.role = "supervisor",
       .job = settings_.job,
       .admit =
           [weak](const json::object& hello) {
             const auto self = weak.lock();
             return self ? self->admit(hello) : std::optional(Failure{});
           },
       .welcome =
           [weak](const json::object&) {
             const auto self = weak.lock();
             return self ? self->welcome() : json::object();
           },
       .met =
           [weak](const std::shared_ptr<Link>& met, const json::object& hello) {
             const auto self = weak.lock();
             if (self && !self->closed_) self->meet(met, hello);
           },
       .refused =
           [weak, from](const Failure& failure) {
             const auto self = weak.lock();
             if (!self || self->closed_) return;
             self->note_once(cat("a connection from ", from, " was refused: ", failure.sentence()));
           }});
}

std::optional<Failure> Roster::Impl::admit(const json::object& hello) const {
  const auto role = text_in(hello, "role");
  if (role == "control") return std::nullopt;
  const auto node = text_in(hello, "node").value_or("");
  if (const RosterNode* known = role == "sentinel" ? find(node) : nullptr) {
    // Two that took turns in driving each other out would never let the node live.
    const auto instance = text_in(hello, "instance").value_or("");
    if (std::ranges::count(known->retired, instance) == 0) return std::nullopt;
    return Failure{FailureKind::denied, cat("another sentinel speaks for ", node, " now"), "", {}};
  }
  return Failure{
      FailureKind::denied, cat("nobody of this job is called \"", node.substr(0, 64), '"'), "", {}};
}

json::object Roster::Impl::welcome() const {
  return {{"epoch", settings_.epoch},
          {"beat_ms", settings_.beat.count()},
          {"timeout_ms", settings_.node_timeout.count()},
          {"watch", watched_},
          {"ended", ended_}};
}

void Roster::Impl::meet(const std::shared_ptr<Link>& link, const json::object& hello) {
  std::erase(strangers_, link);
  if (text_in(hello, "role") == "control") return meet_control(link);
  meet_sentinel(link, hello);
}

void Roster::Impl::meet_sentinel(const std::shared_ptr<Link>& link, const json::object& hello) {
  RosterNode& node = *find(*text_in(hello, "node"));
  const auto epoch = number_in<std::uint64_t>(hello, "epoch").value_or(0);
  if (epoch > settings_.epoch) {
    link->close();
    return listener_.deposed(epoch);
  }
  const auto weak = weak_from_this();
  link->trust(
      [weak, &node, raw = std::weak_ptr(link)](const json::object& said) {
        const auto self = weak.lock();
        const auto from = raw.lock();
        if (self && from && !self->closed_) self->hear(node, from, said);
      },
      [weak, &node, raw = std::weak_ptr(link)](const std::string&) {
        const auto self = weak.lock();
        const auto from = raw.lock();
        if (self && from && !self->closed_) self->leave(node, from);
      });
  const std::string instance = text_in(hello, "instance").value_or("");
  if (instance != node.instance) {
    // Another process speaks for the node now: its older links say nothing any more.
    drop_links(node);
    if (!node.instance.empty()) node.retired.push_back(node.instance);
    node.instance = instance;
    node.sequence = 0;
    if (node.state == RosterNode::State::living) {
      await(node);
      listener_.lost(node.name, std::chrono::milliseconds(0), "replaced");
    }
  }
  node.links.push_back(link);
  node.heard = Clock::now();
  if (const auto* door = hello.if_contains("door"); door != nullptr)
    if (auto peers = parse_announcement(json::serialize(*door)))
      node.peer_door = std::move(peers->endpoint);
  write_peers_soon();
}

void Roster::Impl::meet_control(const std::shared_ptr<Link>& link) {
  controls_.insert(link);
  const auto weak = weak_from_this();
  const std::weak_ptr<Link> raw = link;
  const auto forget = [weak, raw] {
    const auto self = weak.lock();
    if (self) self->controls_.erase(raw.lock());
  };
  link->trust(
      [weak, raw, forget](const json::object& said) {
        const auto self = weak.lock();
        const auto request = text_in(said, "text");
        if (!self || self->closed_ || !request) return;
        self->listener_.control(*request, [raw, forget](const ControlAnswer& answer) {
          const auto asker = raw.lock();
          if (!asker) return;
          asker->send({{"kind", "reply"},
                       {"text", answer.sentence},
                       {"outcome", static_cast<unsigned>(answer.outcome)}});
          asker->close_after_sending(control_time);
          forget();
        });
      },
      [forget](const std::string&) { forget(); });
}

void Roster::Impl::drop_links(RosterNode& node) {
  for (const auto& link : node.links)
    link->close();
  node.links.clear();
}

void Roster::Impl::await(RosterNode& node) {
  node.state = RosterNode::State::absent;
  node.awaited = Clock::now();
  node.round_trip.reset();
}

std::vector<std::string> Roster::Impl::expect_again() {
  std::vector<std::string> lived;
  for (const auto& node : nodes_) {
    if (node->state == RosterNode::State::lost) continue;
    drop_links(*node);
    if (node->state == RosterNode::State::living) lived.push_back(node->name);
    if (!node->instance.empty()) node->retired.push_back(std::exchange(node->instance, {}));
    await(*node);
  }
  return lived;
}

// NOLINTNEXTLINE(readability-make-member-function-const): the node is ours
void Roster::Impl::give_up(const std::string& name) {
  if (RosterNode* node = find(name)) node->state = RosterNode::State::lost;
}

void Roster::Impl::leave(RosterNode& node, const std::shared_ptr<Link>& link) {
  std::erase(node.links, link);
  if (node.links.empty()) node.left = Clock::now();
}

void Roster::Impl::note_once(const std::string& sentence) {
  if (noted_.size() < most_notes && noted_.insert(sentence).second) listener_.note(sentence);
}

}  // namespace holdfast::sentinel
