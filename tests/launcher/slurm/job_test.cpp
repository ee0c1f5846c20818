// SPDX-License-Identifier: Apache-2.0
#include "holdfast/slurm/job.hpp"

#include "holdfast/common/text.hpp"

#include <array>

#include <gtest/gtest.h>

namespace holdfast::slurm {
namespace {

using Words = std::vector<std::string>;

// As slurmctld 22.05.8 writes it.
constexpr std::string_view running =
    "JobId=3 JobName=a b UserId=pat(20000) GroupId=pat(20000) MCS_label=N/A Priority=4294901756 "
    "Nice=0 Account=(null) "
    "QOS=(null) JobState=COMPLETING Reason=None Dependency=(null) Requeue=1 Restarts=1 BatchFlag=1 "
    "Reboot=0 ExitCode=0:0 "
    "RunTime=00:00:00 TimeLimit=01:00:00 TimeMin=N/A SubmitTime=1795390508 StartTime=1795390508 "
    "EndTime=1795394108 "
    "Deadline=N/A ReqNodeList=(null) ExcNodeList=n[2,7] NodeList=n[1,3-4] BatchHost=n1 NumNodes=3 "
    "NumCPUs=1 "
    "Command=/shared/my job.sh --x=1 WorkDir=/shared StdErr=/shared/t2.err StdIn=/dev/null "
    "StdOut=/shared/out 3.txt Power= ";

TEST(Job, IsReadFromScontrolsLine) {
  const auto job = parse_job(running);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "3");
  EXPECT_EQ(job->state, "COMPLETING");
  EXPECT_EQ(job->nodes, (Words{"n1", "n3", "n4"}));
  EXPECT_EQ(job->excluded, (Words{"n2", "n7"}));
  EXPECT_EQ(job->batch_host, "n1");
  EXPECT_EQ(job->restarts, 1U);
  EXPECT_TRUE(job->requeue);
  EXPECT_EQ(job->end_s, 1795394108);
  EXPECT_EQ(job->standard_output, "/shared/out 3.txt");
}

TEST(Job, WithoutALimitHasNoEnd) {
  const auto job =
      parse_job("JobId=3 JobState=RUNNING TimeLimit=UNLIMITED EndTime=1827000000 NodeList=(null)");
  ASSERT_TRUE(job);
  EXPECT_FALSE(job->end_s);
  EXPECT_TRUE(job->nodes.empty());
  EXPECT_EQ(job->standard_output, "");
  EXPECT_FALSE(job->resized);
}

TEST(Job, ThatLostNodesWasResized) {
  const auto job = parse_job("JobId=3 JobState=RUNNING ResizeTime=1795390600 StartTime=1795390508");
  ASSERT_TRUE(job);
  EXPECT_TRUE(job->resized);
}

TEST(Job, ThatSlurmDoesNotKnowIsAFailure) {
  EXPECT_FALSE(parse_job("slurm_load_jobs error: Invalid job id specified"));
  EXPECT_FALSE(parse_job(""));
}

TEST(Job, AnyCutOfTheLineIsReadOrRefused) {
  for (std::size_t length = 0; length < running.size(); ++length)
    (void)parse_job(running.substr(0, length)).has_value();
}

TEST(Job, IsRequeuedByCommandsOfScontrol) {
  const Words bad{"n2", "n7"};
  EXPECT_EQ(join(requeue("3").words, " "), "scontrol requeue 3");
  EXPECT_EQ(join(exclude("3", bad).words, " "), "scontrol update JobId=3 ExcNodeList=n2,n7");
  EXPECT_EQ(join(start_in("3", std::chrono::seconds(4)).words, " "),
            "scontrol update JobId=3 StartTime=now+4");
  EXPECT_EQ(join(keep_only("3", bad, "/state").words, " "),
            "env -C /state scontrol update JobId=3 ReqNodeList=n2,n7");
  EXPECT_EQ(join(cut_to_one_node("3").words, " "),
            "scontrol update JobId=3 NumNodes=1-1 NumTasks=1 NumCPUs=1");
}

}  // namespace
}  // namespace holdfast::slurm
