// SPDX-License-Identifier: Apache-2.0
// Every callback, in every context, with every answer of Slurm failing once.
#include "fake_host.hpp"
#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <sys/wait.h>

#include <gmock/gmock.h>

namespace holdfast::spank {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Hooks : public PluginTest {};

constexpr std::array callbacks{"slurm_spank_init",
                               "slurm_spank_init_post_opt",
                               "slurm_spank_local_user_init",
                               "slurm_spank_user_init",
                               "slurm_spank_task_init"};

TEST_F(Hooks, AllReturnZeroInEveryContextAndOrder) {
  for (const spank_context_t context :
       {S_CTX_ERROR, S_CTX_LOCAL, S_CTX_REMOTE, S_CTX_ALLOCATOR, S_CTX_SLURMD, S_CTX_JOB_SCRIPT}) {
    load({"default=on"});
    program.behave("fail");
    slurm() = FakeSlurm{};
    slurm().context = context;
    for (const char* first : callbacks) {
      for (const char* second : callbacks) {
        EXPECT_EQ(call(first), 0) << first << " in context " << context;
        EXPECT_EQ(call(second), 0) << second << " in context " << context;
      }
    }
  }
}

TEST_F(Hooks, AreNamesThatThePluginHas) {
  load();
  for (const char* name : callbacks) {
    slurm().context = S_CTX_SLURMD;
    slurm().calls = 0;
    call(name);
  }
  // `call` takes a missing function for a quiet one; this one is not quiet.
  slurm().context = S_CTX_LOCAL;
  call("slurm_spank_init");
  EXPECT_EQ(slurm().options.size(), 2U);
}

TEST_F(Hooks, SurviveEveryFailingAnswerOfSlurm) {
  for (int fail_at = 1;; ++fail_at) {
    load({"default=on"});
    program.answer(affinity::write_handover(orders_for(2, some_cpu())));
    slurm() = FakeSlurm{};
    slurm().fail_at = fail_at;
    EXPECT_EQ(call("slurm_spank_init"), 0);
    begin_step();
    const bool failed_before_the_tasks = slurm().calls >= fail_at;
    EXPECT_TRUE(run_task(0).started) << "call " << fail_at;
    if (!failed_before_the_tasks && fail_at > 100) break;
  }
}

TEST_F(Hooks, BindExactlyOrRefuseUnderStrictWhateverAnswerFails) {
  for (int fail_at = 3; fail_at < 60; ++fail_at) {
    load({"default=on", "bind=strict"});
    program.answer(affinity::write_handover(orders_for(2, some_cpu())));
    slurm() = FakeSlurm{};
    EXPECT_EQ(call("slurm_spank_init"), 0);
    EXPECT_EQ(call("slurm_spank_init_post_opt"), 0);
    slurm().calls = 0;
    slurm().fail_at = fail_at;  // 1 says what kind of step it is; without it there is no step
    EXPECT_EQ(call("slurm_spank_user_init"), 0);
    const Task task = run_task(0);
    EXPECT_TRUE(!task.started || task.cpus == CpuSet{some_cpu()}) << "call " << fail_at;
  }
}

TEST_F(Hooks, MayBeCalledTwice) {
  load({"default=on"});
  program.answer(affinity::write_handover(orders_for(2, some_cpu())));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(call("slurm_spank_init"), 0);
    begin_step();
  }
  EXPECT_EQ(run_task(1).cpus, CpuSet{some_cpu()});
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(Hooks, TellOfAWrongPlugstackWordInSrunAndSlurmdOnly) {
  for (const spank_context_t context : {S_CTX_LOCAL, S_CTX_SLURMD, S_CTX_REMOTE, S_CTX_ALLOCATOR}) {
    load({"dedline=3s"});
    slurm() = FakeSlurm{};
    slurm().context = context;
    EXPECT_EQ(call("slurm_spank_init"), 0);
    const auto told = slurm().told.size() + slurm().logged.size();
    EXPECT_EQ(told, context == S_CTX_LOCAL || context == S_CTX_SLURMD ? 1U : 0U) << context;
  }
}

class Options : public PluginTest {
 protected:
  void begin(spank_context_t context, std::vector<std::string> arguments = {}) {
    load(std::move(arguments));
    program.answer(affinity::write_handover(orders_for(2, some_cpu())));
    slurm().context = context;
    EXPECT_EQ(call("slurm_spank_init"), 0);
  }
};

TEST_F(Options, AreKnownInSrunSbatchAndSlurmstepd) {
  for (const spank_context_t context : {S_CTX_LOCAL, S_CTX_ALLOCATOR, S_CTX_REMOTE}) {
    slurm() = FakeSlurm{};
    begin(context);
    ASSERT_EQ(slurm().options.size(), 2U);
    for (const spank_option& option : slurm().options) {
      EXPECT_THAT(option.usage, ::testing::StartsWith("[holdfast] "));
      EXPECT_EQ(option.has_arg, 1);
    }
  }
}

TEST_F(Options, TurnBindingOn) {
  begin(S_CTX_REMOTE);
  EXPECT_EQ(give("holdfast-bind", "local", true), 0);
  EXPECT_EQ(give("holdfast-visible", "only", true), 0);
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr(" --mode local --visible only\n"));
}

TEST_F(Options, SayTheSameTwiceWithoutHarm) {
  begin(S_CTX_REMOTE);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(give("holdfast-bind", "local,explain", true), 0);
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr(" --mode local --explain\n"));
  EXPECT_EQ(program.count_calls("plan"), 1U);
}

TEST_F(Options, GivenLastWinOverTheInherited) {
  begin(S_CTX_REMOTE);
  give("holdfast-bind", "local,strict", true);
  give("holdfast-bind", "full", true);
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr(" --mode full\n"));
}

TEST_F(Options, WinOverTheEnvironmentAndThatOverTheSite) {
  begin(S_CTX_REMOTE, {"bind=local", "visible=all"});
  slurm().set_variable("HOLDFAST_BIND", "full");
  slurm().set_variable("HOLDFAST_VISIBLE", "first");
  give("holdfast-visible", "only", true);
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr(" --mode full --visible only\n"));
}

TEST_F(Options, SwitchOffWhatTheSiteSwitchedOn) {
  begin(S_CTX_REMOTE, {"default=on"});
  give("holdfast-bind", "off", true);
  begin_step();
  EXPECT_EQ(program.calls(), "");
}

TEST_F(Options, OfTheEnvironmentTurnBindingOn) {
  begin(S_CTX_REMOTE);
  slurm().set_variable("HOLDFAST_BIND", "explain");
  begin_step();
  EXPECT_THAT(program.calls(), HasSubstr(" --explain\n"));
}

TEST_F(Options, WithABadWordAreRefusedInSrunByOneSentence) {
  begin(S_CTX_LOCAL);
  EXPECT_EQ(give("holdfast-bind", "locl"), -1);
  EXPECT_THAT(slurm().told,
              ::testing::ElementsAre(::testing::AllOf(HasSubstr("--holdfast-bind: 'locl'"),
                                                      HasSubstr("did you mean local?"))));
  EXPECT_EQ(give("holdfast-visible", nullptr), -1);
}

TEST_F(Options, ForgedPastSrunAreIgnored) {
  begin(S_CTX_REMOTE);
  EXPECT_EQ(give("holdfast-bind", "\x1b[2J", true), 0);
  begin_step();
  EXPECT_EQ(program.calls(), "");
  EXPECT_THAT(slurm().told, IsEmpty());
}

TEST_F(Options, OfTheEnvironmentWithABadWordAreIgnoredAndToldOnce) {
  begin(S_CTX_LOCAL);
  ::setenv("HOLDFAST_BIND", "ful", 1);
  EXPECT_EQ(call("slurm_spank_init_post_opt"), 0);
  EXPECT_EQ(call("slurm_spank_local_user_init"), 0);
  ::unsetenv("HOLDFAST_BIND");
  EXPECT_THAT(slurm().told,
              ::testing::ElementsAre(
                  ::testing::AllOf(HasSubstr("ignoring HOLDFAST_BIND"), HasSubstr("mean full?"))));
}

TEST_F(Options, OfVisibilityWithoutBindingSayThatTheyDoNothing) {
  begin(S_CTX_LOCAL);
  give("holdfast-visible", "first");
  EXPECT_EQ(call("slurm_spank_init_post_opt"), 0);
  EXPECT_THAT(slurm().told, ::testing::ElementsAre(HasSubstr("binding is off")));
}

}  // namespace
}  // namespace holdfast::spank
