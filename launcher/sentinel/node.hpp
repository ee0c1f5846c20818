// SPDX-License-Identifier: Apache-2.0
// The sentinel itself: links to the supervisor, one per address of it; beats over all of them;
// orders carried out; evidence told. Over three files: node.cpp (its life and the beat),
// node_links.cpp (the supervisor's side of the room), node_orders.cpp (what it is told to do).
#pragma once

#include "holdfast/sentinel/sentinel.hpp"
#include "sentinel/campaign.hpp"
#include "sentinel/evidence.hpp"
#include "sentinel/guard.hpp"
#include "sentinel/health_look.hpp"
#include "sentinel/processes.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::sentinel {

class Node : public std::enable_shared_from_this<Node> {
 public:
  using Time = std::chrono::milliseconds;  // of the boot clock

  Node(boost::asio::io_context& context, const SentinelSettings& settings, Leash& leash);

  /// `ended` is called once: the supervisor said goodbye, or has been gone for too long.
  [[nodiscard]] std::optional<Failure> start(std::function<void(Result<int>)> ended);
  void close();

 private:
  struct Uplink {
    explicit Uplink(boost::asio::io_context& context) : again(context) {}
    std::string address;
    std::uint16_t port{};
    std::shared_ptr<Link> link;
    bool up{};
    Time heard{};  // the last word that came over it
    boost::asio::steady_timer again;
  };
  struct Teardown {
    explicit Teardown(boost::asio::io_context& context) : timer(context) {}
    unsigned attempt{};
    Time kill_at{};
    Time give_up_at{};
    unsigned none{};
    boost::asio::steady_timer timer;
  };

  // node.cpp
  void tick();
  void beat(Time now);
  void beat_within(Time time);
  void tell_signs();
  void watch_ends(const std::vector<RankState>& ranks);
  void look_after_supervisor(Time now);
  void end_late_ranks(const std::vector<Process>& processes);
  void end(Result<int> how);
  [[nodiscard]] bool misses_supervisor() const;
  [[nodiscard]] bool is_unheard() const;

  // node_links.cpp
  void follow(const Announcement& announcement);
  void dial_up(const Endpoint& endpoint);
  void connect(const std::shared_ptr<Uplink>& uplink);
  void connect_again(const std::shared_ptr<Uplink>& uplink);
  void take_relay(const std::shared_ptr<Link>& link);
  void introduce(const std::shared_ptr<Uplink>& uplink);
  void meet(const std::shared_ptr<Uplink>& uplink,
            const std::shared_ptr<Link>& link,
            const boost::json::object& welcome);
  void hear(const std::shared_ptr<Link>& link, const boost::json::object& said);
  void hear_ack(const boost::json::object& said);
  void say(const boost::json::object& message);
  [[nodiscard]] bool any_up() const;

  // node_orders.cpp
  void obey(const std::string& kind, const boost::json::object& order);
  void watch(unsigned attempt);
  void tear_down(unsigned attempt, Time grace);
  void go_on(const std::shared_ptr<Teardown>& teardown);
  void look(std::int64_t since_ms);
  void tell_since(std::int64_t since_ms);
  void ask_port(const std::string& host, std::uint16_t port);

  boost::asio::io_context& context_;
  SentinelSettings settings_;
  Leash& leash_;
  std::unique_ptr<Prover> prover_;
  std::shared_ptr<Campaign> campaign_;  // only with a state directory
  ProcessTable table_;
  Evidence evidence_;
  std::shared_ptr<HealthLook> health_;
  std::function<void(Result<int>)> ended_;
  std::string instance_;
  std::vector<std::shared_ptr<Uplink>> uplinks_;
  Endpoint dialled_;
  std::map<unsigned, std::shared_ptr<Teardown>> teardowns_;
  std::map<int, std::shared_ptr<boost::asio::posix::stream_descriptor>> ends_;  // by pid
  boost::asio::steady_timer clock_;
  Time beat_{500};
  Time timeout_{5000};
  std::uint64_t epoch_{};  // of the supervisor we follow
  unsigned watched_{};
  unsigned over_{};       // this attempt and all before it are over
  unsigned late_told_{};  // the newest attempt whose late ranks were told of
  std::uint64_t sequence_{};
  std::uint64_t acknowledged_{};
  std::array<Time, 64> sent_{};  // when beat N was, at N modulo 64
  Time heard_{};                 // the supervisor's last word
  bool ever_up_{};
  bool leaving_{};  // told goodbye
  bool closed_{};
};

}  // namespace holdfast::sentinel
