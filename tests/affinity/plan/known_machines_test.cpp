// SPDX-License-Identifier: Apache-2.0
// Machines a person has thought about, and the plan that person would write down. What is special
// about each machine stands in the first comment of its spec in tests/machines.
#include "holdfast/affinity/cost.hpp"
#include "plan_text.hpp"
#include "support/machines.hpp"

#include <string>

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using testing::machine;
using testing::plan_text;
using testing::rails_text;

Plan plan_for(const Topology& topology,
              unsigned ranks,
              Mode mode = Mode::full,
              const Grant& grant = {}) {
  Wish wish;
  wish.local_ranks = ranks;
  wish.mode = mode;
  auto made = plan(topology, grant, wish);
  EXPECT_TRUE(made) << (made ? "" : made.error().sentence());
  if (!made) return {};
  EXPECT_EQ(violations_of(topology, grant, wish, made->ranks), std::vector<std::string>{});
  return *made;
}

TEST(KnownMachine, Nps4RanksKeepGpuOrderAndTakeTheCoresOfGpulessNodes) {
  const Topology node = machine("dgx-a100-nps4");
  const Plan made = plan_for(node, 8);
  EXPECT_EQ(plan_text(node, made),
            "gpu 0: 8 cores of numa 0, 8 of numa 3; mlx5_0; memory 3\n"
            "gpu 1: 8 cores of numa 0, 8 of numa 3; mlx5_1; memory 3\n"
            "gpu 2: 8 cores of numa 1, 8 of numa 2; mlx5_2; memory 1\n"
            "gpu 3: 8 cores of numa 1, 8 of numa 2; mlx5_3; memory 1\n"
            "gpu 4: 8 cores of numa 4, 8 of numa 7; mlx5_6; memory 7\n"
            "gpu 5: 8 cores of numa 4, 8 of numa 7; mlx5_7; memory 7\n"
            "gpu 6: 8 cores of numa 5, 8 of numa 6; mlx5_8; memory 5\n"
            "gpu 7: 8 cores of numa 5, 8 of numa 6; mlx5_9; memory 5\n");
  EXPECT_EQ(rails_text(node, made), "mlx5_0 mlx5_1 mlx5_2 mlx5_3 mlx5_6 mlx5_7 mlx5_8 mlx5_9");
}

TEST(KnownMachine, Nps4WithSevenRanksLeavesNoRankWithoutGpuOrWithoutItsOwnCores) {
  const Topology node = machine("dgx-a100-nps4");
  EXPECT_EQ(plan_text(node, plan_for(node, 7, Mode::local)),
            "gpu 0: 8 cores of numa 3; mlx5_0; memory 3\n"
            "gpu 1: 8 cores of numa 3; mlx5_1; memory 3\n"
            "gpu 2 3: 16 cores of numa 1; mlx5_2; mlx5_3; memory 1\n"
            "gpu 4: 8 cores of numa 7; mlx5_6; memory 7\n"
            "gpu 5: 8 cores of numa 7; mlx5_7; memory 7\n"
            "gpu 6: 8 cores of numa 5; mlx5_8; memory 5\n"
            "gpu 7: 8 cores of numa 5; mlx5_9; memory 5\n");
  const Plan full = plan_for(node, 7);
  for (const Placement& rank : full.ranks) {
    std::size_t own = 0;
    for (const std::size_t core : rank.cores)
      if (node.gpus[rank.gpus.front()].near.pus.includes(node.cores[core].pus)) ++own;
    EXPECT_GE(own, 8U) << rank.why;
  }
}

TEST(KnownMachine, SparseGpusOnEightNumaNodesGetOneRankEach) {
  const Topology node = machine("turin-sparse-4gpu");
  const Plan made = plan_for(node, 4);
  EXPECT_EQ(plan_text(node, made),
            "gpu 0: 16 cores of numa 0, 16 of numa 1; mlx5_4; memory 1\n"
            "gpu 1: 16 cores of numa 2, 16 of numa 3; mlx5_5; memory 2\n"
            "gpu 2: 16 cores of numa 4, 16 of numa 6; mlx5_4; memory 6\n"
            "gpu 3: 16 cores of numa 5, 16 of numa 7; mlx5_5; memory 7\n");
  EXPECT_EQ(rails_text(node, made), "mlx5_4 mlx5_5");
}

TEST(KnownMachine, NicsFollowTheSwitchNotTheirNumbers) {
  const Topology node = machine("hgx-h100-reversed-nics");
  const Plan made = plan_for(node, 8);
  EXPECT_EQ(plan_text(node, made),
            "gpu 0: 14 cores of numa 0; mlx5_7; memory 0\n"
            "gpu 1: 14 cores of numa 0; mlx5_6; memory 0\n"
            "gpu 2: 14 cores of numa 0; mlx5_5; memory 0\n"
            "gpu 3: 14 cores of numa 0; mlx5_4; memory 0\n"
            "gpu 4: 14 cores of numa 1; mlx5_3; memory 1\n"
            "gpu 5: 14 cores of numa 1; mlx5_2; memory 1\n"
            "gpu 6: 14 cores of numa 1; mlx5_1; memory 1\n"
            "gpu 7: 14 cores of numa 1; mlx5_0; memory 1\n");
  EXPECT_EQ(rails_text(node, made), "mlx5_7 mlx5_6 mlx5_5 mlx5_4 mlx5_3 mlx5_2 mlx5_1 mlx5_0");
}

TEST(KnownMachine, WithSevenOfEightGpusTheFarCoresAreSharedEvenly) {
  const Topology node = machine("hgx-h100-fallen-gpu");
  EXPECT_EQ(plan_text(node, plan_for(node, 7)),
            "gpu 0: 14 cores of numa 0, 2 of numa 1; mlx5_0; memory 0\n"
            "gpu 1: 14 cores of numa 0, 2 of numa 1; mlx5_1; memory 0\n"
            "gpu 2: 14 cores of numa 0, 2 of numa 1; mlx5_2; memory 0\n"
            "gpu 3: 14 cores of numa 0, 2 of numa 1; mlx5_3; memory 0\n"
            "gpu 4: 16 cores of numa 1; mlx5_4; memory 1\n"
            "gpu 5: 16 cores of numa 1; mlx5_6; memory 1\n"
            "gpu 6: 16 cores of numa 1; mlx5_7; memory 1\n");
}

TEST(KnownMachine, ASickGpuIsPlannedAroundAndItsNicStaysARail) {
  const Topology node = machine("hgx-h100");
  Wish wish;
  wish.local_ranks = 7;
  wish.without_gpus = {node.gpus[5].id};
  const auto made = plan(node, {}, wish);
  ASSERT_TRUE(made);
  EXPECT_EQ(violations_of(node, {}, wish, made->ranks), std::vector<std::string>{});
  EXPECT_EQ(made->granted_gpus.size(), 8U);
  EXPECT_EQ(made->gpus, (std::vector<std::size_t>{0, 1, 2, 3, 4, 6, 7}));
  EXPECT_EQ(made->ranks[5].gpus, std::vector<std::size_t>{6});
  EXPECT_EQ(made->rails.size(), 8U);
}

TEST(KnownMachine, GpuMemoryIsNoPlaceForARanksMemory) {
  const Topology grace = machine("grace-hopper-4");
  EXPECT_EQ(plan_text(grace, plan_for(grace, 4)),
            "gpu 0: 72 cores of numa 0; cxi0; memory 0\n"
            "gpu 1: 72 cores of numa 1; cxi1; memory 1\n"
            "gpu 2: 72 cores of numa 2; cxi2; memory 2\n"
            "gpu 3: 72 cores of numa 3; cxi3; memory 3\n");
  const Topology power = machine("power9-gpu-memory");
  EXPECT_EQ(plan_text(power, plan_for(power, 4)),
            "gpu 0: 10 cores of numa 0; mlx5_0; memory 0\n"
            "gpu 1: 10 cores of numa 0; mlx5_1; memory 0\n"
            "gpu 2: 10 cores of numa 8; mlx5_2; memory 8\n"
            "gpu 3: 10 cores of numa 8; mlx5_3; memory 8\n");
}

TEST(KnownMachine, WithoutLocalityEveryRankStillHasGpuNicAndCoresOfOneNode) {
  const Topology node = machine("vm-8gpu-no-locality");
  EXPECT_EQ(plan_text(node, plan_for(node, 8)),
            "gpu 0: 12 cores of numa 0; mlx5_0; memory 0\n"
            "gpu 1: 12 cores of numa 0; mlx5_1; memory 0\n"
            "gpu 2: 12 cores of numa 0; mlx5_2; memory 0\n"
            "gpu 3: 12 cores of numa 0; mlx5_3; memory 0\n"
            "gpu 4: 12 cores of numa 1; mlx5_4; memory 1\n"
            "gpu 5: 12 cores of numa 1; mlx5_5; memory 1\n"
            "gpu 6: 12 cores of numa 1; mlx5_6; memory 1\n"
            "gpu 7: 12 cores of numa 1; mlx5_7; memory 1\n");
}

TEST(KnownMachine, FourGpusOnOneSocketShareTheFarSocketEvenly) {
  const Topology node = machine("pcie-4gpu-one-socket");
  EXPECT_EQ(plan_text(node, plan_for(node, 4)),
            "gpu 0: 8 cores of numa 0, 8 of numa 1; mlx5_0; memory 0\n"
            "gpu 1: 8 cores of numa 0, 8 of numa 1; mlx5_0; memory 0\n"
            "gpu 2: 8 cores of numa 0, 8 of numa 1; mlx5_0; memory 0\n"
            "gpu 3: 8 cores of numa 0, 8 of numa 1; mlx5_0; memory 0\n");
  EXPECT_EQ(plan_text(node, plan_for(node, 4, Mode::local)),
            "gpu 0: 8 cores of numa 0; mlx5_0; memory 0\n"
            "gpu 1: 8 cores of numa 0; mlx5_0; memory 0\n"
            "gpu 2: 8 cores of numa 0; mlx5_0; memory 0\n"
            "gpu 3: 8 cores of numa 0; mlx5_0; memory 0\n");
}

TEST(KnownMachine, MoreRanksThanPusShareThemEvenly) {
  const Topology node = machine("pretend-8gpu");
  const Plan made = plan_for(node, 20);
  std::vector<unsigned> ranks_on(8);
  for (const Placement& rank : made.ranks) {
    ASSERT_EQ(rank.pus.size(), 1U);
    ++ranks_on[rank.pus.front()];
  }
  for (const unsigned ranks : ranks_on)
    EXPECT_TRUE(ranks == 2 || ranks == 3) << ranks;
}

TEST(KnownMachine, TwoHundredRanksOnFewCoresStackEvenly) {
  const Topology node = machine("trento-8gcd");
  Grant grant;
  grant.pus = CpuSet::range(0, 48);  // 48 cores, one thread each
  const Plan made = plan_for(node, 200, Mode::full, grant);
  std::vector<unsigned> ranks_on(48);
  for (const Placement& rank : made.ranks)
    ++ranks_on[rank.pus.front()];
  for (const unsigned ranks : ranks_on)
    EXPECT_TRUE(ranks == 4 || ranks == 5) << ranks;
}

TEST(KnownMachine, AViewOfThreeCoresStillGivesEveryRankACoreAndAGpu) {
  const Topology node = machine("view-3-cores");
  for (const unsigned ranks : {1U, 3U, 4U, 8U}) {
    const Plan made = plan_for(node, ranks);
    for (const Placement& rank : made.ranks) {
      EXPECT_FALSE(rank.pus.empty());
      EXPECT_FALSE(rank.gpus.empty());
    }
  }
}

TEST(KnownMachine, RanksWithoutGpuDoNotStraddleNumaNodes) {
  const Topology node = machine("cpu-omni-path");
  EXPECT_EQ(plan_text(node, plan_for(node, 4)),
            "no gpu: 9 cores of numa 0; hfi1_0; memory 0\n"
            "no gpu: 9 cores of numa 0; hfi1_0; memory 0\n"
            "no gpu: 9 cores of numa 1; hfi1_0; memory 1\n"
            "no gpu: 9 cores of numa 1; hfi1_0; memory 1\n");
}

}  // namespace
}  // namespace holdfast::affinity
