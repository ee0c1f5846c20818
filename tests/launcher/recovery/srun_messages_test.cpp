// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/srun_messages.hpp"

#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::recovery {
namespace {

using Kind = SrunMessageKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SrunMessages, TellWhichRankWasKilledWhere) {
  const auto message = parse_srun_message("srun: error: n2: task 3: Killed");
  EXPECT_EQ(message.kind, Kind::ranks_ended);
  EXPECT_THAT(message.nodes, ElementsAre("n2"));
  EXPECT_THAT(message.ranks, ElementsAre(3U));
  EXPECT_EQ(message.signal, SIGKILL);
  EXPECT_FALSE(message.core);
  EXPECT_FALSE(message.out_of_memory);
}

TEST(SrunMessages, TellTheExitCodeOfManyRanks) {
  const auto message =
      parse_srun_message("srun: error: n[1-2]: tasks 4-6,9: Exited with exit code 17");
  EXPECT_EQ(message.kind, Kind::ranks_ended);
  EXPECT_THAT(message.nodes, ElementsAre("n1", "n2"));
  EXPECT_THAT(message.ranks, ElementsAre(4U, 5U, 6U, 9U));
  EXPECT_EQ(message.exit_code, 17);
  EXPECT_EQ(message.signal, 0);
}

TEST(SrunMessages, TellACoreDumpAndTheLackOfMemory) {
  const auto crash =
      parse_srun_message("srun: error: n1: task 0: Segmentation fault (core dumped)");
  EXPECT_EQ(crash.signal, SIGSEGV);
  EXPECT_TRUE(crash.core);
  const auto memory = parse_srun_message("srun: error: n1: task 0: Out Of Memory");
  EXPECT_EQ(memory.kind, Kind::ranks_ended);
  EXPECT_TRUE(memory.out_of_memory);
}

TEST(SrunMessages, AreFoundBehindALabel) {
  EXPECT_EQ(
      parse_srun_message("  0: slurmstepd: error: execve(): ./a: No such file or directory").kind,
      Kind::cannot_execute);
}

TEST(SrunMessages, TellWhyAStepWasCancelled) {
  const std::string begin =
      "slurmstepd: error: *** STEP 5.1 ON n1 CANCELLED AT 2026-01-01T00:00:00";
  EXPECT_EQ(parse_srun_message(begin + " ***").kind, Kind::step_cancelled);
  EXPECT_EQ(parse_srun_message(begin + " DUE TO TIME LIMIT ***").kind, Kind::time_limit);
  EXPECT_EQ(parse_srun_message(begin + " DUE TO PREEMPTION ***").kind, Kind::preempted);
  EXPECT_EQ(parse_srun_message(begin + " DUE TO JOB REQUEUE ***").kind, Kind::requeued);
  const auto node =
      parse_srun_message(begin + " DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS ***");
  EXPECT_EQ(node.kind, Kind::node_failed);
  EXPECT_THAT(node.nodes, IsEmpty()) << "n1 tells it, another node failed";
}

TEST(SrunMessages, NameTheNodesThatFailed) {
  const auto message = parse_srun_message("srun: error: Node failure on n[3,5]");
  EXPECT_EQ(message.kind, Kind::node_failed);
  EXPECT_THAT(message.nodes, ElementsAre("n3", "n5"));
}

TEST(SrunMessages, TellWhetherAskingAgainMayHelp) {
  EXPECT_TRUE(
      parse_srun_message("srun: error: Unable to create step for job 5: Requested nodes are busy")
          .retryable);
  const auto invalid =
      parse_srun_message("srun: error: Unable to create step for job 5: Invalid job id specified");
  EXPECT_EQ(invalid.kind, Kind::step_not_created);
  EXPECT_FALSE(invalid.retryable);
}

TEST(SrunMessages, TellThatSrunDoesNotTakeItsLine) {
  for (const char* line :
       {"srun: unrecognized option '--frob'",
        "srun: invalid option -- 'R'",
        "srun: option requires an argument -- 'n'",
        "srun: option '--mem' requires an argument",
        "srun: error: --exclusive and --overlap are mutually exclusive",
        "srun: error: unrecognized --cpu-bind argument \"foo\"",
        "srun: fatal: Failed to parse --cpu-bind= values.",
        "srun: fatal: No command given to execute.",
        "srun: error: Invalid --time specification",
        "srun: error: Invalid --holdfast-bind argument: foo",
        "srun: error: Invalid numeric value \"foo\" for --cpus-per-task.",
        "srun: error: Invalid MPI type 'foo', --mpi=list for acceptable types",
        "srun: error: Invalid task range specification (garbage)",
        "srun: error: Line 1 of configuration file /c invalid",
        "srun: error: Configuration file /c invalid, no record for task id 1",
        "srun: error: Could not open stdout file: No such file or directory",
        "srun: error: Unable to create step for job 5: More processors requested than permitted",
        "srun: error: Unable to create step for job 5: Invalid generic resource (gres) "
        "specification"})
    EXPECT_EQ(parse_srun_message(line).kind, Kind::refused) << line;
  for (const char* line : {"srun: error: Could not open stdout file: Input/output error",
                           "srun: error: Invalid job credential",
                           "srun: error: Unable to create step for job 5: Requested nodes are busy",
                           "train.py: unrecognized option '--frob'",
                           "srun: error: Too few NodeNames in Slurm Hostfile"})
    EXPECT_NE(parse_srun_message(line).kind, Kind::refused) << line;
}

TEST(SrunMessages, NameTheNodeThatCouldNotStart) {
  const auto message = parse_srun_message(
      "srun: error: Task launch for StepId=5.0 failed on node n4: Communication connection "
      "failure");
  EXPECT_EQ(message.kind, Kind::launch_failed);
  EXPECT_THAT(message.nodes, ElementsAre("n4"));
}

TEST(SrunMessages, TellOtherThings) {
  EXPECT_EQ(
      parse_srun_message("srun: Job step aborted: Waiting up to 32 seconds for job step to finish.")
          .kind,
      Kind::step_aborted);
  EXPECT_EQ(
      parse_srun_message("slurmstepd: error: Detected 1 oom_kill event in StepId=5.0. Some of "
                         "the step tasks have been OOM Killed.")
          .kind,
      Kind::oom_events);
  EXPECT_EQ(
      parse_srun_message("slurmstepd-n1: error: Detected 1 oom_kill event in StepId=5.0.").kind,
      Kind::oom_events);
}

TEST(SrunMessages, AreNotBelievedFromAProgramThatQuotesThem) {
  for (const char* line : {"the log said: srun: error: n2: task 3: Killed",
                           "# srun: error: Node failure on n1",
                           "slurmstepd is fine: error: *** STEP 5 ON n1 CANCELLED AT now ***",
                           "srun: error: n2: task x: Killed",
                           "srun: error: n2: task 3: Completed",
                           "srun: error: : task 3: Killed",
                           "srun: error: n2: task 0-4294967295: Killed",
                           "srun:",
                           ""})
    EXPECT_EQ(parse_srun_message(line).kind, Kind::other) << line;
}

TEST(SrunMessages, BecomeOneExitForEachRank) {
  const std::vector<RankBlock> map{{"n1", 0, 2}, {"n2", 2, 2}};
  const auto exits = rank_exits(
      parse_srun_message("srun: error: n[1-2]: tasks 1-2: Exited with exit code 1"), map, 77);
  ASSERT_EQ(exits.size(), 2U);
  EXPECT_EQ(exits[0].node, "n1");
  EXPECT_EQ(exits[1].node, "n2");
  EXPECT_EQ(exits[1].rank, 2U);
  EXPECT_EQ(exits[1].exit_code, 1);
  EXPECT_EQ(exits[1].at_ms, 77);
  EXPECT_EQ(node_of_rank(map, 4), "");
}

}  // namespace
}  // namespace holdfast::recovery
