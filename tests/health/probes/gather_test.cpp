// SPDX-License-Identifier: Apache-2.0
// The whole look at a node, against a root and an NVML of our own.
#include "holdfast/health/probes/gather.hpp"

#include "fake_root.hpp"
#include "health/nvml/fake_node.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeNvml;
using holdfast::testing::FakeRoot;
using namespace std::chrono_literals;

class Gather : public ::testing::Test {
 protected:
  Gather() {
    root_.file("proc/sys/kernel/random/boot_id", "boot-a")
        .file("proc/meminfo", "MemTotal: 1024 kB")
        .file("proc/self/mountinfo",
              "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:44 / /home rw - nfs4 server:/home rw")
        .file("dev/kmsg", "3,11,2000,-;NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.")
        .directory("home");
  }
  GatherWish wish() {
    GatherWish wish;
    wish.root = root_.path();
    wish.run_directory = root_.path() / "run/holdfast";
    wish.node = "n1";
    wish.nvml_library = HOLDFAST_FAKE_NVML_LIBRARY;
    wish.deadline = 10s;
    return wish;
  }
  FakeRoot root_;
};

TEST_F(Gather, PutsTogetherWhatTheProbesSaw) {
  const FakeNvml nvml("gpus 8");
  const Gathered gathered = gather(wish());
  const Facts& facts = gathered.facts;
  EXPECT_EQ(facts.node, "n1");
  EXPECT_EQ(facts.boot_id, "boot-a");
  EXPECT_GT(facts.at, 0);
  ASSERT_TRUE(facts.gpus.known());
  EXPECT_EQ(facts.gpus->size(), 8U);
  EXPECT_TRUE(facts.memory.total_bytes.is(1'048'576));
  EXPECT_TRUE(facts.slurm.node_name.is("n1"));
  ASSERT_EQ(facts.kernel->size(), 1U);
  EXPECT_EQ(gathered.cursor, (KernelLogCursor{"boot-a", 12, 2000}));
  ASSERT_EQ(facts.storage.mounts->size(), 2U);
  for (const MountFacts& mount : *facts.storage.mounts)
    EXPECT_TRUE(mount.answers.is(true)) << mount.path;
  for (const ProbeRecord& probe : facts.probes)
    EXPECT_EQ(probe.end, ProbeEnd::answered) << probe.name << ": " << probe.why;
}

TEST_F(Gather, KeepsTheRestWhenADriverHangs) {
  const FakeNvml nvml("gpus 8\nhang nvmlInit_v2");
  GatherWish short_wish = wish();
  short_wish.deadline = 500ms;
  const auto before = std::chrono::steady_clock::now();
  const Facts facts = gather(short_wish).facts;
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  EXPECT_TRUE(facts.gpus.unseen());
  EXPECT_TRUE(facts.gpu_driver.start.unseen());
  const auto record = std::ranges::find(facts.probes, "gpus", &ProbeRecord::name);
  ASSERT_NE(record, facts.probes.end());
  // On a busy machine its end may not have been seen in the moment that is given it.
  EXPECT_TRUE(record->end == ProbeEnd::timed_out || record->end == ProbeEnd::stuck);
  EXPECT_TRUE(facts.memory.total_bytes.known());
}

TEST_F(Gather, SaysAFileServerIsGoneWithoutTheOthers) {
  std::filesystem::remove(root_.path() / "home");
  root_.link("home", "home");  // leads nowhere, with an error
  const Facts facts = gather(wish()).facts;
  const auto& mounts = *facts.storage.mounts;
  EXPECT_TRUE(mounts[1].answers.is(false));
  EXPECT_TRUE(mounts[0].answers.is(true));
}

TEST_F(Gather, LeavesOutWhatItIsToldTo) {
  GatherWish few = wish();
  few.without = {"gpus", "devices", "processes", "slurm", "storage", "kernel_log"};
  const Facts facts = gather(few).facts;
  EXPECT_FALSE(facts.gpus.asked());
  EXPECT_FALSE(facts.kernel.asked());
  EXPECT_FALSE(facts.storage.mounts.asked());
  ASSERT_EQ(facts.probes.size(), 1U);
  EXPECT_EQ(facts.probes.front().name, "host");
}

TEST_F(Gather, AsksTheServiceProcessorOnlyWhereItIsTold) {
  EXPECT_FALSE(gather(wish()).facts.system.event_log_entries.asked());
  GatherWish asking = wish();
  asking.event_log = [] {
    return Result<std::string>(
        "   1 | 11/20/2026 | Fan #0x31 | Failure\n   2 | Power Supply | x\x07y\n");
  };
  const Facts facts = gather(asking).facts;
  EXPECT_TRUE(facts.system.event_log_entries.is(2));
  EXPECT_EQ(facts.system.event_log_last, "2 | Power Supply | x?y");
  for (const char* empty :
       {"SEL has no entries\n",
        "   1 | 11/20/2026 | 10:00:00 | Event Logging Disabled #0x10 | Log area reset/cleared | "
        "Asserted\n",
        "1 | Nov-20-2026 | SEL | Event Logging Disabled | Log Area Reset/Cleared\n"}) {
    asking.event_log = [empty] { return Result<std::string>(empty); };
    EXPECT_TRUE(gather(asking).facts.system.event_log_entries.is(0)) << empty;
  }
  asking.event_log = [] {
    return Result<std::string>(Failure{FailureKind::timed_out, "ipmitool did not answer", {}, {}});
  };
  EXPECT_EQ(gather(asking).facts.system.event_log_entries.why(), "ipmitool did not answer");
}

TEST_F(Gather, LooksForRoomWhereCheckpointsGo) {
  GatherWish saving = wish();
  saving.checkpoints = {"/home", "/nowhere"};
  saving.find_newest_checkpoint = [](const std::filesystem::path& directory,
                                     CheckpointFacts& facts) {
    facts.newest = directory.filename();
    facts.newest_bytes = 4096;
  };
  const Facts facts = gather(saving).facts;
  ASSERT_EQ(facts.storage.checkpoints->size(), 2U);
  const CheckpointFacts& home = facts.storage.checkpoints->front();
  EXPECT_EQ(home.directory, "/home");
  EXPECT_EQ(home.newest, "home");
  EXPECT_TRUE(home.newest_bytes.is(4096));
  EXPECT_GT(home.bytes_free.value_or(0), 0U);
  EXPECT_TRUE(facts.storage.checkpoints->back().bytes_free.unseen());
}

TEST_F(Gather, SaysThatTheRoomForCheckpointsWasNotSeen) {
  GatherWish saving = wish();
  saving.deadline = 500ms;
  saving.checkpoints = {"/home"};
  saving.find_newest_checkpoint = [](const std::filesystem::path&, CheckpointFacts&) { pause(); };
  const Facts facts = gather(saving).facts;
  ASSERT_EQ(facts.storage.checkpoints->size(), 1U);
  EXPECT_TRUE(facts.storage.checkpoints->front().newest_bytes.unseen());
  EXPECT_EQ(facts.storage.checkpoints->front().directory, "/home");
}

TEST_F(Gather, LeavesAloneWhatTheSiteLeavesOut) {
  const FakeNvml nvml("gpus 8\nhang nvmlInit_v2");
  GatherWish without = wish();
  without.leave_out = {"gpus", "kernel_log", "mount /home"};
  const auto before = std::chrono::steady_clock::now();
  const Facts facts = gather(without).facts;
  EXPECT_LT(std::chrono::steady_clock::now() - before, without.deadline);
  EXPECT_EQ(facts.gpus.gap(), Gap::not_asked);
  EXPECT_EQ(facts.kernel.gap(), Gap::not_asked);
  EXPECT_TRUE(facts.memory.total_bytes.known());
  const auto home = std::ranges::find(*facts.storage.mounts, "/home", &MountFacts::path);
  ASSERT_NE(home, facts.storage.mounts->end());
  EXPECT_EQ(home->answers.gap(), Gap::not_asked);
  std::vector<std::string> left_out;
  for (const ProbeRecord& probe : facts.probes)
    if (probe.end == ProbeEnd::left_out) left_out.push_back(probe.name);
  EXPECT_EQ(left_out, without.leave_out) << "and the facts say so";
}

TEST_F(Gather, NamesEveryProbeItStarts) {
  for (const ProbeRecord& probe : gather(wish()).facts.probes)
    EXPECT_TRUE(std::ranges::count(probe_names, probe.name) == 1 ||
                probe.name.starts_with("mount "))
        << probe.name;
}

}  // namespace
}  // namespace holdfast::health
