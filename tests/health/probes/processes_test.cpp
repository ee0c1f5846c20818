// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"
#include "holdfast/common/text.hpp"
#include "probes/process_stat.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

std::string stat_line(unsigned pid, std::string_view name, char state, unsigned started = 5000) {
  return cat(pid,
             " (",
             name,
             ") ",
             state,
             " 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ",
             started,
             " 0 0");
}

TEST(ProcessStat, IsReadWhateverTheProcessIsCalled) {
  const auto plain = parse_process_stat(stat_line(4711, "python", 'R', 8123));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->pid, 4711U);
  EXPECT_EQ(plain->name, "python");
  EXPECT_EQ(plain->state, 'R');
  EXPECT_EQ(plain->started, 8123U);
  const auto odd = parse_process_stat(stat_line(1, "a) D (b c", 'S'));
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->name, "a) D (b c");
  EXPECT_EQ(odd->state, 'S');
}

TEST(ProcessStat, TellsThreadsOfTheKernel) {
  const auto thread =
      parse_process_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 13 0 0");
  ASSERT_TRUE(thread);
  EXPECT_TRUE(thread->kernel_thread);
  EXPECT_EQ(thread->started, 13U);
  EXPECT_FALSE(parse_process_stat(stat_line(1, "systemd", 'S'))->kernel_thread);
}

TEST(ProcessStat, IsNotMadeFromGarbage) {
  for (const char* text :
       {"", "1", "1 (a)", "1 (a) S", "x (a) S 1", "1 (a) SS 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"})
    EXPECT_FALSE(parse_process_stat(text)) << text;
}

TEST(JobOfCgroup, IsFoundUnderBothVersions) {
  EXPECT_EQ(job_of_cgroup("/system.slice/slurmstepd.scope/job_12/step_0/user/task_0"), 12U);
  EXPECT_EQ(job_of_cgroup("/slurm/uid_1000/job_7/step_batch"), 7U);
  EXPECT_EQ(job_of_cgroup("/system.slice/slurmd.service"), std::nullopt);
  EXPECT_EQ(job_of_cgroup("/system.slice/n1_slurmstepd.scope/job_9/step_0"), 9U);
  EXPECT_EQ(job_of_cgroup("8:pids:/user.slice\n4:memory:/slurm_n1/uid_1000/job_7/step_0"), 7U);
  EXPECT_EQ(job_of_cgroup("0::/system.slice/slurmstepd.scope/job_x/y"), std::nullopt);
}

TEST(JobOfCgroup, IsNoneWhereAnybodyElseMakesTheCgroup) {
  for (const char* path :
       {"/job_5",
        "/kubepods.slice/job_12",
        "/user.slice/user-2000.slice/user@2000.service/app.slice/job_5",
        "0::/user.slice/user-2000.slice/user@2000.service/system.slice/slurmstepd.scope/job_5",
        "/user.slice/user-2000.slice/user@2000.service/slurm/uid_1/job_5",
        "/system.slice/docker-1.scope/slurmstepd.scope/job_5"})
    EXPECT_EQ(job_of_cgroup(path), std::nullopt) << path;
}

class LookAtProcesses : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "processes of other users need root to be made";
    root_.file("proc/uptime", "1000.00 1.00");
  }

  /// A process of a user, in a cgroup.
  void add(
      unsigned pid, std::string_view name, char state, unsigned owner, std::string_view cgroup) {
    const std::string folder = cat("proc/", pid);
    root_.file(cat(folder, "/stat"), stat_line(pid, name, state))
        .file(cat(folder, "/cgroup"), cat("0::", cgroup));
    for (const std::filesystem::path& path :
         {root_.path() / folder, root_.path() / folder / "stat"})
      ASSERT_EQ(chown(path.c_str(), owner, owner), 0);
  }
  Facts look(Depth depth = Depth::usual) {
    Facts facts;
    look_at_processes(root_.tree(), depth, facts);
    return facts;
  }
  /// The kernel's own: the first of them lists the others.
  void add_kernel_threads() {
    root_.file("proc/2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 13 0 0");
    root_.file("proc/2/task/2/children", "10 9 ");
    for (const unsigned pid : {9U, 10U})
      add(pid, "a user's, were it not listed", 'R', 1003, "/user.slice");
  }
  FakeRoot root_;
};

TEST_F(LookAtProcesses, CountsWhatWaitsAndWhatIsDead) {
  add(1, "systemd", 'S', 0, "/init.scope");
  add(10, "nvidia-smi", 'D', 0, "/user.slice");
  add(11, "old", 'Z', 1000, "/user.slice");
  const Facts facts = look();
  EXPECT_TRUE(facts.system.processes.is(3));
  EXPECT_TRUE(facts.system.zombies.is(1));
  ASSERT_EQ(facts.system.blocked->size(), 1U);
  EXPECT_EQ(facts.system.blocked->front().name, "nvidia-smi");
  EXPECT_EQ(facts.system.blocked->front().age_s,
            1000U - 5000U / static_cast<unsigned>(sysconf(_SC_CLK_TCK)));
}

TEST_F(LookAtProcesses, TellsARunningJobFromWhatAnEndedOneLeft) {
  add(100, "slurmstepd", 'S', 0, "/system.slice/slurmstepd.scope/job_12/step_0/slurm");
  root_.file("proc/100/cmdline", std::string("slurmstepd: [12.0]\0", 19));
  add(101, "python", 'R', 1001, "/system.slice/slurmstepd.scope/job_12/step_0/user/task_0");
  add(201, "python", 'R', 1002, "/system.slice/slurmstepd.scope/job_11/step_0/user/task_0");
  const Facts facts = look();
  EXPECT_TRUE(facts.slurm.jobs.is({11, 12}));
  EXPECT_TRUE(
      facts.slurm.leftovers.is({"/system.slice/slurmstepd.scope/job_11/step_0/user/task_0"}));
  EXPECT_TRUE(runs_here(root_.tree(), 12));
  EXPECT_FALSE(runs_here(root_.tree(), 11));
}

TEST_F(LookAtProcesses, FindsUsersWithoutAJob) {
  add(101, "python", 'R', 1001, "/system.slice/slurmstepd.scope/job_12/step_0/user/task_0");
  add(102, "ssh-agent", 'S', 1001, "/user.slice");
  add(103, "miner", 'R', 1003, "/user.slice");
  add(104, "chronyd", 'S', 120, "/system.slice/chrony.service");
  add(105, "slurmctld", 'S', 64030, "/system.slice/slurmctld.service");
  const Facts facts = look();
  ASSERT_EQ(facts.slurm.orphans->size(), 1U) << "services are nobody's strays";
  EXPECT_EQ(facts.slurm.orphans->front().pid, 103U);
  EXPECT_EQ(facts.slurm.orphans->front().uid, 1003U);
}

TEST_F(LookAtProcesses, FindsNoJobInACgroupThatAUserMade) {
  add(101, "sleep", 'S', 2000, "/user.slice/user-2000.slice/user@2000.service/app.slice/job_5");
  const Facts facts = look();
  EXPECT_TRUE(facts.slurm.jobs->empty());
  EXPECT_TRUE(facts.slurm.leftovers->empty());
  EXPECT_EQ(facts.slurm.orphans->size(), 1U);
}

TEST_F(LookAtProcesses, KnowsTheOwnerOfAProcessThatHidItself) {
  add(101, "slurmstepd", 'S', 2000, "/user.slice");
  root_.file("proc/101/cmdline", std::string("slurmstepd: [77.batch]\0", 23));
  add(102, "slurmd", 'S', 2000, "/user.slice");
  root_.file("proc/102/maps", "7f00-7f01 r-xp 0 08:01 2 /home/u/libslurmfull-1.so");
  add(103, "python", 'R', 1002, "/system.slice/slurmstepd.scope/job_77/step_0/user/task_0");
  for (const char* hidden : {"proc/101/stat", "proc/102/stat"})
    ASSERT_EQ(chown((root_.path() / hidden).c_str(), 0, 0), 0);  // as the kernel shows them then
  const Facts facts = look();
  EXPECT_EQ(facts.slurm.orphans->size(), 2U);
  EXPECT_EQ(facts.slurm.leftovers->size(), 1U) << "no slurmstepd of job 77 runs";
  EXPECT_EQ(facts.slurm.slurmd_version.gap(), Gap::lacking);
}

TEST_F(LookAtProcesses, BelievesNoDaemonThatRunsAnotherProgram) {
  add(101, "slurmstepd", 'S', 0, "/user.slice");
  root_.file("proc/101/cmdline", std::string("slurmstepd: [77.batch]\0", 23))
      .link("proc/101/exe", "/usr/bin/passwd");
  add(102, "slurmd", 'S', 0, "/user.slice");
  root_.file("proc/102/maps", "7f00-7f01 r-xp 0 08:01 2 /home/u/libslurmfull-1.so")
      .link("proc/102/exe", "/usr/bin/su");
  add(103, "python", 'R', 1002, "/system.slice/slurmstepd.scope/job_77/step_0/user/task_0");
  add(104, "slurmstepd", 'S', 0, "/system.slice/slurmstepd.scope/job_12/step_0/slurm");
  root_.file("proc/104/cmdline", std::string("slurmstepd: [12.0]\0", 19))
      .link("proc/104/exe", "/usr/sbin/slurmstepd-wlm (deleted)");
  const Facts facts = look();
  EXPECT_TRUE(facts.slurm.jobs.is({12, 77}));
  EXPECT_EQ(facts.slurm.leftovers->size(), 1U);
  EXPECT_FALSE(runs_here(root_.tree(), 77));
  EXPECT_TRUE(runs_here(root_.tree(), 12));
  EXPECT_EQ(facts.slurm.slurmd_version.gap(), Gap::lacking);
}

TEST_F(LookAtProcesses, PassesOverTheKernelsThreadsWhenItIsQuick) {
  add_kernel_threads();
  add(103, "miner", 'R', 1003, "/user.slice");
  const Facts all = look();
  EXPECT_EQ(all.slurm.orphans->size(), 3U);
  EXPECT_TRUE(all.system.processes.is(4));
  const Facts quick = look(Depth::quick);
  ASSERT_EQ(quick.slurm.orphans->size(), 1U);
  EXPECT_EQ(quick.slurm.orphans->front().pid, 103U);
  EXPECT_FALSE(quick.system.processes.asked()) << "what was not counted is not told";
  EXPECT_FALSE(quick.system.blocked.asked());
}

TEST_F(LookAtProcesses, TakesNoProcessForTheKernelsWhereNumberTwoIsAnybody) {
  add(2, "bash", 'S', 0, "/");
  root_.file("proc/2/task/2/children", "103");
  add(103, "miner", 'R', 1003, "/user.slice");
  EXPECT_EQ(look(Depth::quick).slurm.orphans->size(), 1U);
}

TEST_F(LookAtProcesses, SeesJobsAlsoWhenItIsQuick) {
  add(100, "slurmstepd", 'S', 0, "/system.slice/slurmstepd.scope/job_12/step_0/slurm");
  root_.file("proc/100/cmdline", std::string("slurmstepd: [12.0]\0", 19));
  add(201, "python", 'R', 1002, "/system.slice/slurmstepd.scope/job_11/step_0/user/task_0");
  const Facts facts = look(Depth::quick);
  EXPECT_TRUE(facts.slurm.jobs.is({11, 12}));
  EXPECT_EQ(facts.slurm.leftovers->size(), 1U);
}

TEST_F(LookAtProcesses, ReadsTheVersionOfARunningSlurmdFromItsLibrary) {
  add(50, "slurmd", 'S', 0, "/system.slice/slurmd.service");
  root_.file("proc/50/maps",
             "7f00-7f01 r-xp 0 08:01 1 /usr/sbin/slurmd\n"
             "7f02-7f03 r-xp 0 08:01 2 /usr/lib/slurm-wlm/libslurmfull-22.05.8.so");
  root_.file("usr/lib/slurm-wlm/libslurmfull-22.05.9.so", "");
  const Facts facts = look();
  EXPECT_TRUE(facts.slurm.slurmd_version.is("22.05.8"));
  EXPECT_TRUE(facts.slurm.installed_version.is("22.05.9"));
}

TEST_F(LookAtProcesses, LacksASlurmdThatDoesNotRun) {
  EXPECT_EQ(look().slurm.slurmd_version.gap(), Gap::lacking);
}

}  // namespace
}  // namespace holdfast::health
