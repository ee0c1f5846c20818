// SPDX-License-Identifier: Apache-2.0
// What `holdfast run` makes of its words, its job and what it finds in the state directory; nothing
// is started.
#include "cli/run/earlier.hpp"
#include "cli/run/policy_table.hpp"
#include "cli/run/requeuer.hpp"
#include "conversation.hpp"
#include "holdfast/run/settings.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using testing::Conversation;
using ::testing::HasSubstr;
using testing::holdfast;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

const affinity::Environment in_a_job{{"SLURM_JOB_ID", "7"},
                                     {"SLURM_JOB_NODELIST", "n[1-3]"},
                                     {"SLURMD_NODENAME", "n1"},
                                     {"HOME", "/nonexistent"}};

Conversation dry(Words options, Words command = {"srun", "./a.out"}) {
  Words words{"run", "--dry-run"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), command.begin(), command.end());
  return holdfast(words, {}, in_a_job);
}

/// One sentence, and the status of wrong usage of a verb that starts commands.
void expect_refused(const Conversation& said, std::string_view word) {
  EXPECT_EQ(said.status, static_cast<int>(ExitStatus::failed)) << said.talk;
  EXPECT_THAT(said.talk, HasSubstr(std::string(word)));
  EXPECT_EQ(std::ranges::count(said.talk, '\n'), 1) << said.talk;
  EXPECT_THAT(said.out, IsEmpty());
}

TEST(RunOptions, ThatMakeNoSenseAreRefusedInOneSentence) {
  expect_refused(dry({"--requeue-by", "magic"}), "--requeue-by");
  expect_refused(dry({"--requeue-owner", "nobody"}), "--requeue-owner");
  expect_refused(dry({"--ckpt-verify", "check 'unclosed"}), "--ckpt-verify");
  expect_refused(dry({"--ckpt-verify", "nosuch {pth}"}), "did you mean {path}?");
  expect_refused(dry({"--ckpt-verify", " "}), "--ckpt-verify names no command");
  expect_refused(dry({"--resume-arg", "--load {pathh}"}), "--resume-arg: the template has {pathh}");
  expect_refused(dry({"--resume-arg", "--load '{path}"}), "--resume-arg: the template ends within");
  expect_refused(dry({"--nodes", "0"}), "--nodes 0 leaves nothing to run on");
  expect_refused(dry({"--ckpt", "/etc/passwd"}), "--ckpt: /etc/passwd is no directory");
  expect_refused(dry({"--ckpt", "/etc/passwd/deeper"}), "--ckpt: /etc/passwd/deeper is no dir");
  expect_refused(dry({"--ckpt", ""}), "--ckpt names no directory");
  expect_refused(dry({"--explain=yes"}), "--explain");
}

TEST(RunOptions, MayAskForAStepThatNoCheckpointHasTold) {
  const auto said = dry({"--resume-arg", "--load {dir} --ckpt-step {step}"});
  EXPECT_EQ(said.status, 0) << said.talk;
}

TEST(RunOptions, SayOnceThatADirectoryOfCheckpointsIsNotThere) {
  const auto one = dry({"--ckpt", "/nonexistent/deep"});
  EXPECT_EQ(one.status, 0);
  EXPECT_EQ(one.talk,
            "holdfast: /nonexistent/deep is not there yet: the first attempt starts from the "
            "beginning\n");
  EXPECT_EQ(dry({"--ckpt", "/nonexistent", "--ckpt", "/tmp"}).talk,
            "holdfast: /nonexistent is not there yet\n");
  EXPECT_EQ(absence_of({"/nonexistent", "/nonexistent/b"}, false),
            "/nonexistent and /nonexistent/b are not there yet: the next attempt starts from the "
            "beginning");
  EXPECT_EQ(dry({"--ckpt", "/tmp"}).talk, "");
}

TEST(RunOptions, WithoutTheNodesOfTheJobSayWhichVariableIsMissing) {
  auto environment = in_a_job;
  environment.erase("SLURM_JOB_NODELIST");
  expect_refused(holdfast({"run", "--dry-run", "srun", "./a.out"}, {}, environment),
                 "SLURM_JOB_NODELIST, which names the job's nodes, is not");
}

TEST(RunOptions, ExplainTellsThePolicyWithItsBudgets) {
  EXPECT_THAT(dry({}).out, Not(HasSubstr("1st wait")));
  const auto said = dry({"--explain", "--max-restarts", "9", "--shrink-to", "2"});
  EXPECT_EQ(said.status, 0) << said.talk;
  EXPECT_THAT(said.out, HasSubstr("node lost       10        at once"));
  EXPECT_THAT(said.out, HasSubstr("cancelled       none"));
  EXPECT_THAT(said.out, HasSubstr("restarts in all: 9;"));
  EXPECT_THAT(said.out, HasSubstr("go on with 2 or more, else requeue"));
}

TEST(PolicyTable, PrefersTheBudgetsOfThePolicy) {
  recovery::Policy policy;
  policy.on_exhausted = recovery::Exhausted::fail;
  policy.budgets[recovery::Cause::hang] = {7, 1'500, 3'000, 60'000};
  const std::string table = policy_table(policy);
  EXPECT_THAT(table, HasSubstr("hang            7         1.5 s     3.0 s     60.0 s"));
  EXPECT_THAT(table, HasSubstr("too few nodes: give up"));
}

TEST(Requeuer, IsSeenInTheCommandOrTheFormat) {
  EXPECT_EQ(requeuer_of(Words{"srun", "python", "-m", "submitit.core._submit", "/x"}, ""),
            "submitit");
  EXPECT_EQ(requeuer_of(Words{"srun", "lightning", "fit"}, ""), "Lightning");
  EXPECT_EQ(requeuer_of(Words{"srun", "python", "train.py"}, "lightning"), "Lightning");
  EXPECT_FALSE(requeuer_of(Words{"srun", "python", "train.py", "--name=lightning"}, "torch"));
}

events::RunState before(const std::string& id, unsigned restart) {
  events::RunState state;
  state.job = id;
  state.command = {"srun", "./a.out"};
  state.starts.emplace_back().restart = restart;
  return state;
}

JobHere here(unsigned restart) {
  JobHere one;
  one.id = "7";
  one.restart = restart;
  return one;
}

TEST(EarlierRun, OfTheSameJobIsGoneOnWith) {
  EXPECT_EQ(*earlier_end({}, here(0), "/s", false), std::nullopt);
  EXPECT_EQ(*earlier_end(before("7", 0), here(1), "/s", false), std::nullopt);
}

TEST(EarlierRun, ThatHasEndedGivesItsStatusToARequeuedScript) {
  auto state = before("7", 0);
  state.ended = events::RunEnded{5, "gave_up", ""};
  EXPECT_EQ(*earlier_end(state, here(1), "/s", false), 5);
  state.requeued = events::Requeued{};
  EXPECT_EQ(*earlier_end(state, here(1), "/s", false), std::nullopt);
}

TEST(EarlierRun, OfAnotherJobIsRefusedUnlessThisOneStandsInItsPlace) {
  const auto other = earlier_end(before("6", 0), here(0), "/s", false);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().sentence(), HasSubstr("job 6"));
  EXPECT_TRUE(earlier_end(before("6", 0), here(0), "/s", true));
}

TEST(EarlierRun, ThatEndedInThisVeryStartIsNoReasonToSkipTheNextOne) {
  auto state = before("7", 2);
  state.ended = events::RunEnded{0, "finished", ""};
  EXPECT_FALSE(earlier_end(state, here(2), "/s", false));
  EXPECT_TRUE(earlier_end(state, here(3), "/s", false));
}

TEST(EarlierRun, IsHandedOnToTheSameCommandOnly) {
  auto state = before("7", 0);
  EXPECT_FALSE(is_handed_on(state, {"srun", "./a.out"}));
  state.requeued = events::Requeued{"sbatch", {}, ""};
  EXPECT_TRUE(is_handed_on(state, {"srun", "./a.out"}));
  EXPECT_FALSE(is_handed_on(state, {"srun", "./b.out"}));
}

TEST(RunSettings, ComeBackOutOfTheLog) {
  run::Settings settings;
  settings.explains = true;
  settings.submits_again = true;
  settings.program_requeues = true;
  settings.look = {"--ckpt-verify", "check {path}"};
  const auto back = run::from_words(run::to_words(settings), {"srun", "./a.out"}, "/s");
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->explains);
  EXPECT_TRUE(back->submits_again);
  EXPECT_TRUE(back->program_requeues);
  EXPECT_EQ(back->look, settings.look);
}

}  // namespace
}  // namespace holdfast::cli
