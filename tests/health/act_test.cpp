// SPDX-License-Identifier: Apache-2.0
// From findings to deeds, with a state directory that is not always kind.
#include "act_fixture.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ActTest, DrainsASickNodeOnceAndLiftsItAfterThreeCleanRuns) {
  EXPECT_EQ(run(sick()).decision.step, Decision::Step::drain);
  EXPECT_THAT(text_of("fleet"), HasSubstr("|[holdfast:gpu.pcie_width] GPU 0000:17:00.0 PCIe"));
  EXPECT_EQ(run(sick()).decision.step, Decision::Step::nothing);
  EXPECT_EQ(run(well()).decision.step, Decision::Step::nothing);
  EXPECT_EQ(run(well()).decision.step, Decision::Step::nothing);
  EXPECT_EQ(run(well()).decision.step, Decision::Step::lift);
  EXPECT_THAT(text_of("fleet"), StartsWith("n1|idle"));
  const std::string calls = text_of("calls");
  EXPECT_EQ(std::ranges::count(calls, '\n'), 2) << calls;
}

TEST_F(ActTest, StartsCountingAnewWhenTheFaultComesBack) {
  (void)run(sick());
  (void)run(well());
  (void)run(well());
  (void)run(sick());
  EXPECT_EQ(run(well()).decision.step, Decision::Step::nothing);
  EXPECT_EQ(run(well()).decision.step, Decision::Step::nothing);
  EXPECT_EQ(run(well()).decision.step, Decision::Step::lift);
}

TEST_F(ActTest, ObservesWithoutACallOfScontrol) {
  policy_.mode = Mode::observe;
  EXPECT_THAT(run(sick()).decision.why, HasSubstr("would be drained"));
  EXPECT_EQ(text_of("calls"), "");
}

TEST_F(ActTest, AsksNobodyAboutAHealthyNode) {
  program("sinfo", "touch " + (folder_ / "asked").string());
  EXPECT_TRUE(run(well()).troubles.empty());
  EXPECT_FALSE(fs::exists(folder_ / "asked"));
}

TEST_F(ActTest, LeavesANodeThatAPersonTookOver) {
  (void)run(sick());
  node_is("n1|drained|2026-11-22T23:00:00|[holdfast:gpu.pcie_width] mine now, Ann\n");
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(run(well()).decision.step, Decision::Step::nothing);
  EXPECT_FALSE(store().read_memory()->drain) << "it is no longer ours";
}

TEST_F(ActTest, DoesNotLiftADrainThatAPersonSetAfterHeHadLiftedOurs) {
  (void)run(sick());
  const std::string ours = text_of("fleet");
  node_is("n1|idle|Unknown|none\n");
  (void)run(well());
  node_is(ours);  // by hand, with our words
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(run(well()).decision.step, Decision::Step::nothing);
}

TEST_F(ActTest, LiftsNothingBeforeOrAfterAJob) {
  (void)run(sick());
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(run(well(), i % 2 == 0 ? Tier::prolog : Tier::epilog).decision.step,
              Decision::Step::nothing);
}

TEST_F(ActTest, TakesItsDrainBackWhenOthersWereFaster) {
  policy_.drained_at_most = 1;
  program("scontrol",
          cat("echo \"$*\" >>",
              (folder_ / "calls").string(),
              "\n",
              "printf 'n0|drained|2026-11-22T22:59:59|[holdfast:gpu.lost] GPU a\\n",
              "n1|drained|2026-11-22T23:00:00|%s\\n' \"${4#Reason=}\" >",
              (folder_ / "fleet").string()));
  const Done done = run(sick());
  EXPECT_EQ(done.decision.step, Decision::Step::nothing);
  EXPECT_FALSE(done.decision.refuse_job);
  EXPECT_THAT(text_of("calls"), HasSubstr("State=UNDRAIN"));
}

TEST_F(ActTest, GoesOnWhenSlurmHangs) {
  program("sinfo", "sleep 1000");
  facts_.at = noon;
  const Slurm slurm(folder_, std::chrono::milliseconds(200));
  const auto begin = std::chrono::steady_clock::now();
  const Done done = act_on(sick(), facts_, {Tier::prolog, "n1", ""}, policy_, store(), slurm);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(done.decision.step, Decision::Step::nothing);
  EXPECT_THAT(done.troubles, ::testing::ElementsAre(HasSubstr("did not answer in time")));
}

TEST_F(ActTest, GoesOnWhenSlurmIsNotThere) {
  fs::remove(folder_ / "sinfo");
  const Done done = run(sick());
  EXPECT_FALSE(done.decision.refuse_job);
  EXPECT_THAT(done.troubles, ::testing::ElementsAre(HasSubstr("cannot be started")));
}

TEST_F(ActTest, GoesOnWhenNothingCanBeKeptAndSaysSo) {
  state_ = "/dev/null/state";
  const Done done = run(sick());
  EXPECT_EQ(done.decision.step, Decision::Step::drain);
  EXPECT_GE(done.troubles.size(), 2U);
}

TEST_F(ActTest, GoesOnWithADamagedMemory) {
  fs::create_directories(folder_ / "state");
  std::ofstream(folder_ / "state" / "memory.json") << "{\"clean_runs\": [";
  const Done done = run(well());
  EXPECT_EQ(done.troubles.size(), 1U);
  EXPECT_TRUE(run(well()).troubles.empty()) << "it was replaced";
}

TEST_F(ActTest, AdvisesMoreWhenTheSamePartIsDrainedAgain) {
  for (const Action action : {Action::reset_gpu, Action::reboot, Action::inspect}) {
    Findings findings = sick();
    findings[0].action = Action::reset_gpu;
    EXPECT_EQ(word_of(run(findings).decision.advice), word_of(action));
    node_is("n1|idle|Unknown|none\n");
    (void)run(well());
  }
}

TEST_F(ActTest, KeepsEachFindingAsOneEventAndTheStoreWithinBounds) {
  policy_.mode = Mode::observe;
  for (int i = 0; i < 5; ++i)
    (void)run(sick());
  EXPECT_EQ(store().read_events().size(), 1U);
  const auto events = store().read_events();
  EXPECT_EQ(events[0].part, "GPU-1");
  EXPECT_EQ(events[0].job, "17");
  EXPECT_EQ(events[0].boot_id, "boot-1");
  const std::vector<HealthEvent> many(1000, events[0]);
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(store().append(many));
  EXPECT_LE(fs::file_size(folder_ / "state" / "events.jsonl"), Store::most_event_bytes * 3 / 2);
  EXPECT_GT(store().read_events().size(), 1000U);
}

TEST_F(ActTest, CallsAFaultThatStillStandsNoFaultThatCameBack) {
  Findings mild = sick();
  mild.front().action = Action::reset_gpu;
  EXPECT_EQ(run(mild).decision.advice, Action::reset_gpu);
  EXPECT_EQ(run(mild).decision.advice, Action::reset_gpu);
}

TEST_F(ActTest, ForgetsNothingWhenTwoRunsWriteAtOnce) {
  (void)run(sick());
  const Store kept = store();
  std::vector<std::jthread> others;
  for (int i = 0; i < 4; ++i)
    others.emplace_back([&kept] {
      for (int j = 0; j < 10; ++j)
        EXPECT_TRUE(kept.change_memory([](Memory& memory) { ++memory.clean_runs; }));
    });
  others.clear();
  EXPECT_EQ(kept.read_memory()->clean_runs, 40U);
  EXPECT_TRUE(kept.read_memory()->drain);
}

TEST_F(ActTest, ToldByOneTierStandsWhileAnotherTierRuns) {
  policy_.mode = Mode::observe;
  (void)run(sick(), Tier::periodic);
  Finding process;
  process.check = "gpu.stale_procs";
  process.severity = Severity::watch;
  (void)run({process}, Tier::epilog);
  (void)run({process}, Tier::epilog);
  (void)run(sick(), Tier::periodic);
  EXPECT_EQ(store().read_events().size(), 2U);
}

TEST_F(ActTest, ReadsOverALineThatAFullDiskCutShort) {
  ASSERT_TRUE(store().append(std::vector<HealthEvent>(2)));
  std::ofstream(folder_ / "state" / "events.jsonl", std::ios::app) << "{\"at\": 17, \"che";
  ASSERT_TRUE(store().append(std::vector<HealthEvent>(1)));
  EXPECT_EQ(store().read_events().size(), 3U);
}

}  // namespace
}  // namespace holdfast::health
