// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/grant.hpp"

#include <gtest/gtest.h>

namespace holdfast::step {
namespace {

using affinity::Environment;
using affinity::GpuId;

/// Four cores of two PUs, four GPUs; minors run against PCI order, as they may.
affinity::Topology node() {
  affinity::Topology topology;
  topology.packages.push_back({0, CpuSet::range(0, 8), ""});
  for (unsigned i = 0; i < 4; ++i) {
    topology.cores.push_back({CpuSet{i, i + 4}, 0, std::nullopt, std::nullopt});
    affinity::Gpu gpu;
    gpu.id.at = {0, static_cast<std::uint8_t>(0x10 + i), 0, 0};
    gpu.minor = 3 - i;
    gpu.uuid = "GPU-" + std::to_string(i) + "abc";
    topology.gpus.push_back(gpu);
  }
  return topology;
}

std::vector<GpuId> gpus(std::initializer_list<unsigned> numbers) {
  std::vector<GpuId> ids;
  for (const unsigned number : numbers)
    ids.push_back(node().gpus[number].id);
  return ids;
}

TEST(Grant, TakesStepGpusAsDeviceMinors) {
  const auto read =
      grant_of(node(), {{"SLURM_STEP_GPUS", "0,1"}, {"SLURM_JOB_GPUS", "0-3"}}, {.in_step = true});
  EXPECT_EQ(read.grant.gpus, gpus({2, 3}));
  EXPECT_TRUE(read.notes.empty());
}

TEST(Grant, TakesStepGpusAsPlacesWhereMinorsAreUnknown) {
  auto topology = node();
  for (auto& gpu : topology.gpus)
    gpu.minor.reset();
  const auto read = grant_of(topology, {{"SLURM_STEP_GPUS", "0,1"}}, {.in_step = true});
  EXPECT_EQ(read.grant.gpus, gpus({0, 1}));
}

TEST(Grant, GivesAStepThatAskedForNoGpuNone) {
  const auto read = grant_of(node(), {}, {.in_step = true});
  ASSERT_TRUE(read.grant.gpus);
  EXPECT_TRUE(read.grant.gpus->empty());
  EXPECT_FALSE(grant_of(node(), {}, {.in_step = true, .gpus_without_gres = true}).grant.gpus);
  EXPECT_FALSE(grant_of(node(), {}, {}).grant.gpus);
}

TEST(Grant, ReadsAVisibleDevicesListOutsideSlurm) {
  EXPECT_EQ(grant_of(node(), {{"CUDA_VISIBLE_DEVICES", "2,0"}}, {}).grant.gpus, gpus({2, 0}));
  EXPECT_EQ(grant_of(node(), {{"CUDA_VISIBLE_DEVICES", "GPU-1a"}}, {}).grant.gpus, gpus({1}));
  EXPECT_EQ(grant_of(node(), {{"CUDA_VISIBLE_DEVICES", ""}}, {}).grant.gpus, gpus({}));
}

TEST(Grant, SaysWhenSlurmAndMachineDisagree) {
  const auto read = grant_of(
      node(), {{"SLURM_STEP_GPUS", "0,7"}}, {.cores = std::vector<unsigned>{9}, .in_step = true});
  EXPECT_FALSE(read.grant.gpus);
  EXPECT_EQ(read.grant.pus, CpuSet::range(0, 8));
  EXPECT_EQ(read.notes.size(), 2U);
}

TEST(Grant, CutsTheStepsCoresToWhatTheKernelAllows) {
  const auto read =
      grant_of(node(), {}, {.allowed = CpuSet{0, 1, 4}, .cores = std::vector<unsigned>{0, 3}});
  EXPECT_EQ(read.grant.pus, CpuSet({0, 4}));
}

TEST(Grant, BelievesSlurmWhenTheDaemonsMaskIsAnotherJobs) {
  const auto read = grant_of(node(), {}, {.allowed = CpuSet{1}, .cores = std::vector<unsigned>{3}});
  EXPECT_EQ(read.grant.pus, CpuSet({3, 7}));
}

TEST(Grant, NoticesThatSlurmNarrowedEveryRankToItsOwnGpu) {
  EXPECT_TRUE(
      grant_of(node(), {{"SLURMD_TRES_BIND", "gpu:per_task:1"}}, {.in_step = true}).narrowed);
  EXPECT_FALSE(
      grant_of(node(), {{"SLURM_TRES_BIND", "gres/gpu:none"}}, {.in_step = true}).narrowed);
}

TEST(Grant, LeavesOutAGpuThatCannotBeOpened) {
  const auto read =
      grant_of(node(), {{"SLURM_STEP_GPUS", "0-2"}}, {.in_step = true, .closed = gpus({0, 2})});
  EXPECT_EQ(read.grant.gpus, gpus({1, 3}));
  ASSERT_EQ(read.notes.size(), 1U);
  EXPECT_EQ(read.notes[0], "GPU 0000:12:00.0 is granted but cannot be opened; left out");
  const auto whole = grant_of(node(), {}, {.closed = gpus({3})});
  EXPECT_EQ(whole.grant.gpus, gpus({0, 1, 2})) << "all are granted where nobody says otherwise";
}

TEST(Grant, TakesNoGpuInBecauseItCanBeOpened) {
  const auto read =
      grant_of(node(), {{"SLURM_STEP_GPUS", "0"}}, {.in_step = true, .closed = gpus({0})});
  EXPECT_EQ(read.grant.gpus, gpus({3}));
  EXPECT_TRUE(read.notes.empty());
}

TEST(Grant, StaysAsItIsWhereNoGpuOfItCanBeOpened) {
  const auto read =
      grant_of(node(), {{"SLURM_STEP_GPUS", "2,3"}}, {.in_step = true, .closed = gpus({0, 1})});
  EXPECT_EQ(read.grant.gpus, gpus({0, 1}));
  ASSERT_EQ(read.notes.size(), 1U);
  EXPECT_NE(read.notes[0].find("no granted GPU can be opened"), std::string::npos);
}

TEST(Grant, IsNotJudgedByOneRankWhereSlurmGaveEachItsOwnGpu) {
  const auto read = grant_of(node(),
                             {{"SLURM_STEP_GPUS", "0-3"}, {"SLURM_GPUS_PER_TASK", "1"}},
                             {.in_step = true, .closed = gpus({1, 2, 3})});
  EXPECT_EQ(read.grant.gpus, gpus({0, 1, 2, 3})) << "else every rank would plan another node";
}

TEST(CpusBoundBySlurm, AreTheUnionOfAllTasksMasks) {
  EXPECT_EQ(cpus_bound_by_slurm(
                {{"SLURM_CPU_BIND_TYPE", "mask_cpu:"}, {"SLURM_CPU_BIND_LIST", "0x1,0x2"}}),
            CpuSet({0, 1}));
  EXPECT_EQ(cpus_bound_by_slurm({{"SLURM_CPU_BIND_TYPE", "mask_cpu:"},
                                 {"SLURM_CPU_BIND_LIST", "0x100000000000000001"}}),
            CpuSet({0, 68}));
  EXPECT_EQ(
      cpus_bound_by_slurm({{"SLURM_CPU_BIND_TYPE", "map_cpu:"}, {"SLURM_CPU_BIND_LIST", "0,1"}}),
      std::nullopt);
  EXPECT_EQ(cpus_bound_by_slurm({}), std::nullopt);
}

}  // namespace
}  // namespace holdfast::step
