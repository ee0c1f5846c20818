// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

TEST(LookAtNvidiaFiles, ReadsTheVersionOfTheLoadedModule) {
  FakeRoot root;
  root.file("proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.163.01  Release Build  "
            "(x)\nGCC version: 12.2.0");
  Facts facts;
  facts.gpu_driver.counted = 1U;
  look_at_nvidia_files(root.tree(), facts);
  EXPECT_TRUE(facts.gpu_driver.kernel_version.is("550.163.01"));
}

TEST(LookAtNvidiaFiles, SeesDeviceFilesAndWhoMayUseThem) {
  FakeRoot root;
  root.file("proc/driver/nvidia/version", "NVRM version: X 550.163.01")
      .file("dev/nvidia0", "")
      .file("dev/nvidiactl", "");
  ASSERT_EQ(chmod((root.path() / "dev/nvidia0").c_str(), 0666), 0);
  ASSERT_EQ(chmod((root.path() / "dev/nvidiactl").c_str(), 0600), 0);
  Facts facts;
  facts.gpu_driver.counted = 1U;
  look_at_nvidia_files(root.tree(), facts);
  const auto& nodes = *facts.gpu_driver.device_nodes;
  ASSERT_EQ(nodes.size(), 3U);
  EXPECT_TRUE(nodes[0].there && nodes[0].usable_by_all);
  EXPECT_TRUE(nodes[1].there && !nodes[1].usable_by_all);
  EXPECT_FALSE(nodes[2].there);
}

TEST(LookAtNvidiaFiles, TellsDeviceFilesOfAGroupFromThoseOfRootAlone) {
  if (geteuid() != 0) GTEST_SKIP() << "giving a file to another group needs root";
  FakeRoot root;
  root.file("proc/driver/nvidia/version", "NVRM version: X 550.163.01")
      .file("dev/nvidia0", "")
      .file("dev/nvidiactl", "");
  for (const char* name : {"dev/nvidia0", "dev/nvidiactl"})
    ASSERT_EQ(chmod((root.path() / name).c_str(), 0660), 0);
  ASSERT_EQ(chown((root.path() / "dev/nvidia0").c_str(), 0, 44), 0);
  Facts facts;
  facts.gpu_driver.counted = 1U;
  look_at_nvidia_files(root.tree(), facts);
  const auto& nodes = *facts.gpu_driver.device_nodes;
  EXPECT_TRUE(nodes[0].usable_by_group && !nodes[0].usable_by_all);
  EXPECT_FALSE(nodes[1].usable_by_group) << "root's own group";
}

TEST(LookAtNvidiaFiles, DoesNotMissADriverOnANodeWithoutGpus) {
  FakeRoot root;
  const auto look = [&root] {
    Facts facts;
    facts.gpu_driver.start = std::string("driver not loaded");
    facts.gpus = Fact<std::vector<GpuFacts>>::unseen("driver not loaded");
    look_at_nvidia_files(root.tree(), facts);
    return facts;
  };
  EXPECT_EQ(look().gpus.gap(), Gap::lacking);
  EXPECT_FALSE(look().gpu_driver.start.known());
  root.file("sys/bus/pci/devices/0000:18:00.0/vendor", "0x10de");
  root.file("sys/bus/pci/devices/0000:18:00.0/class", "0x030200");
  EXPECT_TRUE(look().gpus.unseen());
  EXPECT_TRUE(look().gpu_driver.start.is("driver not loaded"));
}

TEST(LookAtNvidiaFiles, ExpectNoLibraryWhereThereIsNeitherDriverNorGpu) {
  FakeRoot root;
  root.file("sys/bus/pci/devices/0000:18:00.0/vendor", "0x10de");
  root.file("sys/bus/pci/devices/0000:18:00.0/class", "0x020000");
  EXPECT_FALSE(may_have_nvidia_gpus(root.tree())) << "a NIC of the same vendor";
  root.file("sys/bus/pci/devices/0000:18:00.0/class", "0x030200");
  EXPECT_TRUE(may_have_nvidia_gpus(root.tree())) << "on the bus, and no driver";
  FakeRoot loaded;
  loaded.file("proc/driver/nvidia/version", "NVRM version: X 550.163.01");
  EXPECT_TRUE(may_have_nvidia_gpus(loaded.tree())) << "a driver, and the GPU has fallen off";
}

TEST(LookAtNvidiaFiles, BelievesTheKernelsOneListThatNoneIsThere) {
  FakeRoot root;
  root.file("sys/bus/pci/devices/0000:18:00.0/vendor", "0x10de");
  root.file("sys/bus/pci/devices/0000:18:00.0/class", "0x030200");
  root.file("proc/bus/pci/devices", "0008\t1af41045\t0\n1000\t15b31021\t20\t10de0000");
  EXPECT_TRUE(may_have_nvidia_gpus(root.tree())) << "a number that reads like the vendor";
  root.file("proc/bus/pci/devices", "0008\t1af41045\t0\n1000\t15b31021\t20");
  EXPECT_FALSE(may_have_nvidia_gpus(root.tree()));
  root.file("proc/bus/pci/devices", "0008\t1af41045\t0\n1800\t10de2330\t20");
  EXPECT_TRUE(may_have_nvidia_gpus(root.tree()));
  root.file("proc/bus/pci/devices", "");
  EXPECT_TRUE(may_have_nvidia_gpus(root.tree())) << "an empty list tells nothing";
}

TEST(LookAtNvidiaFiles, TellsWhereALostGpuSits) {
  FakeRoot root;
  for (const char* address : {"0000:18:00.0", "0000:2a:00.0", "0000:3a:00.0"}) {
    const std::string folder = std::string("sys/bus/pci/devices/") + address;
    root.file(folder + "/vendor", "0x10de").file(folder + "/class", "0x030200");
  }
  root.file("sys/bus/pci/devices/0000:18:00.1/vendor", "0x10de");
  root.file("sys/bus/pci/devices/0000:18:00.1/class", "0x040300");
  const auto look = [&root](const std::vector<std::string>& told) {
    Facts facts;
    facts.gpus = std::vector<GpuFacts>();
    for (const std::string& at : told)
      facts.gpus->emplace_back().at = at;
    look_at_nvidia_files(root.tree(), facts);
    std::vector<std::string> out;
    for (const GpuFacts& gpu : *facts.gpus)
      out.push_back(gpu.at);
    return out;
  };
  using Places = std::vector<std::string>;
  EXPECT_EQ(look({"0000:18:00.0", "index 1", "0000:3a:00.0"}),
            (Places{"0000:18:00.0", "0000:2a:00.0", "0000:3a:00.0"}));
  EXPECT_EQ(look({"index 0", "0000:2a:00.0", "index 2"}),
            (Places{"0000:18:00.0", "0000:2a:00.0", "0000:3a:00.0"}));
  // one GPU is not counted at all: which one is lost cannot be told
  EXPECT_EQ(look({"0000:18:00.0", "index 1"}), (Places{"0000:18:00.0", "index 1"}));
}

class LookAtAmdGpus : public ::testing::Test {
 protected:
  LookAtAmdGpus() {
    const std::string device = "sys/devices/0000:c1:00.0";
    root_.link("sys/class/drm/card0/device", "../../../devices/0000:c1:00.0")
        .link("sys/class/drm/card1/device", "../../../devices/0000:c1:00.0")
        .directory("sys/class/drm/card0-DP-1")
        .file(device + "/vendor", "0x1002")
        .file(device + "/unique_id", "a1b2c3d4e5f60718")
        .file(device + "/mem_info_vram_total", "206158430208")
        .file(device + "/mem_info_vram_used", "1024")
        .file(device + "/gpu_busy_percent", "0")
        .file(device + "/mem_busy_percent", "7")
        .file(device + "/pcie_replay_count", "4")
        .file(device + "/ras/umc_err_count", "ue: 2\nce: 9")
        .file(device + "/ras/gpu_vram_bad_pages", "0x1 : 0x1000 : R\n0x2 : 0x1000 : P")
        .file(device + "/hwmon/hwmon3/temp2_input", "61000")
        .file(device + "/hwmon/hwmon3/temp2_crit", "110000")
        .file(device + "/hwmon/hwmon3/power1_cap", "750000000");
  }
  Facts look() {
    Facts facts;
    look_at_amd_gpus(root_.tree(), facts);
    return facts;
  }
  FakeRoot root_;
};

TEST_F(LookAtAmdGpus, ReadsAGpuOnceHoweverManyCardsItShows) {
  const Facts facts = look();
  ASSERT_EQ(facts.gpus->size(), 1U);
  const GpuFacts& gpu = facts.gpus->front();
  EXPECT_EQ(gpu.at, "0000:c1:00.0");
  EXPECT_EQ(gpu.vendor, "amd");
  EXPECT_TRUE(gpu.answer.is(GpuAnswer::answers));
  EXPECT_TRUE(gpu.uuid.is("a1b2c3d4e5f60718"));
  EXPECT_TRUE(gpu.ecc_uncorrected_volatile.is(2));
  EXPECT_TRUE(gpu.ecc_corrected_volatile.is(9));
  EXPECT_TRUE(gpu.retired_double_bit.is(1));
  EXPECT_TRUE(gpu.retired_pending.is(true));
  EXPECT_TRUE(gpu.unrepairable_memory.is(false));
  EXPECT_TRUE(gpu.pcie_replays.is(4));
  EXPECT_TRUE(gpu.temperature_c.is(61));
  EXPECT_TRUE(gpu.memory_busy_percent.is(7));
  EXPECT_TRUE(gpu.temperature_margin_c.is(49));
  EXPECT_TRUE(gpu.power_limit_mw.is(750'000));
}

TEST_F(LookAtAmdGpus, SeesAGpuThatNoLongerAnswers) {
  root_.directory("sys/devices/0000:c1:00.0/mem_info_vram_used")
      .directory("sys/devices/0000:c1:00.0/gpu_busy_percent");
  EXPECT_TRUE(look().gpus->front().answer.is(GpuAnswer::failing));
}

TEST_F(LookAtAmdGpus, CountsTheGpusOfTheComputeDriver) {
  EXPECT_EQ(look().gpu_driver.compute_nodes.gap(), Gap::lacking);
  root_.file("sys/class/kfd/kfd/topology/nodes/0/gpu_id", "0")
      .file("sys/class/kfd/kfd/topology/nodes/1/gpu_id", "51234");
  EXPECT_TRUE(look().gpu_driver.compute_nodes.is(1));
}

TEST(LookAtAmdGpusWithoutAny, LacksThem) {
  const FakeRoot root;
  Facts facts;
  look_at_amd_gpus(root.tree(), facts);
  EXPECT_EQ(facts.gpus.gap(), Gap::lacking);
}

}  // namespace
}  // namespace holdfast::health
