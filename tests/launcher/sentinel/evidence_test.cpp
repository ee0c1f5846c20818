// SPDX-License-Identifier: Apache-2.0
#include "sentinel/evidence.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

TEST(KernelLine, IsReadWithoutItsKeys) {
  const auto line = parse_kernel_record(
      "4,1234,56789012,-;NVRM: Xid (PCI:0000:17:00): 79, GPU has fallen off the bus.\n "
      "SUBSYSTEM=pci\n");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->priority, 4U);
  EXPECT_EQ(line->when, std::chrono::microseconds(56789012));
  EXPECT_EQ(line->text, "NVRM: Xid (PCI:0000:17:00): 79, GPU has fallen off the bus.");
}

TEST(KernelLine, OfAFacilityHasItsPriorityOnly) {
  EXPECT_EQ(parse_kernel_record("30,1,2,-;systemd[1]: x")->priority, 6U);
}

TEST(KernelLine, ThatIsNoneIsNone) {
  EXPECT_FALSE(parse_kernel_record(""));
  EXPECT_FALSE(parse_kernel_record("4,1234;text"));
  EXPECT_FALSE(parse_kernel_record("a,b,c;text"));
}

TEST(KernelLine, IsEvidenceWhenItIsAnErrorOrSpeaksOfWhatKillsRanks) {
  const auto at = [](unsigned priority, const char* text) {
    return is_evidence({priority, {}, text});
  };
  EXPECT_TRUE(at(3, "anything"));
  EXPECT_TRUE(at(4, "NVRM: Xid (PCI:0000:17:00): 79"));
  EXPECT_TRUE(at(6, "mlx5_core 0000:17:00.0 ib0: Link down"));
  EXPECT_TRUE(at(6, "Memory cgroup out of memory: Killed process 1 (python)"));
  EXPECT_TRUE(at(6, "python[7]: segfault at 0 ip 00 sp 00 error 4"));
  EXPECT_FALSE(at(6, "usb 1-1: new high-speed USB device"));
  EXPECT_FALSE(is_evidence(*parse_kernel_record("11,1,2,-;NVRM: Xid (PCI:0000:17:00): 79")))
      << "a program wrote it";
}

TEST(KernelLine, ThatIsTheRestOfABrokenOneIsNoEvidence) {
  // a user's cgroup may be called so, and its name is told by itself when another line comes
  // between
  const char* text = "4,1,2,-;NVRM: Xid (PCI:0000:17:00): 79";
  EXPECT_TRUE(is_evidence(*parse_kernel_record(text)));
  for (std::string record : {"4,1,2,c;NVRM: Xid (PCI:0000:17:00): 79",
                             "4,1,2,+;NVRM: Xid (PCI:0000:17:00): 79",
                             "4,1,2,c,caller=T1;NVRM: Xid (PCI:0000:17:00): 79"})
    EXPECT_FALSE(is_evidence(*parse_kernel_record(record))) << record;
}

TEST(KernelLine, NamesTheGpuItsDriverSpeaksOf) {
  const auto gpu = [](std::string text) { return std::string(gpu_of({4, {}, std::move(text)})); };
  EXPECT_EQ(gpu("NVRM: Xid (PCI:0000:17:00): 79"), "0000:17:00");
  EXPECT_EQ(gpu("NVRM: GPU 0000:17:00.0: GPU has fallen off the bus."), "0000:17:00");
  EXPECT_EQ(gpu("amdgpu 0000:c1:00.0: amdgpu: GPU reset failed"), "0000:c1:00");
  EXPECT_EQ(gpu("NVRM: GPU at PCI:0000:17:00: GPU-1"), "");
  EXPECT_EQ(gpu("amdgpu 0000"), "");
  EXPECT_EQ(gpu("NVRM: RmInitAdapter failed!"), "");
}

TEST(KernelLog, ThatCannotBeReadSaysWhy) {
  KernelLog log("/no/such/log");
  EXPECT_NE(log.obstacle().find("/no/such/log cannot be read"), std::string::npos);
  EXPECT_TRUE(log.read_new(10).empty());
}

TEST(MemoryEvents, AreFoundForBothVersionsOfCgroups) {
  EXPECT_EQ(memory_events_file("0::/slurm/job_7/step_0\n", "/sys/fs/cgroup"),
            "/sys/fs/cgroup/slurm/job_7/step_0/memory.events");
  EXPECT_EQ(memory_events_file("5:cpu,cpuacct:/a\n4:memory:/slurm/job_7\n0::/x\n", "/c"),
            "/c/memory/slurm/job_7/memory.oom_control");
  EXPECT_FALSE(memory_events_file("5:cpu:/a\n", "/c"));
  EXPECT_FALSE(memory_events_file("nonsense", "/c"));
}

TEST(MemoryEvents, CountProcessesThatWereKilled) {
  EXPECT_EQ(oom_kills_in("low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\n"), 1U);
  EXPECT_EQ(oom_kills_in("oom_kill_disable 0\nunder_oom 0\noom_kill 3"), 3U);
  EXPECT_FALSE(oom_kills_in("oom 2\n"));
}

RankState rank_of(int pid, unsigned rank) {
  return {.attempt = 1,
          .rank = rank,
          .local_rank = rank,
          .pid = pid,
          .state = 'S',
          .cpu = {},
          .processes = 1};
}

std::vector<NodeSign> ranks_gone(const std::vector<NodeSign>& signs) {
  std::vector<NodeSign> gone;
  for (const NodeSign& sign : signs)
    if (sign.kind == NodeSign::Kind::rank_gone) gone.push_back(sign);
  return gone;
}

TEST(Evidence, ARankThatIsGoneIsToldOnce) {
  Evidence evidence;
  const std::vector both{rank_of(999999, 0), rank_of(999998, 1)};
  evidence.read_new(both);
  EXPECT_TRUE(ranks_gone(evidence.take_untold()).empty());
  evidence.rank_gone(999998);
  evidence.read_new(std::span(both).first(1));
  const auto told = ranks_gone(evidence.take_untold());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].rank, 1U);
  EXPECT_EQ(told[0].attempt, 1U);
  EXPECT_TRUE(ranks_gone(evidence.take_untold()).empty());
  EXPECT_EQ(ranks_gone(evidence.since(0)).size(), 1U) << "who asks gets it again";
  EXPECT_TRUE(ranks_gone(evidence.since(told[0].at_ms + 1)).empty());
}

TEST(Evidence, TellsWhatTheKernelSaysOfTheJobsOwnGpus) {
  const auto log = std::filesystem::temp_directory_path() / ("kmsg-" + std::to_string(getpid()));
  std::ofstream kernel(log);
  Evidence evidence(log.string());
  const auto told = [&](const std::string& gpu) {
    kernel << "4,1,1000000,-;NVRM: Xid (PCI:" << gpu << "): 79, fallen off the bus.\n"
           << std::flush;
    evidence.read_new({});
    return evidence.take_untold().size();
  };
  EXPECT_EQ(told("0000:17:00"), 0U) << "it was there before us";
  EXPECT_EQ(told("0000:99:00"), 1U) << "nobody knows yet whose it is";
  evidence.set_own_gpus({"0000:17:00.0", "0000:18:00.0"});
  EXPECT_EQ(told("0000:18:00"), 1U);
  EXPECT_EQ(told("0000:99:00"), 0U);
  kernel << "4,1,1000000,-;amdgpu 0000:99:00.0: amdgpu: GPU reset failed\n" << std::flush;
  evidence.read_new({});
  EXPECT_TRUE(evidence.take_untold().empty()) << "it would end our attempt for a neighbour's GPU";
  std::filesystem::remove(log);
}

TEST(Evidence, IsBoundedHoweverLongNobodyListens) {
  Evidence evidence;
  for (unsigned count = 0; count < 5000; ++count)
    evidence.add({.kind = NodeSign::Kind::kernel_line, .at_ms = 1, .count = count, .text = "x"});
  const auto untold = evidence.take_untold();
  EXPECT_LE(untold.size(), 200U);
  EXPECT_EQ(untold.back().count, 4999U) << "the youngest are kept";
  EXPECT_LE(evidence.since(0).size(), 1000U);
}

}  // namespace
}  // namespace holdfast::sentinel
