// SPDX-License-Identifier: Apache-2.0
// A network that breaks between the supervisor and one node only: its beats go by way of another.
#include "support/temporary_directory.hpp"
#include "talk.hpp"
#include "way.hpp"

#include <unistd.h>

namespace holdfast::sentinel {
namespace {

class Relay : public Talk {
 protected:
  void SetUp() override {
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

  testing::TemporaryDirectory place_{"relay"};
  std::string state_{place_.path()};
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
