// SPDX-License-Identifier: Apache-2.0
// Public recordings of real machines, where a checkout has them (HOLDFAST_SHARED_DATA): GPUs and
// fabric NICs against a table made by hand, the CPU side against libhwloc. Skipped, saying so,
// where they are absent.
#include "holdfast/affinity/distance.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "hwloc_oracle.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

namespace fs = std::filesystem;

const fs::path recordings = fs::path(HOLDFAST_SHARED_DATA) / "topologies";

#define NEED_RECORDINGS()                                                          \
  if (!fs::exists(recordings))                                                     \
  GTEST_SKIP() << "NOT TESTED: no public recordings in " << recordings << "; set " \
               << "HOLDFAST_SHARED_DATA to a directory that has topologies/hwloc"

/// What a recording holds. `nearest` is the mean over GPUs of the lowest path_weight() to a fabric
/// NIC with a port that is not down, in hundredths, where it is known from elsewhere.
struct Expected {
  std::size_t gpus;
  std::size_t fabric_nics;
  std::optional<unsigned> nearest{};
};

// Differences to the shape column of the recordings' own list, which counted otherwise: a console
// graphics chip (ATI ES1000) is no GPU (24em64t, 96em64t); Cisco's usNIC is plain Ethernet
// (manyVFs).
const std::map<std::string, Expected>& table() {
  static const std::map<std::string, Expected> expected{
      {"hwloc/hwloc-16intel64-manyVFs.xml", {0, 0}},
      {"hwloc/hwloc-192em64t-24n8c2t.xml", {0, 1}},
      {"hwloc/hwloc-24em64t-2n6c2t-pci.xml", {3, 1}},
      {"hwloc/hwloc-64intel64-3g2n+2n-irregulargroups+pci.xml", {2, 0}},
      {"hwloc/hwloc-96em64t-4n4d3ca2co-pci.xml", {0, 0}},
      {"hwloc/hwloc-nvidiaDGX2.xml", {16, 0}},
      {"hwloc/hwloc-power8gpudistances.xml", {4, 0}},
      {"hwloc/hwloc-xml-parser-nvidia-gh-200.xml", {0, 0}},
      {"hwloc/mpibind-arm64-ulna-hwloc1.xml", {2, 4, 300}},
      {"hwloc/mpibind-cascade-lake-ap-snl-hwloc1.xml", {0, 0}},
      {"hwloc/mpibind-coral-ea-hwloc1.xml", {4, 2, 400}},
      {"hwloc/mpibind-coral-lassen-hwloc1.xml", {4, 4, 400}},
      {"hwloc/mpibind-coral-lassen.xml", {4, 4, 400}},
      {"hwloc/mpibind-cts1-pascal.xml", {2, 1}},
      {"hwloc/mpibind-cts1-quartz-smt1.xml", {0, 1}},
      {"hwloc/mpibind-eas-tioga.xml", {8, 4, 350}},
      {"hwloc/mpibind-epyc-corona-p2.xml", {8, 1}},
      {"hwloc/mpibind-epyc-corona.xml", {4, 1}},
      {"hwloc/mpibind-epyc-dual-sock-hwloc1.xml", {0, 1}},
      {"hwloc/mpibind-g4dnmetal.xml", {8, 1}},
      {"hwloc/mpibind-knl-snc4-flat-hwloc1.xml", {0, 1}},
      {"hwloc/openpmix-amd-gpus.xml", {1, 1}},
      {"hwloc/openpmix-drm-4gpu.xml", {4, 6, 500}},
      {"hwloc/openpmix-intel-4gpu.xml", {4, 0}},
      {"hwloc/openpmix-intel-flat-4gpu.xml", {8, 0}},
      {"hwloc/openpmix-nvml-4gpu.xml", {4, 6, 500}},
      {"hwloc/openpmix-opa-hfi.xml", {0, 1}},
      {"hwloc/openpmix-summit.xml", {6, 4, 400}},
      {"nccl/aws-p4d-24xl-topo.xml", {8, 4, 100}},
      {"nccl/aws-p4de-24xl-topo.xml", {8, 4, 100}},
      {"nccl/azure-ncv4-topo.xml", {4, 0}},
      {"nccl/azure-ndv2-topo.xml", {8, 1}},
      {"nccl/azure-ndv4-topo.xml", {8, 8, 100}},
      {"nccl/azure-ndv5-topo.xml", {8, 8, 100}},
      {"nccl/oci-H100-topology-kubernetes.xml", {8, 8, 100}},
      {"nccl/oci-H100-topology.xml", {8, 8, 100}},
      {"nccl/oci-topo-flattened-b4.xml", {8, 8, 100}},
      {"nccl/oci-topo-flattened.xml", {8, 8, 100}},
      {"synthetic/dgx-a100-nps4-cpuset-numa0-1.xml", {8, 10, 100}},
      {"synthetic/dgx-a100-nps4.xml", {8, 10, 100}},
      {"synthetic/hgx-h100-7gpu-nic-down.xml", {7, 8, 143}},
      {"synthetic/hgx-h100-reversed-nics.xml", {8, 9, 100}},
      {"synthetic/mi300x-8gpu.xml", {8, 8, 100}},
      {"synthetic/pcie-4gpu-one-socket.xml", {4, 1}},
      {"synthetic/quad-gh200-gpunuma.xml", {4, 4, 400}},
      {"synthetic/quad-gh200.xml", {4, 4, 400}},
      {"synthetic/sparse-3gpu-8numa.xml", {3, 1}},
      {"synthetic/topology-2numa-8gpu-4nic.xml", {0, 0}},
      {"synthetic/vm-8gpu-no-locality.xml", {8, 8, 400}},
  };
  return expected;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_fabric(const Nic& nic) { return nic.kind != NicKind::ethernet; }

unsigned nearest_in_hundredths(const Topology& topology) {
  unsigned sum = 0;
  for (const Gpu& gpu : topology.gpus) {
    unsigned best = 1000;
    for (const Nic& nic : topology.nics)
      if (is_fabric(nic) && std::ranges::any_of(nic.ports, [](const NicPort& port) {
            return port.state != PortState::down;
          }))
        best = std::min(best, path_weight(topology, gpu, nic));
    sum += best * 1000;
  }
  return static_cast<unsigned>((sum / topology.gpus.size() + 5) / 10);
}

TEST(Recorded, HasTheGpusAndNicsOfTheTable) {
  NEED_RECORDINGS();
  for (const auto& [name, expected] : table()) {
    const auto topology = read_topology_file(recordings / name);
    ASSERT_TRUE(topology) << topology.error().sentence();
    EXPECT_EQ(topology->gpus.size(), expected.gpus) << name;
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count_if(topology->nics, is_fabric)),
              expected.fabric_nics)
        << name;
    if (!expected.nearest) continue;
    EXPECT_EQ(nearest_in_hundredths(*topology), *expected.nearest) << name;
  }
}

TEST(Recorded, LeavesNoFileOut) {
  NEED_RECORDINGS();
  const std::set<std::string> refused{"nccl/aws-g5.48xl-topo.xml", "nccl/azure-ncv4-graph.xml"};
  for (const auto& entry : fs::recursive_directory_iterator(recordings)) {
    const std::string name = fs::relative(entry.path(), recordings).string();
    if (!entry.is_regular_file()) continue;
    EXPECT_TRUE(table().contains(name) || refused.contains(name)) << name << " is in no table";
  }
}

TEST(Recorded, HasTheCpusLibhwlocReads) {
  NEED_RECORDINGS();
  unsigned compared = 0;
  for (const auto& [name, expected] : table()) {
    const auto by_hwloc = holdfast::testing::shape_by_hwloc(text_of(recordings / name));
    if (!by_hwloc) {
      EXPECT_TRUE(name.starts_with("nccl/")) << name;
      continue;
    }
    ++compared;
    EXPECT_EQ(holdfast::testing::shape_of(*read_topology_file(recordings / name)), *by_hwloc)
        << name;
  }
  EXPECT_EQ(compared, 39U);
}

TEST(Recorded, SurvivesJson) {
  NEED_RECORDINGS();
  for (const auto& [name, expected] : table()) {
    const auto before = read_topology_file(recordings / name);
    ASSERT_TRUE(before);
    auto after = parse_topology(to_json(*before), name);
    ASSERT_TRUE(after) << after.error().sentence();
    after->origin = before->origin;
    EXPECT_EQ(*after, *before) << name;
  }
}

TEST(Recorded, RefusesWhatIsNoMachine) {
  NEED_RECORDINGS();
  const auto graph = read_topology_file(recordings / "nccl/azure-ncv4-graph.xml");
  ASSERT_FALSE(graph);
  EXPECT_NE(graph.error().what.find("graph file"), std::string::npos) << graph.error().what;
  const auto bare = read_topology_file(recordings / "nccl/aws-g5.48xl-topo.xml");
  ASSERT_FALSE(bare);
  EXPECT_NE(bare.error().what.find("without affinity"), std::string::npos) << bare.error().what;
}

TEST(Recorded, TakesTheRuntimesOrderNotThePciOrder) {
  NEED_RECORDINGS();
  const auto corona = read_topology_file(recordings / "hwloc/mpibind-epyc-corona-p2.xml");
  ASSERT_TRUE(corona);
  EXPECT_EQ(to_text(corona->gpus[0].id), "0000:63:00.0") << "rsmi0";
  EXPECT_EQ(to_text(corona->gpus[2].id), "0000:03:00.0") << "rsmi2";
  const auto b4 = read_topology_file(recordings / "nccl/oci-topo-flattened-b4.xml");
  ASSERT_TRUE(b4);
  EXPECT_EQ(b4->pus().size(), 124U) << "the mask of 7 digits is read as written";
}

}  // namespace
}  // namespace holdfast::affinity
