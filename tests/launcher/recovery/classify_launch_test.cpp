// SPDX-License-Identifier: Apache-2.0
// Attempts that ended before a rank ran: what srun refused, what it could not do, and why it was
// not even run.
#include "evidence_builder.hpp"
#include "holdfast/recovery/classify.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::recovery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::job;

TEST(Classify, KnowsALaunchThatNeverCameToRun) {
  auto evidence =
      job()
          .say(
              "srun: error: Task launch for StepId=5.0 failed on node n4: Communication connection "
              "failure")
          .say("srun: error: Application launch failed: Communication connection failure")
          .evidence();
  evidence.ranks_ran = false;
  evidence.srun_exit = 1;
  const Loss loss = classify(evidence);
  EXPECT_EQ(loss.cause, Cause::launch_failed);
  EXPECT_THAT(loss.blamed, ElementsAre("n4"));
  EXPECT_EQ(loss.exit_code, 1);
  auto bare = job().evidence();
  bare.ranks_ran = false;
  EXPECT_EQ(classify(bare).cause, Cause::launch_failed);
}

/// srun ended with 1 before any rank ran, and these were its words.
Loss loss_before_ranks(const std::vector<std::string>& lines, bool ran_before = false) {
  auto told = job();
  for (const std::string& line : lines)
    told.say(line);
  auto evidence = told.evidence();
  evidence.ranks_ran = false;
  evidence.ran_before = ran_before;
  evidence.srun_exit = 1;
  return classify(evidence);
}

TEST(Classify, TakesALineThatSrunRefusesForTheUsersAndQuotesSrun) {
  const Loss option = loss_before_ranks({"srun: unrecognized option '--frob'"});
  EXPECT_EQ(option.cause, Cause::user_error);
  EXPECT_TRUE(option.self_proving);
  EXPECT_THAT(option.why, HasSubstr("unrecognized option '--frob'"));
  EXPECT_EQ(option.exit_code, 1);
  const Loss gpus = loss_before_ranks(
      {"srun: error: Step requested GRES but job doesn't have GRES",
       "srun: error: Unable to create step for job 1: Invalid generic resource (gres) "
       "specification"});
  EXPECT_EQ(gpus.cause, Cause::user_error);
  EXPECT_THAT(gpus.why, HasSubstr("Invalid generic resource"));
}

TEST(Classify, DoesNotTakeSrunsOwnFileForARanks) {
  const Loss loss =
      loss_before_ranks({"srun: error: Could not open stdout file: No such file or directory"});
  EXPECT_TRUE(loss.self_proving);
  EXPECT_THAT(loss.why, HasSubstr("Could not open stdout file"));
  EXPECT_THAT(loss.why, ::testing::Not(HasSubstr("a rank")));
}

TEST(Classify, DoesNotBlameALineThatBroughtRanksToRunBefore) {
  const std::vector<std::string> lines{
      "srun: error: Unable to create step for job 1: More processors requested than permitted"};
  EXPECT_EQ(loss_before_ranks(lines).cause, Cause::user_error);
  EXPECT_EQ(loss_before_ranks(lines, true).cause, Cause::launch_failed);
}

TEST(Classify, HearsARefusalOnlyFromItsOwnSrun) {
  const Loss loss =
      classify(job().say("srun: unrecognized option '--frob'").exits(3, 7).evidence());
  EXPECT_EQ(loss.fingerprint, "user_error|exit 7");
}

TEST(Classify, QuotesSrunWhereItStartedNoRankAndKnowsWhatPasses) {
  const Loss lasting = loss_before_ranks({"srun: error: Too few NodeNames in Slurm Hostfile",
                                          "srun: error: Failure getting NodeNames from hostfile"});
  EXPECT_EQ(lasting.cause, Cause::launch_failed);
  EXPECT_THAT(lasting.why, HasSubstr("Too few NodeNames in Slurm Hostfile"));
  EXPECT_TRUE(lasting.self_proving);
  const Loss passing = loss_before_ranks(
      {"srun: error: Unable to confirm allocation for job 5: Unable to contact slurm controller"});
  EXPECT_EQ(passing.cause, Cause::launch_failed);
  EXPECT_THAT(passing.why, HasSubstr("contact slurm controller"));
  EXPECT_FALSE(passing.self_proving);
  EXPECT_FALSE(loss_before_ranks({"srun: error: Unable to create step for job 5: Requested nodes "
                                  "are busy"})
                   .self_proving);
}

TEST(Classify, TakesAStateDirectoryThatIsFullForStorage) {
  auto evidence = job().evidence();
  evidence.ranks_ran = false;
  evidence.srun_exit = 1;
  evidence.never_started = "/s/hosts cannot be written (No space left on device)";
  evidence.state_unwritable = true;
  const Loss loss = classify(evidence);
  EXPECT_EQ(loss.cause, Cause::storage);
  EXPECT_EQ(loss.why, evidence.never_started);
  evidence.state_unwritable = false;
  EXPECT_EQ(classify(evidence).cause, Cause::launch_failed);
}

TEST(Classify, StopsAtAProgramThatIsNotThere) {
  const Loss loss =
      classify(job()
                   .say("slurmstepd: error: execve(): ./trian: No such file or directory")
                   .exits(0, 2)
                   .evidence());
  EXPECT_EQ(loss.cause, Cause::user_error);
  EXPECT_TRUE(loss.self_proving);
}

}  // namespace
}  // namespace holdfast::recovery
