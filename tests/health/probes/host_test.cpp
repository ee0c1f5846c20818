// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

class LookAtHost : public ::testing::Test {
 protected:
  LookAtHost() {
    root_
        .file("proc/meminfo",
              "MemTotal:       1056768 kB\nMemFree: 1 kB\nMemAvailable:    524288 kB\n"
              "SUnreclaim:   64 kB\nHugePages_Total:     16\nHugePages_Free:       12\n"
              "Hugetlb:         32768 kB")
        .file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never")
        .file("proc/buddyinfo",
              "Node 0, zone      DMA      1      0      0      1      2      1      1      0      "
              "1      1      3\n"
              "Node 0, zone   Normal    100     50     20     10      5      4      3      2      "
              "1      7      8\n"
              "Node 1, zone   Normal    100     50     20     10      5      4      3      2      "
              "1      2      3")
        .file("sys/devices/system/edac/mc/mc0/ce_count", "5")
        .file("sys/devices/system/edac/mc/mc0/ue_count", "0")
        .file("sys/devices/system/edac/mc/mc1/ce_count", "0")
        .file("sys/devices/system/edac/mc/mc1/ue_count", "1")
        .file("sys/devices/system/cpu/online", "0-2")
        .file("sys/devices/system/cpu/present", "0-3")
        .file("proc/loadavg", "12.34 5.00 1.00 1/200 4711");
    for (const char* name : {"cpu", "memory", "io"})
      root_.file(std::string("proc/pressure/") + name,
                 "some avg10=1.25 avg60=0.00 avg300=0.00 total=0");
    for (int cpu = 0; cpu < 3; ++cpu) {
      const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu);
      root_.file(folder + "/cpufreq/scaling_governor", "performance")
          .file(folder + "/topology/physical_package_id", std::to_string(cpu / 2))
          .file(folder + "/thermal_throttle/core_throttle_count", "2");
    }
  }
  Facts look(Depth depth = Depth::thorough) {
    Facts facts;
    look_at_memory(root_.tree(), depth, facts);
    look_at_cpu(root_.tree(), depth, facts);
    return facts;
  }
  FakeRoot root_;
};

TEST_F(LookAtHost, ReadsMemory) {
  const MemoryFacts memory = look().memory;
  EXPECT_TRUE(memory.total_bytes.is(1'082'130'432));
  EXPECT_TRUE(memory.available_bytes.is(536'870'912));
  EXPECT_TRUE(memory.unreclaimable_bytes.is(65'536));
  EXPECT_TRUE(memory.huge_pages.is(16));
  EXPECT_TRUE(memory.huge_pages_free.is(12));
  EXPECT_TRUE(memory.transparent_huge_pages.is("madvise"));
  EXPECT_TRUE(memory.huge_bytes.is(33'554'432));
  EXPECT_TRUE(memory.large_free_blocks.is(8)) << "2 of order 9 and 3 twice as large";
  ASSERT_EQ(memory.edac->size(), 2U);
  EXPECT_TRUE(memory.edac->at(0).corrected.is(5));
  EXPECT_TRUE(memory.edac->at(1).uncorrected.is(1));
}

TEST_F(LookAtHost, ReadsCpus) {
  const CpuFacts cpu = look().cpu;
  EXPECT_TRUE(cpu.online.is(3));
  EXPECT_TRUE(cpu.present.is(4));
  EXPECT_TRUE(cpu.sockets.is(2));
  EXPECT_TRUE(cpu.governors.is({"performance"}));
  EXPECT_TRUE(cpu.throttled.is(6));
  EXPECT_DOUBLE_EQ(*cpu.load_1m, 12.34);
  EXPECT_TRUE(cpu.pressure.is("cpu 1.25 memory 1.25 io 1.25"));
}

TEST_F(LookAtHost, AsksEveryCpuForItsThrottlingInEveryLookThatIsNotQuick) {
  root_.file("sys/devices/system/cpu/online", "0-9");
  for (int cpu = 3; cpu < 10; ++cpu)
    root_.file("sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                   "/thermal_throttle/core_throttle_count",
               "1");
  EXPECT_TRUE(look(Depth::usual).cpu.throttled.is(13));
  EXPECT_TRUE(look(Depth::thorough).cpu.throttled.is(13));
  EXPECT_FALSE(look(Depth::quick).cpu.throttled.asked());
}

TEST_F(LookAtHost, LacksThrottleCountsWhereTheKernelHasNone) {
  for (int cpu = 0; cpu < 3; ++cpu)
    std::filesystem::remove_all(
        root_.path() / ("sys/devices/system/cpu/cpu" + std::to_string(cpu)) / "thermal_throttle");
  EXPECT_EQ(look(Depth::usual).cpu.throttled.gap(), Gap::lacking);
}

TEST_F(LookAtHost, FindsTheSlowestCpuWhenThereIsTime) {
  root_.file("proc/cpuinfo",
             "processor\t: 0\ncpu MHz\t\t: 2400.125\n\nprocessor\t: 1\ncpu MHz\t\t: 799.998\n");
  EXPECT_TRUE(look().cpu.slowest_mhz.is(799));
  EXPECT_FALSE(look(Depth::usual).cpu.slowest_mhz.asked());
  root_.file("proc/cpuinfo", "processor\t: 0\n");
  EXPECT_EQ(look().cpu.slowest_mhz.gap(), Gap::lacking);
}

TEST_F(LookAtHost, NamesEveryGovernorOnce) {
  root_.file("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave");
  EXPECT_TRUE(look().cpu.governors.is({"performance", "powersave"}));
}

TEST_F(LookAtHost, TakesGarbageAndWhatCannotBeReadForUnseen) {
  root_.file("proc/meminfo", "MemTotal:  much kB")
      .file("sys/devices/system/cpu/online", "all")
      .file("proc/loadavg", "high")
      .directory("sys/devices/system/edac/mc/mc0/ce_count")
      .file("sys/kernel/mm/transparent_hugepage/enabled", "always");
  const Facts facts = look();
  EXPECT_TRUE(facts.memory.total_bytes.unseen());
  EXPECT_EQ(facts.memory.available_bytes.gap(), Gap::lacking);
  EXPECT_TRUE(facts.memory.transparent_huge_pages.unseen());
  EXPECT_TRUE(facts.memory.edac->at(0).corrected.unseen());
  EXPECT_TRUE(facts.cpu.online.unseen());
  EXPECT_TRUE(facts.cpu.load_1m.unseen());
}

class LookAtSystem : public ::testing::Test {
 protected:
  LookAtSystem() {
    root_.file("proc/sys/kernel/osrelease", "6.1.0-28-amd64")
        .file("proc/uptime", "86400.12 1000.00")
        .file("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc")
        .file("proc/modules", "nvidia_uvm 1 0 - Live 0x0\nmlx5_ib 2 0 - Live 0x0")
        .file("proc/sys/fs/file-nr", "1024\t0\t65536")
        .file("proc/sys/kernel/pid_max", "4194304")
        .file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory")
        .file("sys/fs/cgroup/system.slice/slurmd.service/cgroup.procs", "812")
        .file("usr/lib/systemd/system/munge.service", "[Unit]");
  }
  SystemFacts look(const std::vector<std::string>& also = {}) {
    Facts facts;
    look_at_system(root_.tree(), Depth::usual, facts);
    look_at_services(root_.tree(), also, facts.system);
    return facts.system;
  }
  FakeRoot root_;
};

TEST_F(LookAtSystem, ReadsKernelModulesAndLimits) {
  const SystemFacts system = look();
  EXPECT_TRUE(system.kernel.is("6.1.0-28-amd64"));
  EXPECT_DOUBLE_EQ(*system.uptime_s, 86'400);
  EXPECT_TRUE(system.clock_source.is("tsc"));
  EXPECT_TRUE(system.modules.is({"nvidia_uvm", "mlx5_ib"}));
  EXPECT_TRUE(system.files_open.is(1'024));
  EXPECT_TRUE(system.files_most.is(65'536));
  EXPECT_TRUE(system.pids_most.is(4'194'304));
  EXPECT_TRUE(system.cgroup_controllers.is({"cpuset", "cpu", "memory"}));
  EXPECT_TRUE(system.limits->contains("memlock"));
  EXPECT_TRUE(system.clock_synchronized.known());
}

TEST_F(LookAtSystem, TellsAServiceThatRunsFromOneThatIsOnlyInstalled) {
  const auto services = *look().services;
  EXPECT_EQ(services.at("slurmd"), true);
  EXPECT_EQ(services.at("munge"), false);
  EXPECT_FALSE(services.contains("nvidia-imex"));
  EXPECT_GT(std::ranges::count(*look().services_missing, "nvidia-imex"), 0);
}

TEST_F(LookAtSystem, LooksForTheServicesThatAreNamed) {
  const std::string slice = "sys/fs/cgroup/system.slice/";
  root_.file(slice + "docker.service/cgroup.procs", "1")
      .file(slice + "ssh.service/cgroup.procs", "2")
      .file("usr/lib/systemd/system/ssh.service", "[Service]")
      .link("etc/systemd/system/sshd.service", "../../../usr/lib/systemd/system/ssh.service")
      .file(slice + "system-my\\x2dagent.slice/my-agent@gpu.service/cgroup.procs", "3")
      .file("etc/systemd/system/my-agent@.service", "[Service]");
  const SystemFacts system =
      look({"docker.service", "sshd", "my-agent@gpu", "my-agent@ib", "nowhere", "../x"});
  const auto& services = *system.services;
  EXPECT_TRUE(services.at("docker"));
  EXPECT_TRUE(services.at("sshd")) << "by the name of its unit";
  EXPECT_TRUE(services.at("my-agent@gpu"));
  EXPECT_FALSE(services.at("my-agent@ib"));
  EXPECT_FALSE(services.contains("nowhere"));
  EXPECT_EQ(std::ranges::count(*system.services_missing, "nowhere"), 1);
}

TEST_F(LookAtSystem, KnowsAServiceThatHasDoneItsWork) {
  root_
      .file("usr/lib/systemd/system/openibd.service",
            "[Service]\nType=oneshot\nRemainAfterExit=yes")
      .file("usr/lib/systemd/system/kubelet.service", "[Service]\nSlice=runtime.slice");
  EXPECT_TRUE(look().services->at("openibd")) << "an old systemd does not say";
  root_.directory("run/systemd/units");
  EXPECT_FALSE(look().services->at("openibd"));
  for (const std::string unit : {"openibd", "kubelet", "munge"})
    root_.link("run/systemd/units/invocation:" + unit + ".service", "1f3a");
  const auto services = *look({"kubelet"}).services;
  EXPECT_TRUE(services.at("openibd"));
  EXPECT_TRUE(services.at("kubelet"));
  EXPECT_FALSE(services.at("munge")) << "a daemon that starts again and again has no process";
}

TEST_F(LookAtSystem, CountsThreadsAndWhatEndsTheirNumbers) {
  root_.file("proc/loadavg", "0.20 0.18 0.12 1/3080 11206");
  EXPECT_TRUE(look().threads.is(3'080));
  EXPECT_TRUE(look().pids_most.is(4'194'304));
  root_.file("proc/sys/kernel/threads-max", "20000");
  EXPECT_TRUE(look().pids_most.is(20'000));
  root_.file("proc/loadavg", "0.20");
  EXPECT_TRUE(look().threads.unseen());
}

TEST(LookAtSystemOfAContainer, LacksWhatIsNotThere) {
  const FakeRoot root;
  Facts facts;
  look_at_system(root.tree(), Depth::usual, facts);
  EXPECT_EQ(facts.system.modules.gap(), Gap::lacking);
  look_at_services(root.tree(), {}, facts.system);
  EXPECT_EQ(facts.system.services.gap(), Gap::lacking);
  EXPECT_EQ(facts.system.files_open.gap(), Gap::lacking);
}

}  // namespace
}  // namespace holdfast::health
