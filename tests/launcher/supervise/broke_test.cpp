// SPDX-License-Identifier: Apache-2.0
// A node that shows a fatal fault while its ranks still run, or before there are any.
#include "holdfast/supervise/machine.hpp"

#include <gtest/gtest.h>

namespace holdfast::supervise {
namespace {

class Broken : public ::testing::Test {
 protected:
  Broken() : machine_(plan(), {}) {
    take(machine_.begin(at(0)));
    for (const char* node : {"n1", "n2", "n3"})
      hear(Joined{node, "10.0.0.1"});
  }

  static Plan plan() {
    Plan plan;
    plan.job = "1";
    plan.host = "n1";
    plan.allocation = {"n1", "n2", "n3"};
    plan.wanted = 2;
    plan.ranks = 2;
    plan.last_words_ms = plan.last_words_of_others_ms = 0;  // losses_test has the tests of it
    return plan;
  }

  static Now at(std::int64_t ms) { return {1'000'000 + ms, 1'700'000'000'000 + ms}; }

  void hear(const Happening& happening) { take(machine_.on(happening, at(++clock_ * 10))); }
  void take(const std::vector<Effect>& effects) {
    effects_.insert(effects_.end(), effects.begin(), effects.end());
  }

  template <class Wanted>
  [[nodiscard]] const Wanted* last() const {
    for (auto effect = effects_.rbegin(); effect != effects_.rend(); ++effect)
      if (const auto* found = std::get_if<Wanted>(&*effect)) return found;
    return nullptr;
  }

  Machine machine_;
  std::vector<Effect> effects_;
  std::int64_t clock_{};
};

TEST_F(Broken, ANodeThatComputesIsStoppedAtOnceAndReplacedByTheSpare) {
  hear(CatalogueRead{});
  ASSERT_NE(last<StartStep>(), nullptr);
  EXPECT_EQ(last<StartStep>()->nodes, (std::vector<std::string>{"n1", "n2"}));
  hear(RanksSeen{1, 2});
  hear(Broke{"n2", "0000:17:00.0: GPU has fallen off the bus"});
  ASSERT_NE(last<supervise::TearDown>(), nullptr) << "nobody waits until the ranks notice";
  hear(TornDown{"n1", 1, 0});
  hear(TornDown{"n2", 1, 0});
  ASSERT_NE(last<Gather>(), nullptr);
  Gathered all;
  all.signs.push_back({"n2", recovery::SignKind::gpu_lost, "GPU has fallen off the bus", 1});
  hear(all);
  hear(CatalogueRead{});
  EXPECT_EQ(last<StartStep>()->attempt, 2U);
  EXPECT_EQ(last<StartStep>()->nodes, (std::vector<std::string>{"n1", "n3"}));
}

TEST_F(Broken, ANodeIsNotUsedWhenItBreaksBeforeTheStart) {
  hear(Broke{"n2", "a GPU is gone"});
  hear(CatalogueRead{});
  EXPECT_EQ(last<StartStep>()->nodes, (std::vector<std::string>{"n1", "n3"}));
}

TEST_F(Broken, ASpareThatBreaksStopsNobody) {
  hear(CatalogueRead{});
  hear(Broke{"n3", "a GPU is gone"});
  EXPECT_EQ(last<supervise::TearDown>(), nullptr);
  EXPECT_EQ(machine_.phase(), Phase::running);
}

TEST_F(Broken, ASpareIsWrittenDownOnceAndForASuccessorToo) {
  hear(CatalogueRead{});
  hear(Broke{"n3", "a GPU is gone"});
  hear(Broke{"n3", "another GPU is gone"});
  std::vector<events::Record> log;
  unsigned told = 0;
  for (const Effect& effect : effects_)
    if (const auto* write = std::get_if<Write>(&effect)) {
      events::Record& record = log.emplace_back();
      record.seq = log.size();
      record.body = write->body;
      if (std::holds_alternative<events::NodeUnfit>(write->body)) ++told;
    }
  EXPECT_EQ(told, 1U);
  Plan successor = plan();
  successor.host = "n2";
  successor.successor = true;
  successor.predecessor = "n1";
  machine_ = Machine(successor, events::replay(log));
  take(machine_.begin(at(9'000)));
  for (const char* node : {"n2", "n3"})
    hear(Joined{node, "10.0.0.1"});
  effects_.clear();
  hear(Lost{"n1", "silent", 5'000, at(0).steady_ms});
  hear(TornDown{"n2", 1, 0});
  hear(Gathered{});
  hear(CatalogueRead{});
  EXPECT_NE(last<HandBack>(), nullptr) << "two ranks want two nodes";
  EXPECT_EQ(last<StartStep>(), nullptr);
}

}  // namespace
}  // namespace holdfast::supervise
