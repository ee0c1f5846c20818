// SPDX-License-Identifier: Apache-2.0
#include "holdfast/affinity/distance.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using ::testing::ElementsAre;

Topology read(const std::string& xml) {
  auto topology = parse_topology(xml, "test");
  EXPECT_TRUE(topology) << topology.error().sentence();
  return topology ? *topology : Topology{};
}

constexpr const char* two_nodes = R"(<!-- a cloud's comment --><system version="1">
  <cpu numaid="1" affinity="00000000,0000ff00" vendor="AuthenticAMD">
    <pci busid="ffff:ff:02.0" class="0x060400">
      <pci busid="0002:00:00.0" class="0x030200"><gpu dev="0" sm="80"/></pci>
      <pci busid="0102:00:00.0" class="0x020700">
        <nic><net name="mlx5_2" dev="0" speed="200000" port="1" guid="0x1"/>
             <net name="mlx5_3" dev="1" speed="200000" port="2" guid="0x1"/></nic>
      </pci>
    </pci>
  </cpu>
  <cpu numaid="0" affinity="00000000,000000ff" vendor="AuthenticAMD">
    <pci busid="0001:00:00.0" class="0x030200" vendor="0x10de"><gpu dev="1" sm="80"/></pci>
    <nic><net name="eth0" dev="0" speed="100000" port="0"/></nic>
  </cpu>
</system>)";

TEST(NcclXml, KnowsNodesSwitchesGpusAndNics) {
  const Topology topology = read(two_nodes);
  EXPECT_EQ(topology.packages.size(), 2U) << "one per <cpu>: the file does not tell sockets";
  ASSERT_EQ(topology.cores.size(), 16U) << "one per PU: the file does not tell siblings";
  EXPECT_EQ(topology.cores.front().numa, NumaNode{1});
  ASSERT_EQ(topology.gpus.size(), 2U);
  EXPECT_EQ(to_text(topology.gpus[0].id), "0002:00:00.0") << "in the order of dev";
  EXPECT_EQ(topology.gpus[0].near.numa, NumaNode{1});
  EXPECT_EQ(to_list(topology.gpus[0].near.pus), "8-15");
}

TEST(NcclXml, MakesPortsOfSeveralNetsOnOneFunction) {
  const Topology topology = read(two_nodes);
  ASSERT_EQ(topology.nics.size(), 2U);
  const Nic& nic = topology.nics[0];
  EXPECT_EQ(nic.name, "mlx5_2");
  EXPECT_EQ(nic.kind, NicKind::infiniband);
  EXPECT_THAT(
      nic.ports,
      ElementsAre(NicPort{1, PortState::unknown, 200}, NicPort{2, PortState::unknown, 200}));
  EXPECT_EQ(path_between(topology, topology.gpus[0], nic), PciPath::pix);
  EXPECT_EQ(path_between(topology, topology.gpus[1], nic), PciPath::sys);
}

TEST(NcclXml, KeepsASocketInterfaceThatHasNoFunction) {
  const Topology topology = read(two_nodes);
  EXPECT_EQ(topology.nics[1].name, "eth0");
  EXPECT_EQ(topology.nics[1].kind, NicKind::ethernet);
  EXPECT_FALSE(topology.nics[1].at);
}

TEST(NcclXml, CallsANamelessNicByItsAddress) {
  const Topology topology = read(
      R"(<system version="1"><cpu numaid="0" affinity="ff">
      <pci busid="0000:10:1b.0" class="0x020000" vendor="0x1d0f" device="0xefa0"/>
      <pci busid="0000:0c:00.0" class="0x020000"/></cpu></system>)");
  ASSERT_EQ(topology.nics.size(), 2U);
  EXPECT_EQ(topology.nics[0].name, "0000:0c:00.0");
  EXPECT_EQ(topology.nics[0].kind, NicKind::roce) << "NCCL lists it, so it speaks verbs";
  EXPECT_EQ(topology.nics[1].kind, NicKind::efa);
}

TEST(NcclXml, KnowsNoLocalityWhereTheFileKnowsNone) {
  const Topology topology = read(
      R"(<system version="1"><cpu numaid="-1" affinity="f">
      <pci busid="0001:00:00.0" class="0x030200"/></cpu></system>)");
  EXPECT_EQ(topology.gpus.at(0).near, Locality{});
  EXPECT_TRUE(topology.memory.empty());
  EXPECT_EQ(topology.cores.size(), 4U);
}

TEST(NcclXml, ReadsAMaskWithAMissingDigitAsWritten) {
  const Topology topology =
      read(R"(<system version="1"><cpu numaid="7" affinity="fff0000,00000000"/></system>)");
  EXPECT_EQ(to_list(topology.pus()), "48-59") << "12 PUs, and the file is not refused";
}

TEST(NcclXml, GivesAnOverlappingPuToTheFirstNode) {
  const Topology topology = read(
      R"(<system version="1"><cpu numaid="0" affinity="0f"/><cpu numaid="1" affinity="ff"/></system>)");
  EXPECT_EQ(to_list(topology.packages.at(0).pus), "0-3");
  EXPECT_EQ(to_list(topology.packages.at(1).pus), "4-7");
}

TEST(NcclXml, NumbersAmdGpusByDev) {
  const Topology topology = read(
      R"(<system version="2"><cpu numaid="0" affinity="ff">
      <pci busid="0000:0a:00.0" class="0x038000" vendor="0x1002"><gpu dev="2" gcn="942"/></pci>
      <pci busid="0000:4a:00.0" class="0x038000" vendor="0x1002"><gpu dev="0" gcn="942"/></pci>
      <pci busid="0000:1a:00.0" class="0x038000" vendor="0x1002"><gpu dev="1" gcn="942"/></pci>
      </cpu></system>)");
  ASSERT_EQ(topology.gpus.size(), 3U);
  EXPECT_EQ(to_text(topology.gpus[0].id), "0000:4a:00.0");
  EXPECT_EQ(to_text(topology.gpus[2].id), "0000:0a:00.0");
  EXPECT_EQ(topology.gpus[0].vendor, Vendor::amd);
}

TEST(NcclXml, RefusesGraphsAndFilesWithoutCpus) {
  const auto graph = parse_topology(R"(<graphs version="1"><graph id="0"/></graphs>)", "g.xml");
  ASSERT_FALSE(graph);
  EXPECT_NE(graph.error().sentence().find("NCCL_TOPO_DUMP_FILE"), std::string::npos);
  const auto bare = parse_topology(
      R"(<system version="1"><cpu numaid="0"><pci busid="0000:00:16.0"/></cpu></system>)", "b.xml");
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().kind, FailureKind::unsupported);
}

}  // namespace
}  // namespace holdfast::affinity
