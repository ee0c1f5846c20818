// SPDX-License-Identifier: Apache-2.0
// Grants, wishes and devices at their edges.
#include "holdfast/affinity/plan.hpp"

#include "plan_text.hpp"
#include "small_node.hpp"
#include "support/machines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::plan_text;
using testing::rails_text;
using testing::small_node;

Wish for_ranks(unsigned ranks, Mode mode = Mode::full) {
  Wish wish;
  wish.local_ranks = ranks;
  wish.mode = mode;
  return wish;
}

TEST(Plan, RefusesNoRankAndTooManyRanks) {
  EXPECT_THAT(plan(small_node(), {}, for_ranks(0)).error().sentence(), HasSubstr("0 ranks"));
  EXPECT_THAT(plan(small_node(), {}, for_ranks(max_local_ranks + 1)).error().sentence(),
              HasSubstr("ask for 1 to 4096"));
  EXPECT_TRUE(plan(small_node(), {}, for_ranks(max_local_ranks)));
}

TEST(Plan, RefusesAGrantWithoutAnyPuOfTheNode) {
  Grant grant;
  grant.pus = CpuSet::range(100, 120);
  const auto made = plan(small_node(), grant, for_ranks(1));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, "none of the granted PUs is on this node");
}

TEST(Plan, NotesGrantedPusTheNodeHasNot) {
  Grant grant;
  grant.pus = CpuSet{0, 1, 99};
  const auto made = plan(small_node(), grant, for_ranks(1));
  ASSERT_TRUE(made);
  EXPECT_THAT(made->notes, Contains("PU 99 is granted but not on this node"));
  EXPECT_EQ(made->ranks[0].pus, (CpuSet{0, 1}));
}

TEST(Plan, RefusesAGrantedGpuTheNodeHasNotAndNamesIt) {
  Grant grant;
  grant.gpus = {GpuId{{0, 0x99, 0, 0}, std::nullopt}};
  const auto made = plan(small_node(), grant, for_ranks(1));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, FailureKind::not_found);
  EXPECT_THAT(made.error().what, HasSubstr("GPU 0000:99:00.0"));
}

TEST(Plan, KeepsTheRuntimesOrderWhateverOrderTheGrantHas) {
  const Topology node = small_node();
  Grant grant;
  grant.gpus = {node.gpus[3].id, node.gpus[1].id};
  const auto made = plan(node, grant, for_ranks(2));
  ASSERT_TRUE(made);
  EXPECT_THAT(made->gpus, ElementsAre(1U, 3U));
  EXPECT_EQ(plan_text(node, *made),
            "gpu 1: 4 cores of numa 0; mlx5_0; memory 0\n"
            "gpu 3: 4 cores of numa 1; mlx5_1; memory 1\n");
}

TEST(Plan, TakesAWholeGpuForAllOfItsPartitions) {
  const Topology node = testing::machine("mig-2gpu");
  Grant grant;
  grant.gpus = {GpuId{node.gpus.front().id.at, std::nullopt}};
  const auto made = plan(node, grant, for_ranks(1));
  ASSERT_TRUE(made);
  EXPECT_GE(made->gpus.size(), 2U);
  for (const std::size_t gpu : made->gpus)
    EXPECT_EQ(node.gpus[gpu].id.at, node.gpus.front().id.at);
}

TEST(Plan, PlacesCpusOnlyWhenEveryGpuIsLeftOutAndSaysSo) {
  const Topology node = small_node();
  Wish wish = for_ranks(2);
  for (const Gpu& gpu : node.gpus)
    wish.without_gpus.push_back(gpu.id);
  const auto made = plan(node, {}, wish);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->notes, Contains("every granted GPU is left out: this plan places CPUs only"));
  EXPECT_EQ(made->granted_gpus.size(), 4U);
  EXPECT_EQ(plan_text(node, *made),
            "no gpu: 4 cores of numa 0; mlx5_0; memory 0\n"
            "no gpu: 4 cores of numa 1; mlx5_1; memory 1\n");
  EXPECT_THAT(made->ranks[0].why, HasSubstr("no GPU is left"));
}

TEST(Plan, KeepsPusForTheSystemUnlessNothingElseRemains) {
  Wish wish = for_ranks(1);
  wish.kept_for_system = CpuSet{0, 8};
  const auto made = plan(small_node(), {}, wish);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->ranks[0].pus.intersects(CpuSet{0, 8}));
  EXPECT_THAT(made->notes, Contains("PUs 0,8 are left out: kept for the system"));
  Grant grant;
  grant.pus = CpuSet{0, 8};
  const auto forced = plan(small_node(), grant, wish);
  ASSERT_TRUE(forced);
  EXPECT_EQ(forced->ranks[0].pus, (CpuSet{0, 8}));
  EXPECT_THAT(forced->notes,
              Contains("PUs 0,8 are kept for the system but used: nothing else is granted"));
}

TEST(Plan, TakesTheFirstThreadsOfEachCore) {
  Wish wish = for_ranks(4);
  wish.threads_per_core = 1;
  Grant grant;
  grant.pus = CpuSet::range(1, 16);  // of core 0 only the second thread is granted
  const auto made = plan(small_node(), grant, wish);
  ASSERT_TRUE(made);
  CpuSet all;
  for (const Placement& rank : made->ranks)
    all |= rank.pus;
  EXPECT_EQ(to_list(all), "1-8");
}

TEST(Plan, SharesCoresByThreadsWhereThereAreMoreRanksThanCores) {
  const auto made = plan(small_node(), {}, for_ranks(16));
  ASSERT_TRUE(made);
  CpuSet all;
  for (const Placement& rank : made->ranks) {
    EXPECT_EQ(rank.pus.size(), 1U);
    all |= rank.pus;
  }
  EXPECT_EQ(all.size(), 16U);
  EXPECT_THAT(made->ranks[0].why, HasSubstr("GPU shared with ranks 1-3"));
}

TEST(Plan, UsesAGpuNoneOfWhoseCoresAreGranted) {
  Grant grant;
  grant.pus = CpuSet::range(0, 4);
  const auto made = plan(small_node(), grant, for_ranks(4, Mode::local));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->ranks[3].gpus, std::vector<std::size_t>{3});
  EXPECT_THAT(made->ranks[3].why, HasSubstr("none of its own cores is left, 1 in another package"));
}

TEST(Plan, GroupsNeighbouringGpusInRankOrder) {
  const Topology node = testing::machine("hgx-h100");
  const auto three = plan(node, {}, for_ranks(3));
  ASSERT_TRUE(three);
  EXPECT_THAT(three->ranks[0].gpus, ElementsAre(0U, 1U));
  EXPECT_THAT(three->ranks[2].gpus, ElementsAre(4U, 5U, 6U, 7U));
  const auto five = plan(node, {}, for_ranks(5));
  ASSERT_TRUE(five);
  std::vector<std::size_t> sizes;
  for (const Placement& rank : five->ranks)
    sizes.push_back(rank.gpus.size());
  EXPECT_THAT(sizes, ElementsAre(2U, 2U, 2U, 1U, 1U));
}

TEST(UsableNics, ChoosesOneFabricAndNamesTheRest) {
  Topology node = small_node();
  node.nics[0].kind = NicKind::roce;
  Nic down = node.nics[1];
  down.name = "mlx5_9";
  down.at->device = 1;
  down.ports = {{1, PortState::down, 400}, {2, PortState::down, 400}};
  node.nics.push_back(down);
  std::vector<std::string> notes;
  EXPECT_THAT(usable_nics(node, {}, notes), ElementsAre(1U));
  EXPECT_THAT(notes,
              ElementsAre("mlx5_9 left out: all its ports are down",
                          "mlx5_0 left out: RoCE on a node that has InfiniBand"));
}

TEST(UsableNics, KeepsSlowOnesAndUnknownPorts) {
  Topology node = small_node();
  node.nics[1].ports = {{1, PortState::unknown, 100}};
  std::vector<std::string> notes;
  EXPECT_THAT(usable_nics(node, {}, notes), ElementsAre(0U, 1U));
  EXPECT_THAT(notes, ElementsAre("mlx5_1 kept although its link runs at 100 of 400 Gbit/s"));
}

TEST(UsableNics, LeavesOutByEitherName) {
  Topology node = small_node();
  node.nics[0].netdev = "ib0";
  std::vector<std::string> notes;
  EXPECT_THAT(usable_nics(node, {"ib0", "mlx5_1"}, notes), IsEmpty());
  EXPECT_THAT(notes, ElementsAre("mlx5_0 left out as asked", "mlx5_1 left out as asked"));
}

TEST(Plan, GivesTheTwoGpusOfASwitchItsTwoNicsInOrder) {
  Topology node = small_node();
  for (const std::size_t twin : {0U, 1U}) {
    Nic nic = node.nics[twin];
    nic.name += "_twin";
    nic.at->function = 1;
    node.nics.push_back(nic);
  }
  normalize(node);
  const auto made = plan(node, {}, for_ranks(4));
  ASSERT_TRUE(made);
  EXPECT_EQ(rails_text(node, *made), "mlx5_0 mlx5_0_twin mlx5_1 mlx5_1_twin");
  EXPECT_EQ(node.nics[made->ranks[1].nics.front()].name, "mlx5_0_twin");
}

TEST(Plan, PrefersTheFasterOfTwoNicsThatAreAsNear) {
  Topology node = small_node();
  Nic fast = node.nics[0];
  fast.name = "fast";
  fast.at->function = 1;
  fast.ports.front().gigabits = 800;
  node.nics.push_back(fast);
  Grant grant;
  grant.gpus = {node.gpus[0].id};
  const auto made = plan(node, grant, for_ranks(1));
  ASSERT_TRUE(made);
  EXPECT_EQ(node.nics[made->ranks[0].nics.front()].name, "fast");
}

}  // namespace
}  // namespace holdfast::affinity
