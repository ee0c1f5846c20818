// SPDX-License-Identifier: Apache-2.0
#include "holdfast/slurm/submission.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/slurm/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::slurm {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

// As slurmctld 22.05.8 writes it.
constexpr std::string_view line =
    "JobId=7 JobName=train run UserId=pat(20000) GroupId=pat(20000) MCS_label=N/A "
    "Account=physics QOS=(null) JobState=RUNNING Reason=None Dependency=(null) Requeue=1 "
    "TimeLimit=02:00:00 Partition=gpu AllocNode:Sid=ctl:0 ReqNodeList=(null) ExcNodeList=(null) "
    "NodeList=n[2-5] BatchHost=n1 NumNodes=4 NumCPUs=4 NumTasks=40 CPUs/Task=2 "
    "ReqB:S:C:T=0:0:*:* NtasksPerN:B:S:C=8:0:*:* CoreSpec=* MinCPUsNode=1 MinMemoryNode=16G "
    "Features=(null) OverSubscribe=NO Licenses=(null) Network=(null) "
    "Command=/home/pat/job.sh /scratch/7 --spares 1 WorkDir=/home/pat "
    "StdErr=/home/pat/7.err StdIn=/dev/null StdOut=/home/pat/7.out "
    "TresPerNode=gres:gpu:h100:8 Power= ";

Again again() { return {"/state/batch_script", 5, {"n1", "n9"}, false}; }

TEST(Submission, SaysAgainWhatSlurmKnowsOfTheJob) {
  const auto command = submit_again(line, again());
  ASSERT_TRUE(command);
  EXPECT_THAT(command->words,
              IsSupersetOf({"--nodes=5",
                            "--exclude=n1,n9",
                            "--partition=gpu",
                            "--account=physics",
                            "--job-name=train run",
                            "--cpus-per-task=2",
                            "--ntasks-per-node=8",
                            "--mem=16G",
                            "--gres=gpu:h100:8",
                            "--time=02:00:00",
                            "--chdir=/home/pat",
                            "--output=/home/pat/7.out",
                            "--error=/home/pat/7.err",
                            "--exclusive",
                            "--requeue",
                            "--no-kill"}));
  for (const std::string& word : command->words)
    EXPECT_THAT(word, Not(HasSubstr("(null)")));
  EXPECT_THAT(command->words, Not(Contains(StartsWith("--qos"))));
  EXPECT_THAT(command->words, Not(Contains(StartsWith("--ntasks="))));
}

TEST(Submission, EndsWithTheScriptAndItsOwnWords) {
  const auto command = submit_again(line, again());
  ASSERT_TRUE(command);
  const Words end(command->words.end() - 4, command->words.end());
  EXPECT_EQ(end, (Words{"/state/batch_script", "/scratch/7", "--spares", "1"}));
}

TEST(Submission, OfAScriptWithoutWordsAndLimitsSaysNoneOfThem) {
  const auto command = submit_again(
      "JobId=7 JobName=wrap JobState=RUNNING TimeLimit=UNLIMITED NumTasks=4 "
      "NtasksPerN:B:S:C=0:0:*:* OverSubscribe=OK Command=(null) WorkDir=/home",
      {"/s/script", 4, {}, false});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->words.back(), "/s/script");
  EXPECT_THAT(command->words, Contains("--ntasks=4"));
  EXPECT_THAT(join(command->words, " "), Not(HasSubstr("--time")));
  EXPECT_THAT(join(command->words, " "), Not(HasSubstr("--exclu")));
}

TEST(Submission, AsksForAnExpeditedRequeueWhereTheClusterHasIt) {
  Again wish = again();
  wish.expedites = true;
  EXPECT_THAT(submit_again(line, wish)->words, Contains("--requeue=expedite"));
}

TEST(Submission, OfPartsOfAWholeIsRefused) {
  EXPECT_FALSE(submit_again("JobId=8 ArrayJobId=7 ArrayTaskId=1 JobState=RUNNING", again()));
  EXPECT_FALSE(submit_again("JobId=8 HetJobId=7 HetJobOffset=1 JobState=RUNNING", again()));
}

TEST(Submission, OfAnErrandTouchesTheJobOnlyWhileItIsPending) {
  const std::vector<process::Command> updates{cut_to_one_node("7"),
                                              start_in("7", std::chrono::seconds(1))};
  const auto command = errand(line, "7", updates);
  EXPECT_THAT(command.words,
              IsSupersetOf({"--nodes=1", "--ntasks=1", "--partition=gpu", "--account=physics"}));
  EXPECT_THAT(command.words, Not(Contains(StartsWith("--gres"))));
  EXPECT_EQ(command.words.back(),
            "--wrap=while :; do if [ \"$(squeue -h -j 7 -o %t)\" = PD ] && 'scontrol' 'update' "
            "'JobId=7' 'NumNodes=1-1' 'NumTasks=1' 'NumCPUs=1' && 'scontrol' 'update' 'JobId=7' "
            "'StartTime=now+1'; then exit 0; fi; sleep 1; done");
}

TEST(Submission, WritesTheScriptByScontrol) {
  EXPECT_EQ(join(write_script("7", "/state/batch_script").words, " "),
            "scontrol write batch_script 7 /state/batch_script");
}

}  // namespace
}  // namespace holdfast::slurm
