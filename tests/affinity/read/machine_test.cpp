// SPDX-License-Identifier: Apache-2.0
// This machine, from a /sys and /proc that the tests write.
#include "holdfast/affinity/distance.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "support/fake_sysfs.hpp"

#include <cstdlib>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using holdfast::testing::FakeSysfs;
using ::testing::ElementsAre;

Topology read(const FakeSysfs& sysfs) {
  MachineSource source;
  source.root = sysfs.root();
  auto topology = read_machine(source);
  EXPECT_TRUE(topology) << topology.error().sentence();
  return topology ? *topology : Topology{};
}

std::vector<std::string> gpu_names(const Topology& topology) {
  std::vector<std::string> names;
  for (const Gpu& gpu : topology.gpus)
    names.push_back(to_text(gpu.id));
  return names;
}

std::vector<std::string> nic_names(const Topology& topology) {
  std::vector<std::string> names;
  for (const Nic& nic : topology.nics)
    names.push_back(nic.name);
  return names;
}

constexpr const char* left_gpu = "pci0000:10/0000:10:01.0/0000:11:00.0/0000:12:00.0/0000:13:00.0";
constexpr const char* left_nic = "pci0000:10/0000:10:01.0/0000:11:00.0/0000:12:01.0/0000:14:00.0";
constexpr const char* right_gpu = "pci0000:80/0000:80:01.0/0000:81:00.0";

/// Two sockets; a GPU and a NIC behind one switch on the first, a GPU on the second.
void two_sockets(FakeSysfs& sysfs) {
  sysfs.cpus({2, 4, 2});
  sysfs.function({left_gpu, "0x030200", "10de:2330", 0});
  sysfs.function({left_nic, "0x020700", "15b3:1021", 0});
  sysfs.function({right_gpu, "0x030200", "10de:2330", 1});
  sysfs.verbs("mlx5_0", left_nic).netdev("ib0", left_nic);
}

TEST(Machine, WithoutAnyDeviceHasCpusOnly) {
  FakeSysfs sysfs;
  sysfs.cpus({2, 3, 2});
  const Topology topology = read(sysfs);
  EXPECT_EQ(topology.packages.size(), 2U);
  EXPECT_EQ(topology.memory.size(), 2U);
  ASSERT_EQ(topology.cores.size(), 6U);
  EXPECT_EQ(topology.cores[4], (Core{CpuSet{4, 10}, 1, NumaNode{1}, 1}));
  EXPECT_TRUE(topology.gpus.empty());
  EXPECT_TRUE(topology.nics.empty());
}

TEST(Machine, FindsGpusAndNicsByPciClassAndTheirPlaceByPath) {
  FakeSysfs sysfs;
  two_sockets(sysfs);
  sysfs.function({"pci0000:00/0000:00:1f.0/0000:02:00.0", "0x030000", "1a03:2000", 0});  // BMC
  const Topology topology = read(sysfs);
  EXPECT_THAT(gpu_names(topology), ElementsAre("0000:13:00.0", "0000:81:00.0"));
  EXPECT_EQ(topology.gpus[0].near, (Locality{NumaNode{0}, CpuSet{0, 1, 2, 3, 8, 9, 10, 11}}));
  ASSERT_EQ(topology.nics.size(), 1U);
  const Nic& nic = topology.nics[0];
  EXPECT_EQ(nic.name, "mlx5_0");
  EXPECT_EQ(nic.netdev, "ib0");
  EXPECT_EQ(nic.kind, NicKind::infiniband);
  EXPECT_THAT(nic.ports, ElementsAre(NicPort{1, PortState::active, 400}));
  EXPECT_EQ(path_between(topology, topology.gpus[0], nic), PciPath::pix);
  EXPECT_EQ(path_between(topology, topology.gpus[1], nic), PciPath::sys);
  EXPECT_EQ(topology.bridges[0].name, "host 0");
  EXPECT_EQ(topology.bridges[1].name, "0000:10:01.0");
}

TEST(Machine, TakesUuidMinorAndModelFromTheNvidiaDriver) {
  FakeSysfs sysfs;
  two_sockets(sysfs);
  sysfs.nvidia_gpu("0000:13:00.0", 1, "GPU-aaaa").nvidia_gpu("0000:81:00.0", 0, "GPU-????????");
  const Topology topology = read(sysfs);
  ASSERT_EQ(topology.gpus.size(), 2U);
  EXPECT_EQ(topology.gpus[0].uuid, "GPU-aaaa");
  EXPECT_EQ(topology.gpus[0].minor, 1U) << "minors need not follow PCI order";
  EXPECT_EQ(topology.gpus[0].model, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(topology.gpus[1].uuid, "") << "the driver has not initialized it";
}

TEST(ClosedGpus, AreThoseWhoseDeviceFileThisProcessMayNotOpen) {
  FakeSysfs sysfs;
  two_sockets(sysfs);
  sysfs.nvidia_gpu("0000:13:00.0", 1, "GPU-a").nvidia_gpu("0000:81:00.0", 0, "GPU-b");
  const Topology topology = read(sysfs);
  EXPECT_TRUE(read_closed_gpus(topology, sysfs.root()).empty())
      << "without any device file there is no way to tell";
  sysfs.file("dev/nvidia1", "");
  EXPECT_THAT(read_closed_gpus(topology, sysfs.root()), ElementsAre(topology.gpus[1].id));
  sysfs.file("dev/nvidia0", "");
  EXPECT_TRUE(read_closed_gpus(topology, sysfs.root()).empty());
  std::filesystem::permissions(sysfs.root() / "dev/nvidia1", std::filesystem::perms::owner_read);
  if (geteuid() == 0) return;  // root may write everywhere
  EXPECT_THAT(read_closed_gpus(topology, sysfs.root()), ElementsAre(topology.gpus[0].id));
}

TEST(ClosedGpus, AreNotLookedForAmongInstancesAndWithoutMinors) {
  FakeSysfs sysfs;
  two_sockets(sysfs);
  sysfs.nvidia_gpu("0000:13:00.0", 0, "GPU-a").mig_instance(0, 1, 0).mig_instance(0, 2, 0);
  sysfs.file("dev/nvidia7", "");
  EXPECT_TRUE(read_closed_gpus(read(sysfs), sysfs.root()).empty());
}

TEST(Machine, LeavesOutAGpuItsDriverHasNotTaken) {
  FakeSysfs sysfs;
  two_sockets(sysfs);
  sysfs.nvidia_gpu("0000:81:00.0", 0, "GPU-b");
  EXPECT_THAT(gpu_names(read(sysfs)), ElementsAre("0000:81:00.0")) << "the other is given to a VM";
}

TEST(Machine, ShowsMigInstancesInsteadOfTheWholeGpu) {
  FakeSysfs sysfs;
  two_sockets(sysfs);
  sysfs.nvidia_gpu("0000:13:00.0", 0, "GPU-a").nvidia_gpu("0000:81:00.0", 1, "GPU-b");
  sysfs.mig_instance(0, 1, 0).mig_instance(0, 2, 0).mig_instance(0, 2, 1);
  const Topology topology = read(sysfs);
  EXPECT_THAT(gpu_names(topology),
              ElementsAre("0000:13:00.0/0", "0000:13:00.0/1", "0000:13:00.0/2", "0000:81:00.0"));
  EXPECT_EQ(topology.gpus[1].uuid, "") << "the whole GPU's UUID is not the instance's";
  EXPECT_EQ(topology.gpus[1].model, "NVIDIA H100 80GB HBM3 MIG");
  EXPECT_EQ(topology.gpus[3].uuid, "GPU-b");
}

TEST(Machine, KeepsTheMemoryOfGpusFromRanks) {
  FakeSysfs sysfs;
  two_sockets(sysfs);
  sysfs.nvidia_gpu("0000:13:00.0", 0, "GPU-a");
  sysfs.file("proc/driver/nvidia/gpus/0000:13:00.0/numa_status", "Node: 2\nStatus: online");
  sysfs.file("sys/devices/system/node/online", "0-2");
  sysfs.file("sys/devices/system/node/node2/cpumap", "00000000,00000000");
  sysfs.file("sys/devices/system/node/node2/meminfo", "Node 2 MemTotal: 1024000 kB");
  const Topology topology = read(sysfs);
  for (const MemoryNode& node : topology.memory)  // hwloc may leave node 2 out or mark it
    EXPECT_EQ(node.id == NumaNode{2}, node.gpu_memory);
  EXPECT_GE(topology.memory.size(), 2U);
}

/// Four AMD functions whose KFD order runs against the bus.
void amd(FakeSysfs& sysfs) {
  sysfs.cpus({2, 4, 1});
  for (const char* bus : {"1", "2", "3", "4"})
    sysfs.function({cat("pci0000:00/0000:0", bus, ":00.0"), "0x038000", "1002:740f", 0});
  sysfs.kfd_node(0, "simd_count 0\ncpu_cores_count 8");
}

std::string kfd_gpu(unsigned bus, unsigned unique, unsigned partition = 0) {
  return cat("simd_count 440\nlocation_id ",
             (partition << 28U) + (bus << 8U),
             "\ndomain 0\n",
             "unique_id ",
             unique,
             "\ndrm_render_minor ",
             127 + bus);
}

TEST(Machine, NumbersAmdGpusAsKfdDoes) {
  FakeSysfs sysfs;
  amd(sysfs);
  sysfs.kfd_node(1, kfd_gpu(3, 48879)).kfd_node(2, kfd_gpu(4, 2)).kfd_node(10, kfd_gpu(1, 0));
  sysfs.kfd_node(3, kfd_gpu(2, 4));
  const Topology topology = read(sysfs);
  EXPECT_THAT(gpu_names(topology),
              ElementsAre("0000:03:00.0", "0000:04:00.0", "0000:02:00.0", "0000:01:00.0"));
  EXPECT_EQ(topology.gpus[0].uuid, "GPU-000000000000beef");
  EXPECT_EQ(topology.gpus[0].minor, 130U);
  EXPECT_EQ(topology.gpus[3].uuid, "") << "unique_id 0 is none";
}

TEST(Machine, ShowsPartitionsOfAnAmdGpu) {
  FakeSysfs sysfs;
  amd(sysfs);
  sysfs.kfd_node(1, kfd_gpu(1, 7, 0)).kfd_node(2, kfd_gpu(1, 8, 1)).kfd_node(3, kfd_gpu(2, 9));
  const Topology topology = read(sysfs);
  EXPECT_THAT(gpu_names(topology), ElementsAre("0000:01:00.0/0", "0000:01:00.0/1", "0000:02:00.0"))
      << "and functions KFD does not list are no GPUs";
  EXPECT_EQ(topology.gpus[1].uuid, "GPU-0000000000000008");
}

TEST(Machine, KeepsAmdGpusThatACgroupHides) {
  FakeSysfs sysfs;
  amd(sysfs);
  sysfs.kfd_node(1, kfd_gpu(1, 7)).kfd_node(2, "");
  EXPECT_EQ(read(sysfs).gpus.size(), 4U);
}

TEST(Machine, TakesNoLocalityForNearEverything) {
  FakeSysfs sysfs;
  sysfs.cpus({2, 4, 1});
  sysfs.function({"LNXSYSTM:00/VMBUS:01/guid/pci0001:00/0001:00:00.0", "0x030200", "10de:20b0"});
  const Topology topology = read(sysfs);
  ASSERT_EQ(topology.gpus.size(), 1U);
  EXPECT_EQ(topology.gpus[0].near, Locality{});
  EXPECT_EQ(half_distance(topology, topology.cores.back(), topology.gpus[0].near), 0U);
}

constexpr const char* virtual_topology = R"(<system version="1">
  <cpu numaid="0"><pci busid="0001:00:00.0" class="0x030200"/></cpu>
  <cpu numaid="1">
    <pci busid="ffff:ff:02.0" class="0x060400">
      <pci busid="0002:00:00.0" class="0x030200"/>
      <pci busid="0102:00:00.0" class="0x020700"/>
    </pci>
  </cpu>
</system>)";

/// A VM: two GPUs and a NIC of which the kernel says nothing.
void vm(FakeSysfs& sysfs) {
  sysfs.cpus({2, 4, 1});
  sysfs.function({"pci0001:00/0001:00:00.0", "0x030200", "10de:20b0"});
  sysfs.function({"pci0002:00/0002:00:00.0", "0x030200", "10de:20b0"});
  sysfs.function({"pci0102:00/0102:00:00.0", "0x020700", "15b3:101c"});
  sysfs.verbs("mlx5_0", "pci0102:00/0102:00:00.0");
}

TEST(Machine, LearnsLocalityOfAVmFromItsNcclFile) {
  FakeSysfs sysfs;
  vm(sysfs);
  sysfs.file("var/run/nvidia-topologyd/virtualTopology.xml", virtual_topology);
  const Topology topology = read(sysfs);
  ASSERT_EQ(topology.gpus.size(), 2U);
  EXPECT_EQ(topology.gpus[0].near, (Locality{NumaNode{0}, CpuSet{0, 1, 2, 3}}));
  EXPECT_EQ(topology.gpus[1].near.numa, NumaNode{1});
  EXPECT_EQ(path_between(topology, topology.gpus[1], topology.nics[0]), PciPath::pix);
  EXPECT_EQ(path_between(topology, topology.gpus[0], topology.nics[0]), PciPath::sys);
  EXPECT_NE(topology.origin.find("virtualTopology.xml"), std::string::npos) << topology.origin;
}

TEST(Machine, DoesWithoutABrokenNcclFileAndSaysSo) {
  FakeSysfs sysfs;
  vm(sysfs);
  sysfs.file("var/run/nvidia-topologyd/virtualTopology.xml", "<system");
  const Topology topology = read(sysfs);
  EXPECT_EQ(topology.gpus.size(), 2U);
  EXPECT_NE(topology.origin.find("no readable NCCL topology"), std::string::npos);
}

TEST(Machine, BelievesTheKernelBeforeAnNcclFile) {
  FakeSysfs sysfs;
  sysfs.cpus({2, 4, 1});
  sysfs.function({"pci0002:00/0002:00:00.0", "0x030200", "10de:20b0", 0});
  sysfs.function({"pci0102:00/0102:00:00.0", "0x020700", "15b3:101c", -1});
  sysfs.file("var/run/nvidia-topologyd/virtualTopology.xml", virtual_topology);
  EXPECT_EQ(read(sysfs).gpus[0].near.numa, NumaNode{0});
}

TEST(Machine, PlacesSoftRoceOnTheNetdevBelowIt) {
  FakeSysfs sysfs;
  sysfs.cpus({1, 4, 1});
  const std::string ethernet = "pci0000:00/0000:00:03.0";
  sysfs.function({ethernet, "0x020000", "8086:1521", 0});
  sysfs.netdev("eth0", ethernet).netdev("veth1", "");
  sysfs.verbs("rxe0", "", "4: ACTIVE", "Ethernet", "25 Gb/sec (1X EDR)");
  sysfs.file("sys/class/infiniband/rxe0/ports/1/gid_attrs/ndevs/0", "eth0");
  sysfs.verbs("rxe1", "", "1: DOWN", "Ethernet");
  sysfs.file("sys/class/infiniband/rxe1/ports/1/gid_attrs/ndevs/0", "veth1");
  const Topology topology = read(sysfs);
  ASSERT_THAT(nic_names(topology), ElementsAre("rxe0", "rxe1"));
  EXPECT_EQ(topology.nics[0].netdev, "eth0");
  EXPECT_EQ(topology.nics[0].kind, NicKind::roce);
  ASSERT_TRUE(topology.nics[0].at);
  EXPECT_EQ(to_text(*topology.nics[0].at), "0000:00:03.0");
  EXPECT_FALSE(topology.nics[1].at) << "its netdev is virtual too";
  EXPECT_EQ(topology.nics[1].netdev, "veth1");
  EXPECT_THAT(topology.nics[1].ports, ElementsAre(NicPort{1, PortState::down, 400}));
}

TEST(Machine, TellsTheKindsOfNics) {
  FakeSysfs sysfs;
  sysfs.cpus({1, 4, 1});
  const auto at = [](unsigned device) { return cat("pci0000:00/0000:00:0", device, ".0"); };
  sysfs.function({at(1), "0x020000", "15b3:101d", 0})
      .verbs("mlx5_1", at(1), "4: ACTIVE", "Ethernet", "100 Gb/sec (4X EDR)");
  sysfs.function({at(2), "0x020000", "17db:0501", 0}).class_device("cxi", "cxi0", at(2));
  sysfs.netdev("hsn0", at(2), "down", "");
  sysfs.function({at(3), "0x020000", "1d0f:efa1", 0})
      .verbs("rdmap0s3", at(3), "4: ACTIVE", "Unspecified");
  sysfs.function({at(4), "0x020800", "8086:24f0", 0}).verbs("hfi1_0", at(4));
  sysfs.function({at(5), "0x020000", "8086:1521", 0}).netdev("eth0", at(5) + "/virtio2");
  const Topology topology = read(sysfs);
  ASSERT_THAT(nic_names(topology), ElementsAre("mlx5_1", "cxi0", "rdmap0s3", "hfi1_0", "eth0"));
  EXPECT_EQ(topology.nics[0].kind, NicKind::roce);
  EXPECT_EQ(topology.nics[1].kind, NicKind::slingshot);
  EXPECT_EQ(topology.nics[1].netdev, "hsn0");
  EXPECT_EQ(topology.nics[1].ports[0].state, PortState::down) << "as its netdev says";
  EXPECT_EQ(topology.nics[2].kind, NicKind::efa);
  EXPECT_EQ(topology.nics[3].kind, NicKind::omni_path);
  EXPECT_THAT(topology.nics[4].ports, ElementsAre(NicPort{1, PortState::active, 25}));
}

TEST(Machine, TakesGpusOfFurtherVendorsOnRequest) {
  FakeSysfs sysfs;
  sysfs.cpus({1, 2, 1});
  sysfs.function({"pci0000:00/0000:00:02.0", "0x038000", "1234:1111", 0});
  EXPECT_TRUE(read(sysfs).gpus.empty());
  MachineSource source{sysfs.root(), {"1234"}};
  const auto topology = read_machine(source);
  ASSERT_TRUE(topology);
  ASSERT_EQ(topology->gpus.size(), 1U);
  EXPECT_EQ(topology->gpus[0].vendor, Vendor::unknown);
}

TEST(Machine, IsThisMachineWhateverHwlocVariablesSay) {
  FakeSysfs sysfs;
  sysfs.cpus({1, 3, 1});
  setenv("HWLOC_XMLFILE", HOLDFAST_SOURCE_DIR "/tests/machines/pretend-8gpu.xml", 1);  // NOLINT
  setenv("HWLOC_SYNTHETIC", "pack:7 pu:1", 1);                                         // NOLINT
  const Topology lent = read(sysfs);
  EXPECT_EQ(lent.cores.size(), 3U);
  const auto own = read_machine({});
  ASSERT_TRUE(own) << own.error().sentence();
  EXPECT_NE(own->packages.size(), 7U);
  EXPECT_NE(own->cores.size(), 8U) << "or this machine happens to have 8 cores";
  EXPECT_STREQ(std::getenv("HWLOC_SYNTHETIC"), "pack:7 pu:1") << "put back";  // NOLINT
  EXPECT_EQ(std::getenv("HWLOC_FSROOT"), nullptr);                            // NOLINT
  unsetenv("HWLOC_XMLFILE");                                                  // NOLINT
  unsetenv("HWLOC_SYNTHETIC");                                                // NOLINT
}

TEST(Machine, OfTheTestsItselfIsConsistent) {
  const auto topology = read_machine({});
  ASSERT_TRUE(topology) << topology.error().sentence();
  EXPECT_EQ(topology->origin.substr(0, 12), "this machine");
  EXPECT_FALSE(topology->cores.empty());
  EXPECT_FALSE(inconsistency(*topology));
}

}  // namespace
}  // namespace holdfast::affinity
