// SPDX-License-Identifier: Apache-2.0
// The judge against numbers worked out by hand.
#include "holdfast/affinity/cost.hpp"

#include "small_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Placement place(unsigned rank,
                std::vector<std::size_t> cores,
                std::vector<std::size_t> gpus,
                std::vector<std::size_t> nics) {
  Placement placement;
  placement.rank = LocalRank{rank};
  for (const std::size_t core : cores)
    placement.pus |= CpuSet{static_cast<unsigned>(core), static_cast<unsigned>(core) + 8};
  placement.cores = std::move(cores);
  placement.gpus = std::move(gpus);
  placement.nics = std::move(nics);
  return placement;
}

Wish for_ranks(unsigned ranks) {
  Wish wish;
  wish.local_ranks = ranks;
  return wish;
}

const Topology node = testing::small_node();

TEST(Cost, IsZeroButForTheNicPathWhereEveryRankIsAtHome) {
  const std::vector ranks{place(0, {0, 1}, {0}, {0}),
                          place(1, {2, 3}, {1}, {0}),
                          place(2, {4, 5}, {2}, {1}),
                          place(3, {6, 7}, {3}, {1})};
  const Cost cost = cost_of(node, {}, for_ranks(4), ranks);
  EXPECT_EQ(cost.binding(), 0);
  EXPECT_EQ(cost.nic_weight, 1);
  EXPECT_EQ(cost.nic_overload, 0);
  EXPECT_EQ(cost.total(), 0.25);
  EXPECT_THAT(violations_of(node, {}, for_ranks(4), ranks), IsEmpty());
}

TEST(Cost, CountsDistanceAsMeanOverRanksOfMeanOverCoresAndGpus) {
  // Rank 0: one of two cores in the other package (2): mean 1. Rank 1: GPUs of both packages:
  // mean 1.
  const std::vector ranks{place(0, {0, 4}, {0}, {0}), place(1, {5, 6}, {1, 2}, {1})};
  EXPECT_EQ(cost_of(node, {}, for_ranks(2), ranks).distance, 1);
}

TEST(Cost, CountsIdleCoresUnevenSharesAndSharedGpus) {
  const std::vector ranks{place(0, {0}, {0}, {0}), place(1, {1, 2, 3}, {0}, {0})};
  const Cost cost = cost_of(node, {}, for_ranks(2), ranks);
  EXPECT_EQ(cost.idle, 0.5);
  EXPECT_DOUBLE_EQ(cost.imbalance, 1 - 1 / 3.0);
  EXPECT_EQ(cost.oversharing, 0.5);  // GPU 0 has two ranks, one is fair, of two ranks
}

TEST(Cost, CountsRanksWithoutPuOrGpuTenfold) {
  const std::vector ranks{place(0, {}, {0}, {0}),
                          place(1, {0}, {}, {0}),
                          place(2, {1}, {1}, {0}),
                          place(3, {2}, {2}, {1})};
  const Cost cost = cost_of(node, {}, for_ranks(4), ranks);
  EXPECT_EQ(cost.unserved, 0.5);
  EXPECT_GE(cost.binding(), 5);
}

TEST(Cost, CountsAGpuWithoutNicAsTheFarthestPath) {
  const std::vector ranks{place(0, {0, 1}, {0}, {}), place(1, {4, 5}, {2}, {1})};
  EXPECT_EQ(cost_of(node, {}, for_ranks(2), ranks).nic_weight, 4.5);
}

TEST(Cost, LetsTheGpusOfARankUseItsNicsAsIsBest) {
  // Two GPUs, two NICs: neither NIC serves more than its share although mlx5_0 is nearer to both.
  const std::vector ranks{place(0, {0, 1, 2, 3}, {0, 1}, {0, 1}),
                          place(1, {4, 5, 6, 7}, {2, 3}, {1})};
  const Cost cost = cost_of(node, {}, for_ranks(2), ranks);
  EXPECT_EQ(cost.nic_overload, 0);
  EXPECT_EQ(cost.nic_weight, 1);
  const std::vector crowded{place(0, {0}, {0, 1}, {0}), place(1, {1}, {2, 3}, {0})};
  EXPECT_EQ(cost_of(node, {}, for_ranks(2), crowded).nic_overload, 0.5);
  EXPECT_EQ(cost_of(node, {}, for_ranks(2), crowded).nic_weight, 4.5);
}

TEST(Violations, NamesEachOne) {
  Grant grant;
  grant.pus = CpuSet::range(0, 8);
  grant.gpus = {node.gpus[0].id, node.gpus[1].id};
  Wish wish = for_ranks(3);
  wish.kept_for_system = CpuSet{0};
  wish.without_gpus = {node.gpus[1].id};
  wish.without_nics = {"mlx5_1"};
  auto first = place(0, {0}, {0}, {0});
  auto second = place(1, {1}, {1}, {1});
  auto third = place(2, {1}, {}, {0});
  second.cores = {2};
  EXPECT_THAT(violations_of(node, grant, wish, {first, second, third}),
              ElementsAre("rank 0 has PUs outside the grant: 8",
                          "rank 0 has PUs that were to be left out: 0",
                          "rank 1 has PUs outside the grant: 9",
                          "rank 1 lists other cores than those of its PUs",
                          "rank 1 has GPU 1, which is not granted or left out",
                          "rank 1 has NIC 1, which is not usable",
                          "rank 2 has PUs outside the grant: 9",
                          "rank 2 has no GPU",
                          "rank 2 shares PUs with a rank before it: 1,9"));
  EXPECT_THAT(violations_of(node, grant, wish, {}), ElementsAre("0 of 3 ranks are placed"));
  const auto nothing = place(1, {}, {0}, {0});
  EXPECT_THAT(violations_of(node, {}, for_ranks(1), {nothing}),
              ElementsAre("rank 0 is not in its place", HasSubstr("has an empty mask")));
}

}  // namespace
}  // namespace holdfast::affinity
