// SPDX-License-Identifier: Apache-2.0
// The inside of the roster, over four files: roster.cpp (what the supervisor calls),
// roster_door.cpp (who comes in), roster_talk.cpp (what they say), roster_tick.cpp (what time does:
// losses, the majority, the file of peers).
#pragma once

#include "sentinel/files.hpp"
#include "sentinel/introduction.hpp"
#include "sentinel/majority.hpp"
#include "sentinel/prover.hpp"
#include "sentinel/roster_node.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

namespace holdfast::sentinel {

class Roster::Impl : public std::enable_shared_from_this<Roster::Impl> {
 public:
  using Clock = std::chrono::steady_clock;

  Impl(boost::asio::io_context& context, RosterSettings settings, Listener& listener);

  // The door.
  [[nodiscard]] std::optional<Failure> open();
  void start();
  void close();

  // For the supervisor.
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const RosterSettings& settings() const { return settings_; }
  [[nodiscard]] const std::vector<std::unique_ptr<RosterNode>>& nodes() const { return nodes_; }
  [[nodiscard]] RosterNode* find(std::string_view name) const;
  void watch(unsigned attempt);
  void end_attempts(unsigned newest) { ended_ = std::max(ended_, newest); }
  std::vector<std::string> expect_again();
  void give_up(const std::string& name);
  [[nodiscard]] bool all_hear_us() const;
  void tell(const std::string& name, const boost::json::object& order) const;
  void set_members(std::vector<std::string> members);
  void controller_answered();
  [[nodiscard]] Clock::time_point fenced_at(std::string_view name) const;
  void goodbye(std::function<void()> done);

 private:
  // roster_door.cpp
  void accept();
  void receive(boost::asio::ip::tcp::socket socket);
  [[nodiscard]] std::optional<Failure> admit(const boost::json::object& hello) const;
  [[nodiscard]] boost::json::object welcome() const;
  void meet(const std::shared_ptr<Link>& link, const boost::json::object& hello);
  void meet_sentinel(const std::shared_ptr<Link>& link, const boost::json::object& hello);
  void meet_control(const std::shared_ptr<Link>& link);
  static void drop_links(RosterNode& node);
  static void await(RosterNode& node);
  void leave(RosterNode& node, const std::shared_ptr<Link>& link);
  void note_once(const std::string& sentence);

  // roster_talk.cpp
  void hear(RosterNode& node, const std::shared_ptr<Link>& link, const boost::json::object& said);
  void hear_beat(RosterNode& node, const std::shared_ptr<Link>& link, const boost::json::object&);
  void hear_answer(RosterNode& node, const std::string& kind, const boost::json::object& said);
  void acknowledge(RosterNode& node, const std::shared_ptr<Link>& link, std::uint64_t sequence);

  // roster_tick.cpp
  void tick();
  void find_losses(Clock::time_point now);
  void lose(RosterNode& node, std::chrono::milliseconds silent, std::string_view how);
  void weigh(Clock::time_point now);
  [[nodiscard]] bool alone() const;
  void write_peers_soon();
  void write_peers();

  boost::asio::io_context& context_;
  RosterSettings settings_;
  Listener& listener_;
  LeaseTerms terms_;
  Endpoint endpoint_;
  std::unique_ptr<Prover> prover_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_again_;
  boost::asio::steady_timer clock_;
  boost::asio::steady_timer peers_timer_;
  boost::asio::steady_timer end_timer_;
  boost::asio::thread_pool files_{1};  // the shared file system may stall; beats must not
  std::vector<std::unique_ptr<RosterNode>> nodes_;
  std::unordered_map<std::string_view, RosterNode*> by_name_;
  std::vector<std::string> members_;
  std::vector<const RosterNode*> voters_;  // the same
  std::deque<std::shared_ptr<Link>> strangers_;
  std::set<std::shared_ptr<Link>> controls_;
  std::set<std::string> noted_;
  unsigned watched_{};
  unsigned ended_{};  // this attempt and all before it are over
  Clock::time_point opened_;
  Clock::time_point last_tick_;
  Clock::time_point judge_after_;        // losses are not judged before: it was us who slept
  std::chrono::milliseconds granted_{};  // the lease an acknowledged beat gets now; 0: none
  Clock::time_point last_majority_;
  Clock::time_point controller_at_;  // slurmctld's last yes
  Clock::time_point controller_asked_;
  bool had_majority_{};
  bool told_outvoted_{};
  bool closed_{};
};

}  // namespace holdfast::sentinel
