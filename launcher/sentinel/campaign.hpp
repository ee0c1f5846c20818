// SPDX-License-Identifier: Apache-2.0
// The world around Election: the door for other sentinels, the questions to them, slurmctld, the
// state directory, and the start of the successor. The state directory is read on a thread of its
// own, and only while the supervisor is missed: it may be the very thing that stalls.
#pragma once

#include "holdfast/process/child.hpp"
#include "holdfast/sentinel/sentinel.hpp"
#include "sentinel/election.hpp"
#include "sentinel/files.hpp"
#include "sentinel/introduction.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

namespace holdfast::sentinel {

class Campaign : public std::enable_shared_from_this<Campaign> {
 public:
  using Time = std::chrono::milliseconds;  // of the boot clock

  struct Surroundings {
    /// Whether the supervisor is missed right now.
    std::function<bool()> silent;
    /// A supervisor was announced; the sentinel follows it if its epoch is not below its own.
    std::function<void(const Announcement&)> announced;
    /// Where the supervisor is that acknowledges our beats; nowhere while it is missed.
    std::function<Endpoint()> supervisor;
    /// What is sent over this link goes on to the supervisor, and its answers come back.
    std::function<void(const std::shared_ptr<Link>&)> relayed;
  };

  Campaign(boost::asio::io_context& context,
           const SentinelSettings& settings,
           Prover& prover,
           Surroundings around);

  /// Opens the door for other sentinels.
  [[nodiscard]] std::optional<Failure> open();
  void close();
  [[nodiscard]] const Endpoint& door() const { return door_; }

  /// At each beat while the supervisor is missed, and once when it is heard again.
  void tick(Time now, Time silent, Time timeout);
  /// Asks other nodes to carry our beats to the supervisor: a network may be broken between it and
  /// us only, and our ranks are well.
  void seek_relays();
  void hear_supervisor(std::uint64_t epoch) { election_.hear_supervisor(epoch); }
  [[nodiscard]] std::uint64_t floor(Time now) const { return election_.floor(now); }

  /// A successor of ours still runs; it must be let end before this process does.
  [[nodiscard]] bool successor_runs() const { return successor_ != nullptr; }

 private:
  struct Peer {
    std::shared_ptr<Link> link;
    bool met{};
    std::optional<Time> unanswered;            // since when
    std::vector<boost::json::object> waiting;  // to be asked once it is met
  };

  // campaign_relay.cpp
  void ask_for_relay(const std::string& node, const Endpoint& where);
  void relay(const std::shared_ptr<Link>& guest);

  void accept();
  void receive(boost::asio::ip::tcp::socket socket);
  void hear_question(const std::weak_ptr<Link>& link,
                     const std::string& from,
                     const boost::json::object& question);
  void read_state();
  void carry_out(const Election::Effects& effects);
  void ask_peers(const boost::json::object& question);
  void call(const std::string& node, const Endpoint& where);
  void meet(const std::string& node, const std::shared_ptr<Link>& link);
  void hear_answer(const std::string& node, const boost::json::object& answer);
  void ask_controller(std::uint64_t epoch);
  void claim(std::uint64_t epoch);
  void start_successor(std::uint64_t epoch);

  boost::asio::io_context& context_;
  SentinelSettings settings_;
  Prover& prover_;
  Surroundings around_;
  Election election_;
  boost::asio::ip::tcp::acceptor acceptor_;
  Endpoint door_;
  boost::asio::thread_pool files_{1};
  bool reading_{};
  Time read_at_{};
  Time members_at_{};
  Time silent_for_{};
  std::map<std::string, Endpoint> where_;
  std::map<std::string, Peer> peers_;
  std::map<std::string, std::shared_ptr<Link>> relays_;  // who carries our beats, or was asked to
  std::vector<std::weak_ptr<Link>> carried_;             // to the supervisor, for others
  bool seeks_relays_{};
  std::vector<std::shared_ptr<Link>> guests_;
  std::unique_ptr<process::Child> successor_;
  bool closed_{};
};

}  // namespace holdfast::sentinel
