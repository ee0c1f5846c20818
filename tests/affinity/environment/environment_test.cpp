// SPDX-License-Identifier: Apache-2.0
// The environment is judged by the rules of its receivers: NCCL's exact and node-wide list,
// visible-devices lists that only reorder and cut what is there, and the user's own variables,
// which stay.
#include "holdfast/affinity/environment.hpp"

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

/// Four GPUs, four NICs, four ranks, all in order; tests bend it.
struct Node {
  Topology topology;
  Plan plan;
  RankFacts facts;
  EnvironmentWish wish;
  Environment present;

  Node() {
    topology.packages.push_back({0, CpuSet::range(0, 16), ""});
    for (unsigned i = 0; i < 4; ++i) {
      for (unsigned core = 0; core < 4; ++core)
        topology.cores.push_back({CpuSet{i * 4 + core}, 0, std::nullopt, std::nullopt});
      Gpu gpu;
      gpu.id.at = {0, static_cast<std::uint8_t>(0x10 + i), 0, 0};
      gpu.vendor = Vendor::nvidia;
      topology.gpus.push_back(gpu);
      Nic nic;
      nic.name = "mlx5_" + std::to_string(i);
      nic.kind = NicKind::infiniband;
      nic.ports = {{1, PortState::active, 400}};
      topology.nics.push_back(nic);
      Placement place;
      place.rank = LocalRank(i);
      place.pus = CpuSet::range(i * 4, i * 4 + 4);
      for (unsigned core = 0; core < 4; ++core)
        place.cores.push_back(i * 4 + core);
      place.gpus = {i};
      place.nics = {i};
      place.why = "because";
      plan.ranks.push_back(place);
      plan.gpus.push_back(i);
      plan.granted_gpus.push_back(i);
      plan.rails.push_back(i);
    }
    facts.rank = GlobalRank(5);
    facts.local_rank = LocalRank(1);
    facts.world_size = 8;
    facts.local_size = 4;
    facts.node_rank = 1;
    facts.nodes = 2;
    facts.master_addr = "n1";
    facts.master_port = 12345;
  }

  /// The value the rank ends up with: set by us, else what was there.
  [[nodiscard]] std::string value(const std::string& name) const {
    for (const auto& edit : environment_for(topology, plan, facts, wish, present))
      if (edit.name == name && !edit.kept) return edit.value;
    const auto there = present.find(name);
    return there == present.end() ? "(unset)" : there->second;
  }
};

TEST(Environment, SaysWhereTheRankStands) {
  const Node node;
  EXPECT_EQ(node.value("RANK"), "5");
  EXPECT_EQ(node.value("LOCAL_RANK"), "1");
  EXPECT_EQ(node.value("WORLD_SIZE"), "8");
  EXPECT_EQ(node.value("LOCAL_WORLD_SIZE"), "4");
  EXPECT_EQ(node.value("NODE_RANK"), "1");
  EXPECT_EQ(node.value("GROUP_RANK"), "1");
  EXPECT_EQ(node.value("MASTER_ADDR"), "n1");
  EXPECT_EQ(node.value("MASTER_PORT"), "12345");
}

TEST(Environment, LeavesOutWhatNobodyKnows) {
  Node node;
  node.facts.master_addr.clear();
  node.facts.master_port.reset();
  EXPECT_EQ(node.value("MASTER_ADDR"), "(unset)");
  EXPECT_EQ(node.value("MASTER_PORT"), "(unset)");
}

TEST(Environment, KeepsWhatTheUserSetAndSaysSo) {
  Node node;
  node.present = {{"OMP_NUM_THREADS", "3"}, {"NCCL_IB_HCA", "mlx5_9"}, {"MASTER_PORT", "1"}};
  node.topology.nics[3].ports[0].state = PortState::down;
  node.plan.rails = {0, 1, 2};
  EXPECT_EQ(node.value("OMP_NUM_THREADS"), "3");
  EXPECT_EQ(node.value("NCCL_IB_HCA"), "mlx5_9");
  EXPECT_EQ(node.value("MASTER_PORT"), "1");
  bool told = false;
  for (const auto& edit :
       environment_for(node.topology, node.plan, node.facts, node.wish, node.present))
    told |= edit.name == "OMP_NUM_THREADS" && edit.kept && edit.value == "4";
  EXPECT_TRUE(told);
}

TEST(Environment, OverwritesWhatAnOuterHoldfastStepLeftBehind) {
  Node node;
  node.present = {{"RANK", "0"}, {"OMP_NUM_THREADS", "96"}, {"HOLDFAST_SET", "RANK,LOCAL_RANK"}};
  EXPECT_EQ(node.value("RANK"), "5");
  EXPECT_EQ(node.value("OMP_NUM_THREADS"), "96");
  EXPECT_EQ(node.value("HOLDFAST_SET").find("OMP_NUM_THREADS"), std::string::npos);
}

TEST(Environment, GivesALauncherOfSeveralGpusTheThreadsOfOneWorker) {
  Node node;
  node.plan.ranks.resize(1);
  node.facts.local_rank = LocalRank(0);
  node.plan.ranks[0].gpus = {0, 1, 2, 3};
  for (std::size_t core = 4; core < 16; ++core)
    node.plan.ranks[0].cores.push_back(core);
  EXPECT_EQ(node.value("OMP_NUM_THREADS"), "4");
  EXPECT_EQ(node.value("OMP_PROC_BIND"), "false");
}

TEST(Visibility, LeavesSlurmsListAloneByDefault) {
  Node node;
  node.present["CUDA_VISIBLE_DEVICES"] = "0,1,2,3";
  EXPECT_EQ(node.value("CUDA_VISIBLE_DEVICES"), "0,1,2,3");
  EXPECT_EQ(node.value("CUDA_DEVICE_ORDER"), "PCI_BUS_ID");
}

struct VisibleCase {
  const char* what;
  Visible visible;
  const char* present;
  const char* expected;
};

TEST(Visibility, ReordersOrCutsOnlyWhatIsThere) {
  const std::vector<VisibleCase> cases{
      {"own first by index", Visible::first, "0,1,2,3", "1,2,3,0"},
      {"own alone by index", Visible::only, "0,1,2,3", "1"},
      {"entries of a job that got the upper half", Visible::only, "4,5,6,7", "5"},
      {"UUIDs", Visible::first, "GPU-a,GPU-b,GPU-c,GPU-d", "GPU-b,GPU-c,GPU-d,GPU-a"},
      {"a list that does not fit the grant is not touched", Visible::only, "0,1", "0,1"},
  };
  for (const VisibleCase& c : cases) {
    Node node;
    node.wish.visible = c.visible;
    node.present["CUDA_VISIBLE_DEVICES"] = c.present;
    EXPECT_EQ(node.value("CUDA_VISIBLE_DEVICES"), c.expected) << c.what;
  }
  Node without_list;
  without_list.wish.visible = Visible::only;
  EXPECT_EQ(without_list.value("CUDA_VISIBLE_DEVICES"), "1");
}

TEST(Visibility, HidesASickGpuSoThatLocalRankSkipsIt) {
  Node node;
  node.plan.gpus = {0, 2, 3};
  node.plan.ranks.resize(3);
  node.plan.ranks[1].gpus = {2};
  node.present["CUDA_VISIBLE_DEVICES"] = "0,1,2,3";
  EXPECT_EQ(node.value("CUDA_VISIBLE_DEVICES"), "0,2,3");
  node.wish.visible = Visible::first;
  EXPECT_EQ(node.value("CUDA_VISIBLE_DEVICES"), "2,3,0");
}

TEST(Visibility, SpeaksToOneRuntimeOnly) {
  Node node;
  for (Gpu& gpu : node.topology.gpus)
    gpu.vendor = Vendor::amd;
  node.wish.visible = Visible::only;
  node.present = {{"ROCR_VISIBLE_DEVICES", "0,1,2,3"}, {"CUDA_VISIBLE_DEVICES", "0,1,2,3"}};
  EXPECT_EQ(node.value("ROCR_VISIBLE_DEVICES"), "1");
  EXPECT_EQ(node.value("CUDA_VISIBLE_DEVICES"), "0,1,2,3");
  EXPECT_EQ(node.value("CUDA_DEVICE_ORDER"), "(unset)");
}

TEST(Nccl, GetsNoListWhenItsOwnChoiceIsRight) { EXPECT_EQ(Node().value("NCCL_IB_HCA"), "(unset)"); }

TEST(Nccl, GetsOneExactListForTheWholeNode) {
  Node node;
  node.topology.nics[3].ports[0].state = PortState::down;
  node.plan.rails = {2, 0, 1};
  EXPECT_EQ(node.value("NCCL_IB_HCA"), "=mlx5_2:1,mlx5_0:1,mlx5_1:1");
  const std::string of_rank_1 = node.value("NCCL_IB_HCA");
  node.facts.local_rank = LocalRank(3);
  EXPECT_EQ(node.value("NCCL_IB_HCA"), of_rank_1);
}

TEST(Nccl, GetsNoListWithoutAGpuOrWithoutAVerbsRail) {
  Node cpu_only;
  cpu_only.plan.gpus.clear();
  cpu_only.plan.rails = {0};
  EXPECT_EQ(cpu_only.value("NCCL_IB_HCA"), "(unset)");
  Node slingshot;
  for (Nic& nic : slingshot.topology.nics)
    nic.kind = NicKind::slingshot;
  slingshot.plan.rails = {0};
  EXPECT_EQ(slingshot.value("NCCL_IB_HCA"), "(unset)");
}

TEST(RankNics, AreSetOnlyWhenAskedFor) {
  Node node;
  EXPECT_EQ(node.value("UCX_NET_DEVICES"), "(unset)");
  node.wish.rank_nics = true;
  EXPECT_EQ(node.value("UCX_NET_DEVICES"), "mlx5_1:1");
  EXPECT_EQ(node.value("OMP_PROC_BIND"), "spread");
  for (Nic& nic : node.topology.nics)
    nic.kind = NicKind::slingshot;
  EXPECT_EQ(node.value("FI_CXI_DEVICE_NAME"), "mlx5_1");
  EXPECT_EQ(node.value("UCX_NET_DEVICES"), "(unset)");
}

TEST(Nvshmem, CountsRanksPerNicInRankOrder) {
  Node node;
  node.wish.nvshmem = true;
  node.plan.ranks[1].nics = {0};
  EXPECT_EQ(node.value("NVSHMEM_HCA_PE_MAPPING"), "mlx5_0:1:2,mlx5_2:1:1,mlx5_3:1:1");
  EXPECT_EQ(node.value("NVSHMEM_ENABLE_NIC_PE_MAPPING"), "1");
}

TEST(Decided, IsToldInHoldfastVariables) {
  const Node node;
  EXPECT_EQ(node.value("HOLDFAST_CPUS"), "4-7");
  EXPECT_EQ(node.value("HOLDFAST_GPUS"), "0000:11:00.0");
  EXPECT_EQ(node.value("HOLDFAST_NICS"), "mlx5_1");
  EXPECT_EQ(node.value("HOLDFAST_WHY"), "because");
  EXPECT_NE(node.value("HOLDFAST_SET").find("LOCAL_RANK"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::affinity
