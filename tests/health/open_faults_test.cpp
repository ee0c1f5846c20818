// SPDX-License-Identifier: Apache-2.0
// What was read once is not forgotten because no drain came of it, and no longer held against a
// node that was seen to.
#include "holdfast/health/keep/open_faults.hpp"

#include "act_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using ::testing::HasSubstr;

class OpenFaultsTest : public ActTest {
 protected:
  OpenFaultsTest() { policy_.clean_runs = 1; }

  static Findings xid(int code = 79, Action action = Action::reboot) {
    Finding finding;
    finding.check = "kmsg.xid";
    finding.subject = "GPU 0000:17:00.0";
    finding.part = "GPU-1";
    finding.severity = Severity::fatal;
    finding.action = action;
    finding.what = cat("Xid ", code);
    return {finding};
  }
  static Findings nothing_new() {
    Findings passed(2);
    passed[0].check = "kmsg.xid";
    passed[1].check = "gpu.pcie_width";
    return passed;
  }
  void slurm_is_away() { program("sinfo", "exit 1"); }
  void slurm_is_back() { program("sinfo", "cat " + (folder_ / "fleet").string()); }
  void nobody_is_drained() { node_is("n1|idle|Unknown|none\n"); }
  void a_person_drains() { node_is("n1|drained|2026-11-22T23:00:00|ticket 4711\n"); }
  [[nodiscard]] std::string reason() { return text_of("fleet"); }
};

TEST_F(OpenFaultsTest, AFaultReadWhileSlurmWasAwayIsDrainedForLater) {
  slurm_is_away();
  EXPECT_EQ(run(xid()).decision.step, Decision::Step::nothing);
  slurm_is_back();
  const Done later = run(nothing_new(), Tier::prolog);
  EXPECT_EQ(later.decision.step, Decision::Step::drain);
  EXPECT_TRUE(later.decision.refuse_job);
  EXPECT_THAT(reason(), HasSubstr("[holdfast:kmsg.xid] GPU 0000:17:00.0 Xid 79, seen earlier"));
  EXPECT_THAT(later.findings,
              ::testing::Contains(::testing::Field(&Finding::what, "Xid 79, seen earlier")));
}

TEST_F(OpenFaultsTest, AFaultReadWhenTheCapWasReachedIsDrainedForWhenThereIsRoom) {
  policy_.drained_at_most = 1;
  node_is("n0|drained|2026-11-22T22:00:00|[holdfast:gpu.lost] GPU a\nn1|idle|Unknown|none\n");
  EXPECT_EQ(run(xid()).decision.step, Decision::Step::nothing);
  EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::nothing);
  nobody_is_drained();
  EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::drain);
}

TEST_F(OpenFaultsTest, AWorseFaultDuringOurOwnDrainKeepsIt) {
  (void)run(sick());
  (void)run(xid());
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::nothing);
  facts_.boot_id = "boot-2";
  EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::lift);
}

TEST_F(OpenFaultsTest, WhatNeedsANewPartOutlivesABoot) {
  (void)run(xid(64, Action::rma));
  facts_.boot_id = "boot-2";
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::nothing);
  facts_.gpus = std::vector<GpuFacts>(1);
  facts_.gpus->front().uuid = std::string("GPU-2");
  EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::lift) << "the part is another one";
}

TEST_F(OpenFaultsTest, APersonWhoResumesTheNodeHasSeenToIt) {
  (void)run(sick());
  (void)run(xid());
  nobody_is_drained();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::nothing);
  EXPECT_TRUE(store().read_memory()->open.empty());
  EXPECT_THAT(reason(), HasSubstr("idle"));
}

TEST_F(OpenFaultsTest, APersonWhoDrainedAndResumedTheNodeHasSeenToIt) {
  slurm_is_away();
  (void)run(xid());
  slurm_is_back();
  a_person_drains();
  EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::nothing);
  EXPECT_EQ(store().read_memory()->open.size(), 1U);
  nobody_is_drained();
  EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::nothing);
  EXPECT_TRUE(store().read_memory()->open.empty());
}

TEST_F(OpenFaultsTest, WhoReturnsTheNodeToServiceHasSeenToIt) {
  policy_.mode = Mode::observe;
  (void)run(xid());
  EXPECT_THAT(run(nothing_new()).decision.why, HasSubstr("would be drained"));
  EXPECT_TRUE(run(nothing_new(), Tier::return_to_service).decision.clean);
  EXPECT_TRUE(run(nothing_new()).decision.clean);
}

TEST_F(OpenFaultsTest, ABootEndsWhatItCures) {
  policy_.mode = Mode::observe;
  (void)run(xid());
  facts_.boot_id = "boot-2";
  EXPECT_TRUE(run(nothing_new()).decision.clean);
  EXPECT_TRUE(store().read_memory()->open.empty());
}

TEST_F(OpenFaultsTest, WhatEveryLookSeesAnewIsNotKept) {
  slurm_is_away();
  (void)run(sick());
  EXPECT_TRUE(store().read_memory()->open.empty());
  slurm_is_back();
  EXPECT_EQ(run(nothing_new()).decision.step, Decision::Step::nothing) << "it is over";
}

TEST_F(OpenFaultsTest, IsToldAsNewsOnceAndNeverMoreThanOnceAtATime) {
  slurm_is_away();
  (void)run(xid());
  (void)run(nothing_new());
  EXPECT_EQ(run(xid()).findings.size(), 1U) << "seen anew, so not recalled beside";
  EXPECT_EQ(store().read_events().size(), 1U);
}

TEST_F(OpenFaultsTest, WhatTheSiteTurnedOffSinceIsNotHeldAgainstTheNode) {
  slurm_is_away();
  (void)run(xid());
  const auto open = store().read_memory()->open;
  ASSERT_EQ(open.size(), 1U);
  EXPECT_TRUE(recalled(open, {}, Overrides{{{"kmsg.xid", "off"}}}).empty());
  EXPECT_EQ(recalled(open, {}, Overrides{{{"kmsg.xid", "watch"}}}).front().severity,
            Severity::watch);
  EXPECT_EQ(recalled(open, {}, {}).front().severity, Severity::fatal);
}

TEST_F(OpenFaultsTest, KeepsItsBoundsInAStorm) {
  slurm_is_away();
  Findings storm;
  for (int i = 0; i < 500; ++i) {
    storm.push_back(xid().front());
    storm.back().subject = cat("GPU ", i);
  }
  (void)run(storm);
  EXPECT_EQ(store().read_memory()->open.size(), 32U);
}

}  // namespace
}  // namespace holdfast::health
