// SPDX-License-Identifier: Apache-2.0
// Elections of small jobs under every way the network can fall apart, in a time of their own.
#include "sentinel/election.hpp"

#include "holdfast/common/text.hpp"
#include "sentinel/majority.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

using Time = Election::Time;

/// A network of sentinels whose supervisor is gone. `block[i]` is the part node i is in; parts do
/// not hear each other. `controller[b]`: part b reaches slurmctld and the state directory.
class Network {
 public:
  Network(std::vector<unsigned> block, std::vector<bool> controller)
      : block_(std::move(block)), controller_(std::move(controller)) {
    for (std::size_t at = 0; at < block_.size(); ++at)
      names_.push_back(cat("n", at + 1));
    for (const std::string& name : names_) {
      nodes_.push_back(std::make_unique<Election>(name));
      nodes_.back()->set_members(names_);
    }
  }

  void dead(std::size_t node) { dead_.insert(node); }

  /// Lets the time go by until somebody wins, or until then.
  void run(Time until) {
    for (Time now{0}; now < until && winners_.empty(); now += Time(50)) {
      now_ = now;
      for (std::size_t at = 0; at < nodes_.size(); ++at) {
        if (dead_.contains(at)) continue;
        // Not all lost sight of it in the same moment.
        const Time silent = now + Time(37 * static_cast<int>(at * at % 7));
        carry_out(at, nodes_[at]->tick(now, silent, Time(5000)));
        deliver();
      }
    }
  }

  /// Epoch and node of everybody who claimed one, with what he counted.
  struct Claim {
    std::uint64_t epoch{};
    std::size_t node{};
    bool asked_controller{};
  };
  std::vector<Claim> claims_;
  std::map<std::uint64_t, std::size_t> winners_;

 private:
  bool connected(std::size_t a, std::size_t b) const {
    return !dead_.contains(a) && !dead_.contains(b) && block_[a] == block_[b];
  }

  void carry_out(std::size_t node, const Election::Effects& effects) {
    for (const auto& effect : effects) {
      switch (effect.want) {
        case Election::Want::canvass:
          canvass(node);
          break;
        case Election::Want::votes:
          votes(node, effect.epoch);
          break;
        case Election::Want::controller:
          asked_.insert({node, effect.epoch});
          if (controller_[block_[node]])
            later_.emplace_back([this, node, effect] {
              carry_out(node, nodes_[node]->controller_answered(effect.epoch, true));
            });
          break;
        case Election::Want::claim:
          claim(node, effect.epoch);
          break;
      }
    }
  }

  void canvass(std::size_t node) {
    for (std::size_t peer = 0; peer < nodes_.size(); ++peer)
      if (peer != node && connected(node, peer))
        later_.emplace_back([this, node, peer] {
          const Canvass answer = nodes_[peer]->asked_canvass(names_[node], now_, true);
          nodes_[node]->canvass_answered(names_[peer], answer);
        });
  }

  void votes(std::size_t node, std::uint64_t epoch) {
    for (std::size_t peer = 0; peer < nodes_.size(); ++peer)
      if (peer != node && connected(node, peer))
        later_.emplace_back([this, node, peer, epoch] {
          const bool granted = nodes_[peer]->asked_vote(names_[node], epoch, now_, true);
          carry_out(node, nodes_[node]->vote_answered(names_[peer], epoch, granted));
        });
  }

  void claim(std::size_t node, std::uint64_t epoch) {
    claims_.push_back({epoch, node, asked_.contains({node, epoch})});
    if (!controller_[block_[node]]) return;  // it cannot reach the state directory either
    const bool ours = winners_.emplace(epoch, node).second;
    nodes_[node]->claim_answered(winners_.rbegin()->first, ours, now_);
  }

  void deliver() {
    while (!later_.empty()) {
      const auto next = later_.front();
      later_.pop_front();
      next();
    }
  }

  std::vector<unsigned> block_;
  std::vector<bool> controller_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Election>> nodes_;
  std::set<std::size_t> dead_;
  std::set<std::pair<std::size_t, std::uint64_t>> asked_;
  std::deque<std::function<void()>> later_;
  Time now_{};
};

/// Calls `look` with each way to part `size` nodes.
void each_partition(std::size_t size,
                    const std::function<void(const std::vector<unsigned>&, unsigned parts)>& look) {
  std::vector<unsigned> block(size, 0);
  const std::function<void(std::size_t, unsigned)> fill = [&](std::size_t at, unsigned parts) {
    if (at == size) return look(block, parts);
    for (unsigned part = 0; part <= parts; ++part) {
      block[at] = part;
      fill(at + 1, std::max(parts, part + 1));
    }
  };
  fill(0, 0);
}

/// Whether a part of the network can have the majority, slurmctld's vote included.
bool somebody_can_win(const std::vector<unsigned>& block,
                      const std::vector<bool>& controller,
                      unsigned parts) {
  for (unsigned part = 0; part < parts; ++part) {
    const auto size = static_cast<unsigned>(std::ranges::count(block, part));
    if (controller[part] && size + 1 >= votes_needed(static_cast<unsigned>(block.size())))
      return true;
  }
  return false;
}

TEST(Election, HasOneWinnerExactlyWhereAMajorityIsConnected) {
  unsigned cases = 0;
  for (std::size_t size = 1; size <= 5; ++size)
    each_partition(size, [&](const std::vector<unsigned>& block, unsigned parts) {
      for (unsigned reach = 0; reach < 1U << parts; ++reach) {
        std::vector<bool> controller;
        for (unsigned part = 0; part < parts; ++part)
          controller.push_back((reach >> part & 1U) != 0);
        Network network(block, controller);
        network.run(Time(60000));
        ++cases;
        std::string told;
        for (const unsigned part : block)
          told += cat(part, controller[part] ? "* " : " ");
        EXPECT_EQ(network.winners_.size(), somebody_can_win(block, controller, parts) ? 1U : 0U)
            << told;
        // Two majorities of one epoch need slurmctld's vote twice, and then one claim fails.
        std::map<std::uint64_t, unsigned> sure;
        for (const auto& claim : network.claims_)
          EXPECT_LE(sure[claim.epoch] += claim.asked_controller ? 0 : 1, 1U) << told;
      }
    });
  EXPECT_EQ(cases, 1U * 2 + (2 + 4) + (2 + 3 * 4 + 8) + 94 + 454);
}

TEST(Election, IsWonByTheLowestLivingNodeWithinASecond) {
  for (const std::size_t dead : {0U, 1U, 2U}) {
    Network network({0, 0, 0, 0, 0}, {true});
    for (std::size_t node = 0; node < dead; ++node)
      network.dead(node);
    network.run(Time(5000 + 1200));
    ASSERT_EQ(network.winners_.size(), 1U) << dead;
    EXPECT_EQ(network.winners_.begin()->second, dead);
  }
}

TEST(Election, OfTwoNodesIsDecidedBySlurmctld) {
  Network alone({0, 1}, {false, true});
  alone.run(Time(20000));
  ASSERT_EQ(alone.winners_.size(), 1U);
  EXPECT_EQ(alone.winners_.begin()->second, 1U);
}

TEST(Election, ASentinelVotesOnceForAnEpochAndOnlyWhenItMissesTheSupervisor) {
  Election voter("n3");
  voter.set_members({"n1", "n2", "n3"});
  voter.hear_supervisor(4);
  EXPECT_FALSE(voter.asked_vote("n1", 5, Time(1), false));
  EXPECT_TRUE(voter.asked_vote("n1", 5, Time(1), true));
  EXPECT_FALSE(voter.asked_vote("n2", 5, Time(2), true));
  EXPECT_FALSE(voter.asked_vote("n2", 4, Time(2), true));
  EXPECT_TRUE(voter.asked_vote("n2", 6, Time(3), true));
  EXPECT_FALSE(voter.asked_vote("n9", 7, Time(4), true)) << "n9 is no member";
}

TEST(Election, WhoPromisedAnEpochFollowsNoLowerOneForAWhile) {
  Election voter("n2");
  voter.set_members({"n1", "n2"});
  voter.hear_supervisor(1);
  EXPECT_TRUE(voter.asked_vote("n1", 2, Time(1000), true));
  EXPECT_EQ(voter.floor(Time(1500)), 2U);
  EXPECT_EQ(voter.floor(Time(60000)), 1U) << "nobody claimed it: the old one may be well";
}

TEST(Election, ThereIsNoneWhileTheSupervisorIsHeard) {
  Election node("n1");
  node.set_members({"n1", "n2", "n3"});
  for (Time now{0}; now < Time(20000); now += Time(500)) {
    EXPECT_TRUE(node.tick(now, Time(4900), Time(5000)).empty());
    node.hear_supervisor(1);
  }
}

TEST(Election, ACandidateThatIsHeardAgainStandsDown) {
  Election node("n1");
  node.set_members({"n1", "n2", "n3"});
  EXPECT_EQ(node.tick(Time(0), Time(6000), Time(5000)),
            (Election::Effects{{Election::Want::canvass, 0}}));
  node.canvass_answered("n2", {.silent = true, .starting = false, .promised = 0});
  node.hear_supervisor(1);
  EXPECT_TRUE(node.tick(Time(700), Time(100), Time(5000)).empty());
}

TEST(Election, OneWhoStartsASuccessorIsWaitedFor) {
  Election node("n2");
  node.set_members({"n1", "n2", "n3"});
  (void)node.tick(Time(0), Time(6000), Time(5000));
  node.canvass_answered("n1", {.silent = true, .starting = true, .promised = 2});
  node.canvass_answered("n3", {.silent = true, .starting = false, .promised = 2});
  EXPECT_TRUE(node.tick(Time(700), Time(6700), Time(5000)).empty());
}

TEST(Majority, IsOfAllMembersAndSlurmctld) {
  EXPECT_EQ(votes_needed(1), 2U);
  EXPECT_EQ(votes_needed(2), 2U);
  EXPECT_EQ(votes_needed(3), 3U);
  EXPECT_EQ(votes_needed(4), 3U);
  EXPECT_EQ(votes_needed(5), 4U);
  EXPECT_EQ(majority_of(2, 2), Majority::sure);
  EXPECT_EQ(majority_of(1, 2), Majority::with_controller);
  EXPECT_EQ(majority_of(1, 3), Majority::none);
}

TEST(Majority, OfTheDefaultTimesLeavesNoGapAndKeepsTheTenSeconds) {
  const LeaseTerms terms = lease_terms(Time(500), Time(5000), Time(4000));
  // Voters were without acknowledgement for the node timeout: whoever got one later is dead by
  // then.
  EXPECT_GE(terms.after_claim, terms.fresh + terms.lease - Time(5000));
  EXPECT_GE(terms.after_claim, terms.controller_vote + terms.short_lease);
  // Timeout, canvass, claim, the wait: the batch host's death costs at most 10 s.
  EXPECT_LE(Time(5000) + Time(1000) + terms.after_claim + fence_margin, Time(10000));
  EXPECT_LT(terms.lease, Time(5000));
}

}  // namespace
}  // namespace holdfast::sentinel
