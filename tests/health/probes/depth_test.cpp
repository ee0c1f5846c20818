// SPDX-License-Identifier: Apache-2.0
// The quick look leaves out what no check reads before a job: its checks say the same as after the
// usual one.
#include "fake_root.hpp"
#include "holdfast/health/check.hpp"
#include "holdfast/health/probes/gather.hpp"

#include <set>
#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;
using namespace std::chrono_literals;

/// A node with all that checks read below its root, and something wrong in most of it.
void furnish(FakeRoot& root) {
  root.file("proc/sys/kernel/random/boot_id", "boot-a")
      .file("proc/sys/kernel/osrelease", "6.1.0")
      .file("proc/sys/kernel/pid_max", "32768")
      .file("proc/sys/fs/file-nr", "990 0 1000")
      .file("proc/uptime", "4711.00 1.00")
      .file("proc/loadavg", "900.00 1.00 1.00 1/2 3")
      .file("proc/meminfo",
            "MemTotal: 1024 kB\nMemAvailable: 1 kB\nSUnreclaim: 9 kB\nHugePages_Total: 0")
      .file("proc/buddyinfo", "Node 0, zone   Normal 0 0 0 0 0 0 0 0 0 0 0")
      .file("proc/modules", "nouveau 1 0 - Live 0x0\nnvidia_peermem 1 0 - Live 0x0")
      .file("proc/self/mountinfo",
            "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:44 / /dev/shm rw - tmpfs tmpfs rw")
      .directory("dev/shm")
      .file("dev/kmsg", "6,1,1,-;text");
  for (const char* kind : {"cpu", "memory", "io"})
    root.file(std::string("proc/pressure/") + kind, "some avg10=1.00 avg60=1.00");
  const std::string sys = "sys/devices/system/";
  root.file(sys + "cpu/online", "0-1")
      .file(sys + "cpu/present", "0-2")
      .file(sys + "cpu/cpu0/cpufreq/scaling_governor", "powersave")
      .file(sys + "cpu/cpu1/cpufreq/scaling_governor", "performance")
      .file(sys + "edac/mc/mc0/ce_count", "3")
      .file(sys + "edac/mc/mc0/ue_count", "1")
      .file(sys + "clocksource/clocksource0/current_clocksource", "hpet")
      .file("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never")
      .file("sys/fs/lustre/health_check", "NOT HEALTHY")
      .file("sys/fs/cgroup/cgroup.controllers", "cpu")
      .file("sys/class/nvme/nvme0/state", "dead")
      .file("sys/block/md0/md/degraded", "1");
  root.file("sys/class/net/eth0/operstate", "down")
      .file("sys/class/net/eth0/device", "")
      .file("sys/class/net/eth0/mtu", "1500");
}

using Said = std::tuple<std::string, std::string, Severity, std::string>;

std::set<Said> said(const Facts& facts, Tier tier) {
  const Baseline before;
  const NodeClass node;
  const Limits limits{node, {}};
  std::set<Said> out;
  for (const Finding& finding : judge({facts, before, limits, tier}, {}))
    out.emplace(finding.check, finding.subject, finding.severity, finding.what);
  return out;
}

Facts look(const FakeRoot& root, Depth depth) {
  GatherWish wish;
  wish.root = root.path();
  wish.run_directory = root.path() / "run/holdfast";
  wish.node = "n1";
  wish.depth = depth;
  wish.deadline = 10s;
  return gather(wish).facts;
}

TEST(Depth, TheQuickLookTellsChecksBeforeAJobAsMuchAsTheUsualOne) {
  FakeRoot root;
  furnish(root);
  const Facts quick = look(root, Depth::quick);
  const Facts usual = look(root, Depth::usual);
  const auto before_job = said(usual, Tier::prolog);
  EXPECT_GT(before_job.size(), 10U);
  EXPECT_EQ(said(quick, Tier::prolog), before_job);
  EXPECT_NE(said(quick, Tier::periodic), said(usual, Tier::periodic)) << "it leaves nothing out";
}

}  // namespace
}  // namespace holdfast::health
