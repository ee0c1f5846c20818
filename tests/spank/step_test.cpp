// SPDX-License-Identifier: Apache-2.0
// A step on one node, from user_init to its tasks, through the shipped plugin.
#include "fake_host.hpp"
#include "holdfast/common/text.hpp"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

namespace holdfast::spank {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Step : public PluginTest {
 protected:
  /// A plugin that binds, and a program that has an answer for both ranks.
  void load_on(std::vector<std::string> arguments = {}) {
    arguments.emplace_back("default=on");
    load(std::move(arguments));
    program.answer(affinity::write_handover(orders_for(2, some_cpu())));
    EXPECT_EQ(call("slurm_spank_init"), 0);
  }

  /// The step of a program that behaves so; what the job was told.
  std::vector<std::string> told_of(const std::string& behaviour) {
    program.behave(behaviour);
    begin_step();
    return slurm().told;
  }
};

TEST_F(Step, BindsEveryRankAndSetsItsEnvironment) {
  load_on();
  begin_step();
  for (const int rank : {0, 1}) {
    const Task task = run_task(rank);
    EXPECT_TRUE(task.started);
    EXPECT_EQ(task.cpus, CpuSet{some_cpu()});
    EXPECT_THAT(task.environment, Contains(cat("LOCAL_RANK=", rank)));
    EXPECT_THAT(task.told, IsEmpty());
  }
}

TEST_F(Step, AsksTheProgramOnceForAllItsRanks) {
  load_on();
  begin_step();
  static_cast<void>(run_task(0));
  static_cast<void>(run_task(1));
  EXPECT_EQ(program.count_calls("plan"), 1U);
  EXPECT_THAT(program.calls(),
              HasSubstr("call plan --for-step --local-ranks 2 --global-ranks 4-5 --world 6 "
                        "--node-rank 1 --nodes 2 --cores 0-1 --cpus "));
}

TEST_F(Step, PassesOnModeVisibilityAndExplain) {
  load_on({"bind=local,explain", "visible=first"});
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr(" --mode local --visible first --explain\n"));
}

TEST_F(Step, LeavesModeAndVisibilityToTheProgramWhenNobodySaidThem) {
  load_on();
  begin_step();
  EXPECT_THAT(program.calls(), Not(HasSubstr("--mode")));
  EXPECT_THAT(program.calls(), Not(HasSubstr("--visible")));
}

TEST_F(Step, GivesTheProgramTheJobsEnvironmentWithoutLoaderAndMalloc) {
  load_on();
  slurm().environment = {"PATH=/bin",
                         "LD_PRELOAD=/lib/evil.so",
                         "MALLOC_ARENA_MAX=1",
                         "GLIBC_TUNABLES=x=y",
                         "NCCL_IB_HCA=mlx5_0"};
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr("env PATH=/bin\n"));
  EXPECT_THAT(program.calls(), HasSubstr("env NCCL_IB_HCA=mlx5_0\n"));
  for (const char* prefix : {"env LD_", "env MALLOC_", "env GLIBC_"}) {
    EXPECT_THAT(program.calls(), Not(HasSubstr(prefix)));
  }
}

TEST_F(Step, SaysWhenTheCpuBindingIsTheUsersOwn) {
  load_on();
  slurm().set_variable("SLURM_CPU_BIND_TYPE", "none");
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr("env HOLDFAST_CPU_BIND_IS_USERS=1\n"));
}

TEST_F(Step, BelievesSrunThatAnInheritedCpuBindingIsNotTheUsers) {
  load_on();
  slurm().set_variable("SLURM_CPU_BIND_TYPE", "mask_cpu:");
  slurm().set_variable("HOLDFAST_CPU_BIND_IS_USERS", "0");
  begin_step();
  EXPECT_THAT(program.calls(), Not(HasSubstr("HOLDFAST_CPU_BIND_IS_USERS")));
}

TEST_F(Step, StartsTheProgramWithCleanSignalsDescriptorsAndNoWayBack) {
  load_on();
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const int inheritable = ::fcntl(2, F_DUPFD, 20);
  begin_step();
  ::close(inheritable);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(program.calls(), HasSubstr("signals blocked or ignored 0\n"));
  EXPECT_THAT(program.calls(), HasSubstr("descriptors besides this file 3\n"));
  EXPECT_THAT(program.calls(), HasSubstr("no new privileges 1\n"));
  EXPECT_THAT(program.calls(), HasSubstr("leads its group 1\n"));
}

TEST_F(Step, StartsTheProgramAsTheJobsUserForGood) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can play slurmstepd, which is root in disguise";
  constexpr uid_t user = 65534;
  load_on();
  ASSERT_EQ(::setegid(user), 0);
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_EQ(call("slurm_spank_user_init"), 0);
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(::setegid(0), 0);
  EXPECT_THAT(program.calls(), HasSubstr("uids 65534 65534 65534\n"));
  EXPECT_EQ(run_task(0).cpus, CpuSet{some_cpu()});
}

TEST_F(Step, TellsWhatTheProgramWantsTold) {
  load_on();
  affinity::StepOrders orders = orders_for(2, some_cpu());
  orders.told = {"n2: mlx5_3 left out: port 1 is down"};
  program.answer(affinity::write_handover(orders));
  begin_step();
  EXPECT_THAT(slurm().told, ElementsAre("holdfast: n2: mlx5_3 left out: port 1 is down"));
}

TEST_F(Step, TellsTheProgramsFirstComplaintAndGoesOn) {
  load_on({"deadline=30s"});
  EXPECT_THAT(told_of("chatter"), ElementsAre(HasSubstr(": mlx5_3 is odd")));
  EXPECT_EQ(run_task(1).cpus, CpuSet{some_cpu()});
}

struct Mishap {
  const char* behaviour;
  const char* sentence;
};
class StepWithMishap : public Step, public ::testing::WithParamInterface<Mishap> {};

TEST_P(StepWithMishap, RunsUnboundAndSaysWhyOnce) {
  load_on({"deadline=300ms"});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(
      told_of(GetParam().behaviour),
      ElementsAre(::testing::AllOf(HasSubstr(" run unbound: "), HasSubstr(GetParam().sentence))));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  const Task task = run_task(0);
  EXPECT_TRUE(task.started);
  EXPECT_EQ(task.environment, slurm().environment);
  EXPECT_THAT(task.told, ElementsAre(::testing::_));  // still only the line of user_init
}

TEST_P(StepWithMishap, DoesNotStartARankWhenStrict) {
  load_on({"deadline=300ms", "bind=strict"});
  EXPECT_THAT(told_of(GetParam().behaviour), ElementsAre(HasSubstr(" do not start: ")));
  EXPECT_FALSE(run_task(0).started);
  EXPECT_FALSE(run_task(1).started);
}

TEST_P(StepWithMishap, LeavesNeitherZombieNorDescriptor) {
  load_on({"deadline=300ms"});
  const std::size_t before = count_descriptors();
  static_cast<void>(told_of(GetParam().behaviour));
  EXPECT_EQ(count_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  EXPECT_EQ(errno, ECHILD);
}

INSTANTIATE_TEST_SUITE_P(AsTheyCome,
                         StepWithMishap,
                         ::testing::Values(Mishap{"hang", "did not answer within 300 ms"},
                                           Mishap{"deaf", "did not answer within 300 ms"},
                                           Mishap{"orphan", "did not answer within 300 ms"},
                                           Mishap{"crash", "ended with signal 9"},
                                           Mishap{"fail",
                                                  "GPU 0000:17:00.0 has no NUMA node; look at it"},
                                           Mishap{"flood", "said more than 16777216 bytes"}),
                         [](const auto& test) { return std::string(test.param.behaviour); });

TEST_F(Step, RunsUnboundWhenTheAnswerIsGarbage) {
  load_on();
  program.answer(
      "\x7f"
      "ELF no hand-over\n");
  EXPECT_THAT(told_of("answer"), ElementsAre(HasSubstr("hand-over")));
  EXPECT_TRUE(run_task(0).started);
}

TEST_F(Step, RunsUnboundWhenTheAnswerIsForOtherRanks) {
  load_on();
  program.answer(affinity::write_handover(orders_for(3, some_cpu())));
  EXPECT_THAT(told_of("answer"), ElementsAre(HasSubstr("places 3 ranks, not local ranks 0 to 1")));
  EXPECT_TRUE(run_task(0).started);
}

TEST_F(Step, RunsUnboundWhereTheProgramIsNotInstalled) {
  load_on();
  std::filesystem::remove(program.path());
  EXPECT_THAT(told_of("answer"),
              ElementsAre(::testing::AllOf(HasSubstr("cannot be started"),
                                           HasSubstr("install holdfast on this node"))));
}

TEST_F(Step, KeepsWhatIsWithinReachWhenARankCannotBeBound) {
  load_on();
  program.answer(affinity::write_handover(orders_for(2, CpuSet::limit - 1)));
  begin_step();
  const Task task = run_task(1);
  EXPECT_TRUE(task.started);
  EXPECT_THAT(task.environment, Contains("LOCAL_RANK=1"));
  EXPECT_THAT(task.told,
              ElementsAre(::testing::AllOf(StartsWith("holdfast: rank 5 on "),
                                           HasSubstr(" runs unbound: none of the CPUs 65535 "))));
}

TEST_F(Step, TellsOnlyTheFirstRankThatCannotBeBound) {
  load_on();
  program.answer(affinity::write_handover(orders_for(2, CpuSet::limit - 1)));
  begin_step();
  EXPECT_THAT(run_task(1).told, ::testing::SizeIs(1));
  EXPECT_THAT(run_task(0).told, IsEmpty());
}

TEST_F(Step, DoesNotStartARankThatCannotBeBoundWhenStrict) {
  load_on({"bind=strict"});
  program.answer(affinity::write_handover(orders_for(2, CpuSet::limit - 1)));
  begin_step();
  EXPECT_FALSE(run_task(0).started);
}

TEST_F(Step, LeavesNothingOfTheProgramBehind) {
  load_on();
  EXPECT_THAT(told_of("leftover"), IsEmpty());
  EXPECT_EQ(run_task(0).cpus, CpuSet{some_cpu()});
  const int calls = ::open((program.path() + ".calls").c_str(), O_RDONLY | O_CLOEXEC);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (::flock(calls, LOCK_EX | LOCK_NB) != 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "a grandchild lives on";
    std::this_thread::yield();
  }
  ::close(calls);
}

/// A step whose slurmstepd runs out of memory while it listens, in a process of its own.
class StepWithoutMemory : public Step {
 protected:
  void SetUp() override {
#ifdef HOLDFAST_SANITIZED
    GTEST_SKIP() << "the sanitizer itself needs the addresses that are to be scarce";
#endif
  }

  /// Leaves room for many small things and not for the 16 MiB of a flood, whatever earlier tests
  /// freed.
  static void take_all_but_little() {
    constexpr std::size_t piece = std::size_t{1} << 20;
    void* last = nullptr;
    while (void* next = std::malloc(piece))
      last = next;
    std::free(last);
  }

  /// The exit status of a process that goes through user_init and task_init; 99: it came to the
  /// end.
  int run_step() {
    program.behave("flood");
    const pid_t child = ::fork();
    if (child == 0) {
      unsigned long pages = 0;
      std::ifstream("/proc/self/statm") >> pages;
      // Enough for the program to start.
      const rlim_t most = pages * static_cast<unsigned long>(::sysconf(_SC_PAGESIZE)) + (12U << 20);
      const rlimit scarce{most, most};
      ::setrlimit(RLIMIT_AS, &scarce);
      take_all_but_little();
      const bool quiet = call("slurm_spank_user_init") == 0 && slurm().told.empty();
      if (!quiet || slurm().logged.size() != 1) ::_exit(98);
      static_cast<void>(call("slurm_spank_task_init"));
      ::_exit(99);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

TEST_F(StepWithoutMemory, RunsUnbound) {
  load_on({"deadline=30s"});
  EXPECT_EQ(run_step(), 99);
}

TEST_F(StepWithoutMemory, DoesNotStartWhenStrict) {
  load_on({"deadline=30s", "bind=strict"});
  EXPECT_EQ(run_step(), 1);
}

TEST_F(Step, IsLeftAloneWhenItIsABatchScriptOrAnExternStep) {
  for (const std::uint32_t step : {0xfffffffbU, 0xfffffffcU, 0xfffffffaU, 0xfffffffdU}) {
    load_on();
    slurm().step = step;
    begin_step();
    const Task task = run_task(0);
    EXPECT_TRUE(task.started);
    EXPECT_EQ(task.environment, slurm().environment);
  }
  EXPECT_EQ(program.count_calls("plan"), 0U);
}

TEST_F(Step, ThatDoesNotAskIsUntouchedAndStartsNoChild) {
  load({"bind=local,strict", "default=off"});
  program.behave("fail");
  const std::size_t descriptors = count_descriptors();
  EXPECT_EQ(call("slurm_spank_init"), 0);
  begin_step();
  const auto before = slurm().environment;
  const Task task = run_task(0);
  EXPECT_TRUE(task.started);
  EXPECT_EQ(task.environment, before);
  EXPECT_EQ(slurm().environment, before);
  EXPECT_EQ(program.calls(), "");
  EXPECT_EQ(count_descriptors(), descriptors);
  EXPECT_THAT(slurm().told, IsEmpty());
  EXPECT_THAT(slurm().logged, IsEmpty());
}

}  // namespace
}  // namespace holdfast::spank
