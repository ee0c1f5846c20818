// SPDX-License-Identifier: Apache-2.0
// hwloc's XML, one oddity at a time.
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using ::testing::ElementsAre;

/// A machine of version 2: two packages of two PUs (with `inside` in the first), and `below` under
/// the machine itself.
std::string version2(std::string_view inside, std::string_view below = {}) {
  return cat(
      R"(<?xml version="1.0"?><!DOCTYPE topology SYSTEM "hwloc2.dtd"><topology version="2.0">)",
      R"(<object type="Machine" os_index="0" cpuset="0xf" allowed_cpuset="0xf" nodeset="0x3">)",
      R"(<object type="Package" os_index="0" cpuset="0x3" nodeset="0x1">)",
      R"(<object type="NUMANode" os_index="0" cpuset="0x3" nodeset="0x1"/>)",
      R"(<object type="Core" cpuset="0x1"><object type="PU" os_index="0"/></object>)",
      R"(<object type="Core" cpuset="0x2"><object type="PU" os_index="1"/></object>)",
      inside,
      R"(</object><object type="Package" os_index="1" cpuset="0xc" nodeset="0x2">)",
      R"(<object type="NUMANode" os_index="1" cpuset="0xc" nodeset="0x2"/>)",
      R"(<object type="Core" cpuset="0x4"><object type="PU" os_index="2"/></object>)",
      R"(<object type="Core" cpuset="0x8"><object type="PU" os_index="3"/></object>)",
      "</object>",
      below,
      "</object></topology>");
}

std::string function(std::string_view at, std::string_view type, std::string_view devices = {}) {
  return cat(R"(<object type="PCIDev" pci_busid=")",
             at,
             R"(" pci_type=")",
             type,
             R"( [0000:0000] 00">)",
             devices,
             "</object>");
}

std::string os_device(std::string_view name, unsigned type, std::string_view infos = {}) {
  return cat(
      R"(<object type="OSDev" name=")", name, R"(" osdev_type=")", type, "\">", infos, "</object>");
}

std::string info(std::string_view name, std::string_view value) {
  return cat(R"(<info name=")", name, R"(" value=")", value, "\"/>");
}

Topology read(const std::string& xml) {
  auto topology = parse_topology(xml, "test");
  EXPECT_TRUE(topology) << topology.error().sentence();
  return topology ? *topology : Topology{};
}

TEST(HwlocXml, NeverTakesADrmNodeForAGpu) {
  const std::string drm =
      os_device("card0", 1) + os_device("renderD128", 1) + os_device("controlD64", 1);
  EXPECT_TRUE(read(version2(function("0000:03:00.0", "0300 [1a03:2000]", drm))).gpus.empty())
      << "a baseboard controller's VGA";
  const Topology topology = read(version2(function("0000:03:00.0", "0302 [10de:2330]", drm)));
  ASSERT_EQ(topology.gpus.size(), 1U) << "three nodes, one function, one GPU";
  EXPECT_EQ(topology.gpus[0].vendor, Vendor::nvidia);
}

TEST(HwlocXml, TellsGpusFromScreens) {
  const auto count = [](std::string_view at, std::string_view type) {
    return read(version2(function(at, type))).gpus.size();
  };
  EXPECT_EQ(count("0000:00:02.0", "0300 [8086:4680]"), 0U) << "graphics in the CPU";
  EXPECT_EQ(count("0000:18:00.0", "0380 [8086:0bd5]"), 1U) << "Ponte Vecchio";
  EXPECT_EQ(count("0000:01:03.0", "0300 [1002:515e]"), 0U)
      << "ATI ES1000 of a baseboard controller";
  EXPECT_EQ(count("0000:13:00.0", "0300 [1002:66a1]"), 1U) << "Vega 20 with its VGA on";
  EXPECT_EQ(count("0000:13:00.0", "1200 [1002:74a1]"), 1U) << "MI300X";
  EXPECT_EQ(count("0000:13:00.0", "1200 [8086:7d1d]"), 0U) << "Intel's NPU";
  EXPECT_EQ(count("0000:13:00.1", "0403 [10de:22ba]"), 0U) << "the GPU's sound";
  EXPECT_EQ(count("0000:13:00.0", "0300 [102b:0522]"), 0U) << "Matrox";
}

TEST(HwlocXml, CountsWhatARuntimeNumbersWhateverItsClass) {
  const std::string opencl =
      os_device("opencl0d0", 5, info("OpenCLDeviceType", "GPU")) + os_device("opencl1d0", 5);
  EXPECT_EQ(read(version2(function("0000:13:00.0", "0b40 [1002:66a1]", opencl))).gpus.size(), 1U)
      << "two platforms, one GPU";
  const std::string fpga = os_device("opencl0d0", 5, info("OpenCLDeviceType", "Accelerator"));
  EXPECT_TRUE(read(version2(function("0000:13:00.0", "1200 [10ee:5000]", fpga))).gpus.empty());
}

TEST(HwlocXml, CountsSubdevicesOfACompositeAsOneGpu) {
  const std::string composite = os_device("ze0", 5, info("LevelZeroUUID", "b1")) +
                                os_device("ze0.0", 5) + os_device("ze0.1", 5);
  const Topology topology = read(version2(function("0000:18:00.0", "0380 [8086:0bd5]", composite)));
  ASSERT_EQ(topology.gpus.size(), 1U);
  EXPECT_EQ(topology.gpus[0].uuid, "b1");
  EXPECT_FALSE(topology.gpus[0].id.partition);
}

TEST(HwlocXml, WritesAmdsUuidAsItsRuntimeTakesIt) {
  const std::string rsmi = os_device("rsmi0", 1, info("AMDUUID", "f62596172e6212b"));
  const Topology topology = read(version2(function("0000:13:00.0", "0380 [1002:66a1]", rsmi)));
  EXPECT_EQ(topology.gpus.at(0).uuid, "GPU-0f62596172e6212b");
}

TEST(HwlocXml, KnowsGpusThatHaveNoPciFunction) {
  const Topology topology =
      read(version2(os_device("nvml1", 1, info("NVIDIAUUID", "GPU-1")) + os_device("cuda1", 5),
                    os_device("nvml0", 1, info("NVIDIAUUID", "GPU-0"))));
  ASSERT_EQ(topology.gpus.size(), 2U);
  EXPECT_EQ(topology.gpus[0].uuid, "GPU-0");
  EXPECT_EQ(topology.gpus[0].near, Locality{});
  EXPECT_EQ(topology.gpus[1].near.numa, NumaNode{0});
  EXPECT_NE(topology.gpus[0].id, topology.gpus[1].id);
}

TEST(HwlocXml, LeavesNvidiasOrderToThePciAddress) {
  const Topology topology =
      read(version2(function("0000:05:00.0", "0302 [10de:1]", os_device("cuda0", 5)) +
                    function("0000:03:00.0", "0302 [10de:1]", os_device("cuda1", 5))));
  ASSERT_EQ(topology.gpus.size(), 2U);
  EXPECT_EQ(to_text(topology.gpus[0].id), "0000:03:00.0")
      << "cuda1: fastest first is CUDA's default";
}

TEST(HwlocXml, NamesANicByItsVerbsDevice) {
  const std::string devices =
      os_device("eth2", 2, info("Address", "78:e7:d1:21:55:35")) +
      os_device("ib0",
                2,
                info("Address", "80:00:00:48:fe:80:00:00:00:00:00:00:78:e7:d1:03:00:21:55:36")) +
      os_device("mlx4_0", 3, info("Port1State", "4") + info("Port2State", "2"));
  const Topology topology = read(version2(function("0000:05:00.0", "0c06 [15b3:6746]", devices)));
  ASSERT_EQ(topology.nics.size(), 1U);
  EXPECT_EQ(topology.nics[0].name, "mlx4_0");
  EXPECT_EQ(topology.nics[0].netdev, "ib0");
  EXPECT_EQ(topology.nics[0].kind, NicKind::infiniband);
  EXPECT_THAT(topology.nics[0].ports,
              ElementsAre(NicPort{1, PortState::active, 0}, NicPort{2, PortState::down, 0}))
      << "initializing: no traffic without a subnet manager";
}

TEST(HwlocXml, MakesOneNicOfAFunctionWithManyNetdevs) {
  std::string representors;
  for (int i = 0; i < 20; ++i)
    representors += os_device(cat("ens1f0npf0vf", i), 2);
  const Topology topology = read(version2(
      function("0000:05:00.0", "0200 [15b3:101d]", representors + os_device("ens1f0", 2))));
  ASSERT_EQ(topology.nics.size(), 1U);
  EXPECT_EQ(topology.nics[0].name, "ens1f0");
}

TEST(HwlocXml, KeepsTwoNicsOfOneNameApart) {
  const std::string eth0 = os_device("eth0", 2);
  const Topology topology = read(version2(function("0000:05:00.0", "0200 [8086:1521]", eth0) +
                                          function("0000:06:00.0", "0200 [8086:1521]", eth0)));
  ASSERT_EQ(topology.nics.size(), 2U);
  EXPECT_EQ(topology.nics[1].name, "eth0@0000:06:00.0");
}

TEST(HwlocXml, PutsAHostBridgeAboveATopLevelSwitch) {
  const std::string bridge =
      cat(R"(<object type="Bridge" bridge_type="1-1" pci_busid="0000:10:00.0">)",
          function("0000:11:00.0", "0302 [10de:1]"),
          "</object>");
  const Topology topology = read(version2(bridge));
  ASSERT_EQ(topology.bridges.size(), 2U);
  EXPECT_EQ(topology.bridges[0].name, "host 0");
  EXPECT_EQ(topology.bridges[1], (PciBridge{"0000:10:00.0", 0}));
  EXPECT_EQ(topology.gpus.at(0).behind, 1U);
}

TEST(HwlocXml, LeavesOutBridgesThatLeadToNothing) {
  const std::string empty =
      R"(<object type="Bridge" bridge_type="0-1"><object type="Bridge" bridge_type="1-1" pci_busid="0000:10:00.0"/></object>)";
  EXPECT_TRUE(read(version2(empty)).bridges.empty());
}

TEST(HwlocXml, ReadsVersionOneWithNodesAmongTheParents) {
  const Topology topology = read(
      R"(<topology><object type="Machine" cpuset="0x0000000f" online_cpuset="0x00000007">
      <object type="NUMANode" os_index="0" cpuset="0x00000003" nodeset="0x1" local_memory="1000">
        <object type="Socket" os_index="0" cpuset="0x00000003"><object type="Cache" depth="3" cpuset="0x00000003">
          <object type="Core" cpuset="0x1"><object type="PU" os_index="0"/><object type="PU" os_index="1"/></object>
        </object></object>
        <object type="PCIDev" pci_busid="0000:03:00.0" pci_type="0302 [10de:1db1] [10de:1212] a1"/>
      </object>
      <object type="NUMANode" os_index="8" cpuset="0x0000000c">
        <object type="Socket" os_index="8" cpuset="0x0000000c">
          <object type="Core" cpuset="0xc"><object type="PU" os_index="2"/><object type="PU" os_index="3"/></object>
        </object>
      </object>
      <object type="NUMANode" os_index="255" cpuset="0x0" local_memory="17179869184"/>
      </object></topology>)");
  ASSERT_EQ(topology.cores.size(), 2U);
  EXPECT_EQ(topology.cores[0], (Core{CpuSet{0, 1}, 0, NumaNode{0}, 0}));
  EXPECT_EQ(topology.cores[1], (Core{CpuSet{2}, 1, NumaNode{8}, std::nullopt}))
      << "PU 3 is offline";
  EXPECT_EQ(topology.packages[1].os_index, 8U);
  ASSERT_EQ(topology.memory.size(), 3U);
  EXPECT_EQ(topology.memory[0].bytes, 1000U);
  EXPECT_TRUE(topology.memory[2].gpu_memory) << "POWER9 shows a V100's memory as node 255";
  EXPECT_EQ(topology.gpus.at(0).near, (Locality{NumaNode{0}, CpuSet{0, 1}}));
}

TEST(HwlocXml, NumbersCachesAsTheirFirstCoresStand) {
  const Topology topology = read(
      R"(<topology version="2.0"><object type="Machine" cpuset="0x3">
      <object type="L3Cache" cpuset="0x2"><object type="PU" os_index="1"/></object>
      <object type="L3Cache" cpuset="0x1"><object type="PU" os_index="0"/></object>
      </object></topology>)");
  ASSERT_EQ(topology.cores.size(), 2U);
  EXPECT_EQ(topology.cores[0], (Core{CpuSet{0}, 0, std::nullopt, 0}));
  EXPECT_EQ(topology.cores[1].l3, 1U);
}

TEST(HwlocXml, TakesHighBandwidthMemoryForMemoryWithoutCpus) {
  const Topology topology = read(version2(
      R"(<object type="NUMANode" os_index="2" subtype="HBM" cpuset="0x3" nodeset="0x4"/>)"));
  ASSERT_EQ(topology.memory.size(), 3U);
  EXPECT_EQ(topology.memory[0].pus, (CpuSet{0, 1}));
  EXPECT_TRUE(topology.memory[2].pus.empty());
  EXPECT_FALSE(topology.memory[2].gpu_memory);
  EXPECT_EQ(topology.memory[2].package, 0U);
  EXPECT_EQ(topology.cores[0].numa, NumaNode{0});
}

TEST(HwlocXml, TakesEachPuForACoreWhereThereIsNone) {
  const Topology topology = read(
      R"(<topology version="2.0"><object type="Machine" cpuset="0x3">
      <object type="PU" os_index="0"/><object type="PU" os_index="1"/></object></topology>)");
  EXPECT_EQ(topology.cores.size(), 2U);
  ASSERT_EQ(topology.packages.size(), 1U);
  EXPECT_TRUE(topology.memory.empty());
}

TEST(HwlocXml, LeavesOutWhatTheCgroupDidNotAllow) {
  std::string xml = version2("");
  xml.replace(xml.find("allowed_cpuset=\"0xf\""), 20, "allowed_cpuset=\"0x2\"");
  const Topology topology = read(xml);
  EXPECT_EQ(to_list(topology.pus()), "1");
}

TEST(HwlocXml, LeavesOutWhatAnyOfTheMachinesSetsLacks) {
  const Topology topology = read(
      R"(<topology><object type="Machine" cpuset="0x7" online_cpuset="0xe" allowed_cpuset="0xb">
      <object type="PU" os_index="0"/><object type="PU" os_index="1"/>
      <object type="PU" os_index="2"/><object type="PU" os_index="3"/></object></topology>)");
  EXPECT_EQ(to_list(topology.pus()), "1");
}

TEST(HwlocXml, KeepsAPackageOutOfViewOnlyForWhatItHolds) {
  const auto view = [](std::string_view inside) {
    return read(cat(
        R"(<topology version="2.0"><object type="Machine" cpuset="0x3" allowed_cpuset="0x1" )",
        R"(allowed_nodeset="0x1"><object type="Package" os_index="0" cpuset="0x1">)",
        R"(<object type="NUMANode" os_index="0" cpuset="0x1"/><object type="PU" os_index="0"/>)",
        R"(</object><object type="Package" os_index="1" cpuset="0x2" nodeset="0x2">)",
        R"(<object type="NUMANode" os_index="1" cpuset="0x2"/><object type="PU" os_index="1"/>)",
        inside,
        "</object></object></topology>"));
  };
  const Topology empty = view("");
  EXPECT_EQ(empty.packages.size(), 1U);
  EXPECT_EQ(empty.memory.size(), 1U) << "memory that was not allowed";
  const Topology with_gpu = view(function("0000:81:00.0", "0302 [10de:1]"));
  ASSERT_EQ(with_gpu.packages.size(), 2U);
  EXPECT_EQ(with_gpu.packages[1].os_index, 1U);
  EXPECT_EQ(with_gpu.gpus.at(0).near, (Locality{NumaNode{1}, {}}));
}

TEST(HwlocXml, RefusesVersionThreeWithTheRemedy) {
  std::string xml = version2("");
  xml.replace(xml.find("version=\"2.0\""), 13, "version=\"3.0\"");
  const auto topology = parse_topology(xml, "new.xml");
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().kind, FailureKind::unsupported);
  EXPECT_EQ(topology.error().what,
            "new.xml is hwloc XML of version 3.0, and versions 1 and 2 are understood");
  EXPECT_NE(topology.error().remedy.find("hwloc 2"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::affinity
