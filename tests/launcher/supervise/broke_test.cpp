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

}  // namespace
}  // namespace holdfast::supervise
