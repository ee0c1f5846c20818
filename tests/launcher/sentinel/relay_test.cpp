// SPDX-License-Identifier: Apache-2.0
// A network that breaks between the supervisor and one node only: its beats go by way of another.
#include "talk.hpp"

#include <array>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace holdfast::sentinel {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A way to the supervisor that can be broken in silence, as by a switch that drops packets: what
/// was connected stays connected, and nothing comes through.
class Way {
 public:
  Way(asio::io_context& context, std::uint16_t to)
      : context_(context), door_(context, {asio::ip::address_v4::loopback(), 0}), to_(to) {
    accept();
  }
  [[nodiscard]] std::uint16_t port() const { return door_.local_endpoint().port(); }
  void break_off() { broken_ = true; }

 private:
  struct Pipe {
    explicit Pipe(asio::io_context& context) : from(context), to(context) {}
    tcp::socket from, to;
    std::array<std::array<char, 4096>, 2> space{};
  };

  void accept() {
    auto pipe = std::make_shared<Pipe>(context_);
    door_.async_accept(pipe->from, [this, pipe](boost::system::error_code error) {
      if (error) return;
      if (!broken_) {
        pipe->to.connect({asio::ip::address_v4::loopback(), to_}, error);
        pump(pipe, pipe->from, pipe->to, 0);
        pump(pipe, pipe->to, pipe->from, 1);
      }
      pipes_.push_back(pipe);
      accept();
    });
  }

  void pump(const std::shared_ptr<Pipe>& pipe,
            tcp::socket& from,
            tcp::socket& to,
            std::size_t way) {
    from.async_read_some(
        asio::buffer(pipe->space[way]),
        [this, pipe, &from, &to, way](boost::system::error_code error, std::size_t count) {
          if (error) return;
          if (!broken_) asio::write(to, asio::buffer(pipe->space[way], count), error);
          pump(pipe, from, to, way);
        });
  }

  asio::io_context& context_;
  tcp::acceptor door_;
  std::uint16_t to_;
  bool broken_{};
  std::vector<std::shared_ptr<Pipe>> pipes_;
};

class Relay : public Talk {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "holdfast-relay-XXXXXX";
    state_ = ::mkdtemp(pattern.data());
    auto with = settings();
    with.state = state_;
    with.beat = milliseconds(50);
    with.node_timeout = milliseconds(2000);
    with.lease = milliseconds(1600);
    listen(with);
    way_ = std::make_unique<Way>(context_, roster_->endpoint().port);
    auto far = sentinel("n1");
    far.state = state_;
    far.supervisor = {{"127.0.0.1"}, way_->port()};
    start(far);
    auto near = sentinel("n2");
    near.state = state_;
    start(near);
    run_until([&] { return roster_->living().size() == 2; });
    run_until([&] { return ::access((state_ + "/peers.json").c_str(), F_OK) == 0; });
    context_.run_for(milliseconds(500));  // the file of peers tells of both by then
  }

  std::string state_;
  std::unique_ptr<Way> way_;
};

TEST_F(Relay, ANodeThatOnlyTheSupervisorDoesNotReachIsHeardByWayOfAnotherAndKeepsItsLease) {
  way_->break_off();
  std::chrono::milliseconds longest{};
  const auto until = std::chrono::steady_clock::now() + milliseconds(5000);
  while (std::chrono::steady_clock::now() < until) {
    context_.run_one_for(milliseconds(10));
    const auto acknowledged = roster_->last_acknowledged("n1");
    longest = std::max(
        longest,
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - *acknowledged));
  }
  EXPECT_FALSE(diary_.has_part("lost n1")) << "more than two node timeouts have gone by";
  EXPECT_LT(longest, milliseconds(1600)) << "the lease never ran out";
  EXPECT_TRUE(roster_->lives("n1"));
}

TEST_F(Relay, WhatIsOrderedReachesTheNodeByWayOfAnotherAndIsAnswered) {
  way_->break_off();
  context_.run_for(milliseconds(1800));
  roster_->tear_down(std::vector<std::string>{"n1"}, 7, milliseconds(0));
  EXPECT_TRUE(run_until([&] { return diary_.has("torn down n1 7 0"); }, milliseconds(1500)));
}

TEST_F(Relay, ANodeThatNobodyReachesIsLostAllTheSame) {
  nodes_[1]->close();
  way_->break_off();
  EXPECT_TRUE(run_until([&] { return diary_.has("lost n1 silent"); }));
}

}  // namespace
}  // namespace holdfast::sentinel
