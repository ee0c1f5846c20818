// SPDX-License-Identifier: Apache-2.0
// NCCL_TOPO_FILE on a machine that is known otherwise.
#include "holdfast/affinity/distance.hpp"
#include "holdfast/affinity/read.hpp"
#include "support/fake_sysfs.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using holdfast::testing::FakeSysfs;

constexpr std::string_view users_file = R"(<system version="1">
  <cpu numaid="1">
    <pci busid="ffff:ff:02.0" class="0x060400">
      <pci busid="0002:00:00.0" class="0x030200"/>
      <pci busid="0102:00:00.0" class="0x020700"/>
    </pci>
  </cpu>
</system>)";

/// Bare metal, as the kernel knows it, for a file that has its own ideas.
Topology known(FakeSysfs& sysfs) {
  sysfs.cpus({2, 4, 1});
  sysfs.function({"pci0002:00/0002:00:00.0", "0x030200", "10de:20b0", 0});
  sysfs.function({"pci0003:00/0003:01:00.0/0003:02:00.0", "0x030200", "10de:20b0", 0});
  sysfs.function({"pci0102:00/0102:00:00.0", "0x020700", "15b3:101c", 0});
  sysfs.verbs("mlx5_0", "pci0102:00/0102:00:00.0");
  sysfs.file("own.xml", users_file);
  const auto topology = read_machine({sysfs.root(), {}});
  EXPECT_TRUE(topology) << topology.error().sentence();
  return topology ? *topology : Topology{};
}

TEST(NcclLocality, OfAUsersFileWinsOverTheKernel) {
  FakeSysfs sysfs;
  Topology topology = known(sysfs);
  const auto placed = add_nccl_locality(sysfs.root() / "own.xml", topology);
  ASSERT_TRUE(placed) << placed.error().sentence();
  EXPECT_EQ(*placed, 2U);
  EXPECT_EQ(topology.gpus[0].near, (Locality{NumaNode{1}, CpuSet{4, 5, 6, 7}}));
  EXPECT_EQ(path_between(topology, topology.gpus[0], topology.nics[0]), PciPath::pix);
}

TEST(NcclLocality, LeavesWhatTheFileDoesNotName) {
  FakeSysfs sysfs;
  Topology topology = known(sysfs);
  const Topology before = topology;
  ASSERT_TRUE(add_nccl_locality(sysfs.root() / "own.xml", topology));
  EXPECT_EQ(topology.gpus[1].near, before.gpus[1].near);
  ASSERT_TRUE(topology.gpus[1].behind);
  EXPECT_EQ(topology.bridges[*topology.gpus[1].behind].name, "0003:01:00.0");
  EXPECT_FALSE(inconsistency(topology));
  for (const PciBridge& bridge : topology.bridges)
    EXPECT_NE(bridge.name, "host 0") << "the host bridge that no device is behind any more";
}

TEST(NcclLocality, AddsNothingTheSecondTime) {
  FakeSysfs sysfs;
  Topology topology = known(sysfs);
  ASSERT_TRUE(add_nccl_locality(sysfs.root() / "own.xml", topology));
  const Topology once = topology;
  ASSERT_TRUE(add_nccl_locality(sysfs.root() / "own.xml", topology));
  EXPECT_EQ(topology, once);
}

TEST(NcclLocality, OfAFileThatIsNoneIsOneSentenceAndChangesNothing) {
  FakeSysfs sysfs;
  Topology topology = known(sysfs);
  const Topology before = topology;
  sysfs.file("torn.xml", users_file.substr(0, 200));
  sysfs.file("graph.xml", "<graphs/>");
  ASSERT_EQ(::mkfifo((sysfs.root() / "pipe.xml").c_str(), 0600), 0);
  for (const char* name : {"torn.xml", "graph.xml", "pipe.xml", "absent.xml"}) {
    const auto placed = add_nccl_locality(sysfs.root() / name, topology);
    ASSERT_FALSE(placed) << name;
    EXPECT_NE(placed.error().sentence().find(name), std::string::npos);
    EXPECT_EQ(placed.error().sentence().find('\n'), std::string::npos);
    EXPECT_EQ(topology, before);
  }
}

}  // namespace
}  // namespace holdfast::affinity
