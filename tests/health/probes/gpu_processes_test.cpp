// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"
#include "holdfast/common/text.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

constexpr std::string_view of_job_12 = "/system.slice/slurmstepd.scope/job_12/step_0/user/task_0";
constexpr std::string_view of_job_11 = "/system.slice/slurmstepd.scope/job_11/step_0/user/task_0";

class NameGpuProcesses : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "processes of other users need root to be made";
    add(100, "slurmstepd", 1, 0, "/system.slice/slurmstepd.scope/job_12/step_0/slurm");
    root_.file("proc/100/cmdline", std::string("slurmstepd: [12.0]\0", 19));
    add(101, "python", 100, 1001, of_job_12);
  }

  void add(unsigned pid,
           std::string_view name,
           unsigned parent,
           unsigned owner,
           std::string_view cgroup) {
    const std::string folder = cat("proc/", pid);
    const std::string begin = cat(pid, " (", name, ") S ", parent);
    root_.file(cat(folder, "/stat"), cat(begin, " 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0"))
        .file(cat(folder, "/comm"), name)
        .file(cat(folder, "/cgroup"), cat("0::", cgroup));
    ASSERT_EQ(chown((root_.path() / folder).c_str(), owner, owner), 0);
  }
  GpuProcess named(std::uint32_t pid) {
    std::vector<GpuFacts> gpus(1);
    gpus.front().processes = std::vector<GpuProcess>{{pid, {}, 1, false}};
    name_gpu_processes(root_.tree(), gpus);
    return gpus.front().processes->front();
  }
  FakeRoot root_;
};

TEST_F(NameGpuProcesses, KnowsThoseOfAJobThatRuns) {
  EXPECT_EQ(named(101).name, "python");
  EXPECT_TRUE(named(101).of_job);
  EXPECT_FALSE(named(101).ended);
}

TEST_F(NameGpuProcesses, DoesNotTakeTheCgroupOfAnEndedJobForAJob) {
  add(201, "python", 1, 1002, of_job_11);
  EXPECT_FALSE(named(201).of_job);
  // not even when its user has another job here
  add(202, "python", 1, 1001, of_job_11);
  EXPECT_FALSE(named(202).of_job);
}

TEST_F(NameGpuProcesses, SaysOfOneThatIsGoneThatItEnded) {
  EXPECT_TRUE(named(999).ended);
  EXPECT_FALSE(named(999).of_job);
}

TEST_F(NameGpuProcesses, BelievesNoEnvironment) {
  add(301, "liar", 1, 2000, "/user.slice/user-2000.slice");
  root_.file("proc/301/environ", std::string("A=b?SLURM_JOB_ID=12\0SLURM_JOB_ID=12\0", 37));
  EXPECT_FALSE(named(301).of_job);
}

TEST_F(NameGpuProcesses, AsksOnAClusterWithoutCgroupsWhoseJobsRunHere) {
  add(302, "python", 1, 1001, "/system.slice/slurmd.service");
  add(303, "python", 1, 1003, "/system.slice/slurmd.service");
  add(304, "slurmstepd", 1, 1003, "/user.slice");
  add(305, "child of one that calls itself so", 304, 1003, "/user.slice");
  EXPECT_TRUE(named(302).of_job);
  EXPECT_FALSE(named(303).of_job);
}

TEST_F(NameGpuProcesses, SparesServicesOfTheNodeAndNotWhatCameInThroughThem) {
  add(401, "nvidia-cuda-mps", 1, 0, "/system.slice/nvidia-mps.service");
  add(402, "python", 1, 1003, "/system.slice/ssh.service");
  add(403, "python", 1, 1003, "/system.slice/sshd@3-10.0.0.1:22.service");
  add(404, "python", 1, 1003, "/system.slice/docker-4711.scope");
  add(405, "python", 1, 1003, "/user.slice/system.slice/mine.service");
  add(406, "python", 1, 1003, "/system.slice/slurmd.service");
  EXPECT_TRUE(named(401).of_service);
  for (const std::uint32_t pid : {402U, 403U, 404U, 405U, 406U})
    EXPECT_FALSE(named(pid).of_service) << pid;
}

}  // namespace
}  // namespace holdfast::health
