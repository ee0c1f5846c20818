// SPDX-License-Identifier: Apache-2.0
#include "sentinel/processes.hpp"

#include "marked_child.hpp"
#include "sentinel/ranks.hpp"

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

using namespace std::string_literals;

Process process(int pid, int parent, std::optional<Mark> mark = {}) {
  Process one;
  one.pid = pid;
  one.parent = parent;
  one.state = 'S';
  one.cpu_ticks = 10;
  one.faults = 7;
  one.io_bytes = 1000;
  one.waits_in = "in_" + std::to_string(pid);
  one.started = static_cast<std::uint64_t>(pid);
  one.mark = mark;
  return one;
}

TEST(Mark, IsFoundInAnEnvironmentOfAStepOfTheJob) {
  const auto mark = mark_in(
      "HOME=/x\0HOLDFAST_ATTEMPT=3\0SLURM_JOB_ID=7\0SLURM_STEP_ID=2\0SLURM_PROCID=5\0SLURM_LOCALID=1\0"s,
      "7");
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->attempt, 3U);
  EXPECT_EQ(mark->rank, 5U);
  EXPECT_EQ(mark->local_rank, 1U);
}

TEST(Mark, IsNotOnSrunNorOnTheScriptNorOnAnotherJob) {
  EXPECT_FALSE(mark_in("HOLDFAST_ATTEMPT=3\0SLURM_JOB_ID=7\0SLURM_PROCID=0\0"s, "7"));
  EXPECT_FALSE(mark_in("SLURM_JOB_ID=7\0SLURM_STEP_ID=2\0SLURM_PROCID=5\0"s, "7"));
  EXPECT_FALSE(
      mark_in("HOLDFAST_ATTEMPT=3\0SLURM_JOB_ID=77\0SLURM_STEP_ID=2\0SLURM_PROCID=5\0"s, "7"));
  EXPECT_FALSE(
      mark_in("HOLDFAST_ATTEMPT=x\0SLURM_JOB_ID=7\0SLURM_STEP_ID=2\0SLURM_PROCID=5\0"s, "7"));
  EXPECT_FALSE(mark_in("", "7"));
}

TEST(Stat, IsReadPastANameOfAnyKind) {
  const auto read = parse_stat(
      "4711 (a) R (b)) T 12 4711 4711 0 -1 4194304 13 5 2 3 70 30 0 0 20 0 1 0 5000 1 1 1 1\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->pid, 4711);
  EXPECT_EQ(read->parent, 12);
  EXPECT_EQ(read->state, 'T');
  EXPECT_EQ(read->cpu_ticks, 100U);
  EXPECT_EQ(read->faults, 15U) << "its own, not those of children it has waited for";
  EXPECT_EQ(read->started, 5000U);
}

TEST(Stat, ThatIsCutOffIsNone) {
  EXPECT_FALSE(parse_stat(""));
  EXPECT_FALSE(parse_stat("4711 (name)"));
  EXPECT_FALSE(parse_stat("4711 (name) S 12 3"));
  EXPECT_FALSE(parse_stat("x (name) S 12 4711 4711 0 -1 4 1 0 0 0 70 30 0 0 20 0 1 0 5000"));
}

TEST(Io, IsWhatWasReadAndWrittenCachedOrNot) {
  EXPECT_EQ(
      parse_io("rchar: 300\nwchar: 40\nsyscr: 7\nsyscw: 2\nread_bytes: 4096\nwrite_bytes: 0\n"),
      340U);
  EXPECT_EQ(parse_io(""), 0U);
  EXPECT_EQ(parse_io("rchar: many\n"), 0U);
}

TEST(WaitChannel, IsANameOrNothing) {
  EXPECT_EQ(parse_wait_channel("futex_do_wait"), "futex_do_wait");
  EXPECT_EQ(parse_wait_channel("nfs_wait_bit_killable.part.0\n"), "nfs_wait_bit_killable.part.0");
  EXPECT_EQ(parse_wait_channel("0"), "") << "it does not sleep, or nobody may see";
  EXPECT_EQ(parse_wait_channel("a b"), "");
  EXPECT_EQ(parse_wait_channel(std::string(65, 'x')), "");
}

TEST(Descendants, HaveTheMarkOfTheNearestAncestorThatHasOne) {
  const Mark first{1, 0, 0};
  const Mark second{1, 1, 1};
  auto found = with_descendants({process(1, 0),
                                 process(10, 1, first),
                                 process(11, 10),
                                 process(12, 11),
                                 process(13, 11, second),
                                 process(14, 13),
                                 process(20, 1)});
  std::map<int, unsigned> ranks;
  for (const Process& one : found)
    ranks.emplace(one.pid, one.mark->rank);
  EXPECT_EQ(ranks, (std::map<int, unsigned>{{10, 0}, {11, 0}, {12, 0}, {13, 1}, {14, 1}}));
}

TEST(Descendants, OfParentsInACircleEnd) {
  EXPECT_TRUE(with_descendants({process(2, 3), process(3, 2)}).empty());
}

TEST(Ranks, AreTheOldestProcessesWithTheWorkOfAllTheyStarted) {
  const Mark mark{2, 4, 0};
  std::vector<Process> all{process(10, 1, mark), process(11, 10, mark), process(12, 11, mark)};
  all.push_back(process(30, 1, Mark{1, 4, 0}));
  const auto ranks = ranks_of(all, 2, 100);
  ASSERT_EQ(ranks.size(), 1U);
  EXPECT_EQ(ranks[0].pid, 10);
  EXPECT_EQ(ranks[0].rank, 4U);
  EXPECT_EQ(ranks[0].processes, 3U);
  EXPECT_EQ(ranks[0].cpu, std::chrono::milliseconds(300));
  EXPECT_EQ(ranks[0].faults, 21U);
  EXPECT_EQ(ranks[0].io_bytes, 3000U);
  EXPECT_EQ(ranks[0].waits_in, "in_10") << "as the process Slurm started";
}

TEST(Ranks, ADeadProcessIsNone) {
  Process dead = process(10, 1, Mark{2, 4, 0});
  dead.state = 'Z';
  EXPECT_TRUE(ranks_of(std::vector{dead}, 2, 100).empty());
}

TEST(Handler, IsSeenInTheStatusOfAProcess) {
  EXPECT_TRUE(handles("Name:\tx\nSigCgt:\t0000000000000200\nCapInh:\t0\n", SIGUSR1));
  EXPECT_FALSE(handles("Name:\tx\nSigCgt:\t0000000000000200\n", SIGUSR2));
  EXPECT_FALSE(handles("Name:\tx\n", SIGUSR1));
}

TEST(ProcessTable, FindsAMarkedProcessOfThisNodeAndItsChildren) {
  const MarkedChild child(own_job(), 3, 1, {"sh", "-c", "env -i sleep 60 & wait"});
  ProcessTable table(own_job());
  ASSERT_TRUE(child.wait_for([&] { return table.read_all().size() == 2; }));
  const auto all = table.read_all();
  EXPECT_TRUE(std::ranges::all_of(all, [](const Process& one) { return one.mark->attempt == 3; }));
  const auto marked = table.read_marked();
  ASSERT_EQ(marked.size(), 1U) << "the child has cleared its environment";
  EXPECT_EQ(marked[0].pid, child.pid());
}

TEST(ProcessTable, SeesWhatAProcessReadsAndWhereItSleeps) {
  const MarkedChild child(
      own_job(), 3, 1, {"sh", "-c", "head -c 3000000 /dev/zero | cat >/dev/null; wait; sleep 60"});
  ProcessTable table(own_job());
  std::vector<Process> marked;
  ASSERT_TRUE(child.wait_for([&] {
    marked = table.read_marked();
    return marked.size() == 2 && !marked[0].waits_in.empty() && !marked[1].waits_in.empty();
  })) << "the shell waits for its child, and the child for time";
  EXPECT_GT(marked[0].faults, 0U);
  EXPECT_GT(marked[0].io_bytes + marked[1].io_bytes, 0U) << "at least its libraries";
}

TEST(ProcessTable, SeesAProcessThatBecameOursAfterItWasFirstLookedAt) {
  ProcessTable table(own_job());
  // As slurmstepd's child does: the mark comes with exec.
  const MarkedChild child(own_job(), 1, 0, {"sleep", "60"}, "env HOLDFAST_ATTEMPT=1");
  EXPECT_TRUE(child.wait_for([&] { return table.read_marked().size() == 1; }));
}

TEST(Kill, EndsAllProcessesOfTheAttemptAndNoOther) {
  const MarkedChild first(own_job(), 1, 0, {"sh", "-c", "trap '' TERM; sleep 60 & wait"});
  const MarkedChild second(own_job(), 2, 0, {"sleep", "60"});
  ProcessTable table(own_job());
  ASSERT_TRUE(first.wait_for([&] { return table.read_all().size() == 3; }));
  EXPECT_EQ(kill_processes(table, 1, SIGKILL), 2U);
  EXPECT_TRUE(first.wait_for([&] { return kill_processes(table, 1, 0) == 0; }));
  EXPECT_EQ(kill_processes(table, 2, 0), 1U);
}

TEST(Signal, GoesOnlyToProcessesThatHandleIt) {
  const MarkedChild deaf(own_job(), 5, 0, {"sleep", "60"});
  const MarkedChild hears(
      own_job(), 5, 1, {"sh", "-c", "trap 'exit 7' USR1; while :; do sleep 0.05; done"});
  ProcessTable table(own_job());
  EXPECT_TRUE(hears.wait_for([&] { return signal_ranks(table, 5, SIGUSR1) == 1; }));
  EXPECT_EQ(hears.wait(), 7);
  EXPECT_EQ(kill_processes(table, 5, 0), 1U) << "the other one lives";
  EXPECT_EQ(signal_ranks(table, 5, 0), 0U);
  EXPECT_EQ(signal_ranks(table, 5, 9999), 0U);
}

}  // namespace
}  // namespace holdfast::sentinel
