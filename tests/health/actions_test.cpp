// SPDX-License-Identifier: Apache-2.0
// What is done about findings: the table of the policy.
#include "holdfast/health/actions.hpp"

#include "fault.hpp"
#include "holdfast/common/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Step = Decision::Step;

constexpr std::string_view boot = "boot-1";

Finding bad(std::string_view check = "gpu.pcie_width") {
  Finding finding;
  finding.check = check;
  finding.subject = "GPU 0000:17:00.0";
  finding.severity = Severity::unfit;
  finding.action = find_check(check)->action;
  finding.what = "PCIe link has 8 lanes";
  finding.limit = "at least 16";
  finding.clears = find_check(check)->clears;
  finding.part = "GPU-1";
  return finding;
}

Finding passed(std::string_view check = "gpu.pcie_width") {
  Finding finding;
  finding.check = check;
  return finding;
}

Finding unseen() {
  Finding finding;
  finding.check = "probe";
  finding.severity = Severity::unknown;
  return finding;
}

Fleet fleet_of(unsigned nodes, std::string_view own_reason = {}) {
  Fleet fleet;
  for (unsigned i = 1; i <= nodes; ++i)
    fleet.nodes.push_back({cat("n", i), false, true, "", ""});
  fleet.nodes[0].drained = !own_reason.empty();
  fleet.nodes[0].reason = own_reason;
  return fleet;
}

void drain(Fleet& fleet, std::size_t index, std::string_view reason) {
  fleet.nodes[index].drained = true;
  fleet.nodes[index].reason = reason;
}

Policy acting() {
  Policy policy;
  policy.mode = Mode::act;
  return policy;
}

const std::string own = "[holdfast:gpu.pcie_width] GPU 0000:17:00.0 PCIe link has 8 lanes";

Past drained_by_us(unsigned clean_runs) {
  Past past;
  past.drain = OwnDrain{own, std::string(boot), 100};
  past.clean_runs = clean_runs;
  return past;
}

Decision decide(const Findings& findings,
                const std::optional<Fleet>& fleet,
                const Past& past = {},
                const Policy& policy = acting()) {
  return decide_actions(findings, fleet, "n1", past, policy, boot);
}

TEST(Actions, DrainANodeThatIsUnfitAndSayWhy) {
  const Decision decision = decide({bad()}, fleet_of(4));
  EXPECT_EQ(decision.step, Step::drain);
  EXPECT_TRUE(decision.refuse_job);
  EXPECT_EQ(decision.reason,
            "[holdfast:gpu.pcie_width] GPU 0000:17:00.0 PCIe link has 8 lanes, limit at least 16");
}

TEST(Actions, InObserveModeOnlySayWhatTheyWouldDo) {
  const Decision decision = decide({bad()}, fleet_of(4), {}, Policy{});
  EXPECT_EQ(decision.step, Step::nothing);
  EXPECT_FALSE(decision.refuse_job);
  EXPECT_THAT(decision.why, HasSubstr("would be drained"));
  EXPECT_THAT(decision.reason, StartsWith("[holdfast:gpu.pcie_width]"));
}

TEST(Actions, TouchNothingOnAHealthyNodeAndAskNobody) {
  EXPECT_FALSE(must_ask(Findings{passed()}, {}));
  const Decision decision = decide({passed()}, std::nullopt);
  EXPECT_EQ(decision.step, Step::nothing);
  EXPECT_TRUE(decision.clean);
  EXPECT_TRUE(decision.why.empty());
}

TEST(Actions, DoNotDrainForWhatIsOnlyWatched) {
  Finding watched = bad();
  watched.severity = Severity::watch;
  EXPECT_EQ(decide({watched}, fleet_of(4)).step, Step::nothing);
}

TEST(Actions, DoNotDrainForWhatTheUserCaused) {
  Finding caused = bad();
  caused.action = Action::tell_user;
  EXPECT_EQ(decide({caused}, fleet_of(4)).step, Step::nothing);
}

TEST(Actions, DrainNothingForWhatCouldNotBeSeenAndLiftNothing) {
  EXPECT_EQ(decide({unseen()}, fleet_of(4)).step, Step::nothing);
  const Decision decision = decide({passed(), unseen()}, fleet_of(4, own), drained_by_us(9));
  EXPECT_EQ(decision.step, Step::nothing);
  EXPECT_FALSE(decision.clean);
}

TEST(Actions, RefuseAJobForWhatCouldNotBeSeenOnlyWhereTheSiteWantsIt) {
  EXPECT_FALSE(decide({unseen()}, fleet_of(4)).refuse_job);
  Policy strict = acting();
  strict.refuse_unknown = true;
  EXPECT_TRUE(decide({unseen()}, fleet_of(4), {}, strict).refuse_job);
}

TEST(Actions, DoNothingWithoutAnAnswerOfSlurm) {
  const Decision decision = decide({bad()}, std::nullopt);
  EXPECT_EQ(decision.step, Step::nothing);
  EXPECT_FALSE(decision.refuse_job) << "the cap could not be looked at";
}

TEST(Actions, TouchNothingBeforeSlurmdHasRegistered) {
  Fleet fleet = fleet_of(4, own);
  fleet.nodes[0].answers = false;
  EXPECT_EQ(decide({bad()}, fleet).step, Step::nothing);
  EXPECT_EQ(decide({passed()}, fleet, drained_by_us(9)).step, Step::nothing);
}

TEST(Actions, LeaveAForeignDrainAlone) {
  for (const std::string reason : {"bad DIMM, ticket 4711",
                                   "",
                                   "Prolog error",
                                   "[holdfast:gpu.pcie_width] and more, says Ann",
                                   "[holdfast:gpu.pcie_width",
                                   "holdfast: GPU",
                                   "[holdfast:no.such] x"}) {
    Fleet fleet = fleet_of(4, reason);
    fleet.nodes[0].drained = true;
    EXPECT_EQ(decide({passed()}, fleet, drained_by_us(9)).step, Step::nothing) << reason;
    EXPECT_EQ(decide({passed()}, fleet).step, Step::nothing) << reason;
    EXPECT_EQ(decide({bad()}, fleet, drained_by_us(9)).step, Step::nothing) << reason;
  }
}

TEST(Actions, DoNotLiftADrainWithOurTagThatThisNodeDoesNotRemember) {
  EXPECT_EQ(decide({passed()}, fleet_of(4, own)).step, Step::nothing);
}

TEST(Actions, LiftTheirOwnDrainAfterTheLastCleanRunAndNotBefore) {
  EXPECT_EQ(decide({passed()}, fleet_of(4, own), drained_by_us(0)).step, Step::nothing);
  EXPECT_EQ(decide({passed()}, fleet_of(4, own), drained_by_us(1)).step, Step::nothing);
  EXPECT_EQ(decide({passed()}, fleet_of(4, own), drained_by_us(2)).step, Step::lift);
}

TEST(Actions, DoNotLiftWhenTheCheckWasNotJudged) {
  EXPECT_EQ(decide({passed("gpu.temp")}, fleet_of(4, own), drained_by_us(9)).step, Step::nothing);
}

TEST(Actions, NeverLiftWhatOnlyANewPartCures) {
  const std::string reason = "[holdfast:gpu.remap_failed] GPU x";
  Past past;
  past.drain = OwnDrain{reason, "an earlier boot", 100};
  past.clean_runs = 99;
  EXPECT_EQ(decide({passed("gpu.remap_failed")}, fleet_of(4, reason), past).step, Step::nothing);
}

TEST(Actions, LiftWhatTheKernelLogSaidOnlyAfterAReboot) {
  const std::string reason = "[holdfast:kmsg.xid] GPU x Xid 48";
  Past past;
  past.drain = OwnDrain{reason, std::string(boot), 100};
  past.clean_runs = 99;
  EXPECT_EQ(decide({passed("kmsg.xid")}, fleet_of(4, reason), past).step, Step::nothing);
  past.drain->boot_id = "an earlier boot";
  EXPECT_EQ(decide({passed("kmsg.xid")}, fleet_of(4, reason), past).step, Step::lift);
}

TEST(Actions, LiftNoDrainOfTwoChecksUntilBothAreOver) {
  const std::string reason = "[holdfast:gpu.pcie_width,kmsg.xid] GPU x";
  Past past;
  past.drain = OwnDrain{reason, std::string(boot), 100};
  past.clean_runs = 99;
  EXPECT_EQ(decide({passed(), passed("kmsg.xid")}, fleet_of(4, reason), past).step, Step::nothing);
}

TEST(Actions, LiftSoOftenADayAndThenWaitForAPerson) {
  Past past = drained_by_us(9);
  past.lifts_today = 3;
  EXPECT_EQ(decide({passed()}, fleet_of(4, own), past).step, Step::nothing);
}

TEST(Actions, NeverDrainMoreThanTheCap) {
  Fleet fleet = fleet_of(10);
  drain(fleet, 3, "[holdfast:gpu.lost] GPU a");
  EXPECT_EQ(decide({bad()}, fleet).step, Step::drain);
  drain(fleet, 4, "[holdfast:ib.rate] mlx5_0/1");
  const Decision decision = decide({bad()}, fleet);
  EXPECT_EQ(decision.step, Step::nothing);
  EXPECT_FALSE(decision.refuse_job) << "a failed prolog would drain it all the same";
  EXPECT_THAT(decision.why, HasSubstr("2 is the most"));
}

TEST(Actions, CountNoForeignDrainForTheCap) {
  Fleet fleet = fleet_of(10);
  for (std::size_t i = 1; i < 9; ++i)
    drain(fleet, i, "maintenance");
  EXPECT_EQ(decide({bad()}, fleet).step, Step::drain);
}

TEST(Actions, HaveACapThatGrowsWithTheFleet) {
  Fleet fleet = fleet_of(1000);
  for (std::size_t i = 1; i < 20; ++i)
    drain(fleet, i, i % 2 == 0 ? "[holdfast:gpu.lost] GPU a" : "[holdfast:ib.rate] mlx5_0/1");
  Policy policy = acting();
  policy.shared_cause = 0;
  EXPECT_EQ(decide({bad()}, fleet, {}, policy).step, Step::drain);
  drain(fleet, 20, "[holdfast:gpu.lost] GPU a");
  EXPECT_EQ(decide({bad()}, fleet, {}, policy).step, Step::nothing);
}

TEST(Actions, BlameNoNodeForWhatManyNodesHave) {
  Fleet fleet = fleet_of(1000);
  for (std::size_t i = 1; i < 4; ++i)
    drain(fleet, i, own);
  const Decision decision = decide({bad()}, fleet);
  EXPECT_EQ(decision.step, Step::nothing);
  EXPECT_THAT(decision.why, HasSubstr("the cause is shared"));
  EXPECT_EQ(decide({bad("gpu.temp")}, fleet).step, Step::drain);
  for (FleetNode& node : fleet.nodes)
    node.since = "2026-11-15T23:00:00";
  fleet.recently = "2026-11-22T22:00:00";
  EXPECT_EQ(decide({bad()}, fleet).step, Step::drain) << "they wait for parts since last week";
}

TEST(Actions, GiveWayWhenOthersDrainedAtTheSameMoment) {
  Fleet fleet = fleet_of(4);
  for (std::size_t i = 0; i < 4; ++i) {
    drain(fleet, i, own);
    fleet.nodes[i].since = cat("2026-11-22T23:00:0", 4 - i);
  }
  unsigned stay = 0;
  for (const FleetNode& node : fleet.nodes)
    if (after_drain(fleet, node.name, acting()) == AfterDrain::stays) ++stay;
  EXPECT_EQ(stay, 2U);
  EXPECT_EQ(after_drain(fleet, "n1", acting()), AfterDrain::gives_way) << "the latest";
}

// Each of n1 … n4 may be the last that was set: whoever saw too many must not simply stay.
TEST(Actions, WaitForOthersThatDrainedInTheSameSecond) {
  Fleet fleet = fleet_of(4);
  for (std::size_t i = 0; i < 4; ++i) {
    drain(fleet, i, own);
    fleet.nodes[i].since = "2026-11-22T23:00:01";
  }
  EXPECT_EQ(after_drain(fleet, "n1", acting()), AfterDrain::waits);
  EXPECT_EQ(after_drain(fleet, "n2", acting()), AfterDrain::waits);
  EXPECT_EQ(after_drain(fleet, "n3", acting()), AfterDrain::gives_way);
  EXPECT_EQ(after_drain(fleet, "n4", acting()), AfterDrain::gives_way);
  fleet.nodes[2].drained = fleet.nodes[3].drained = false;
  EXPECT_EQ(after_drain(fleet, "n1", acting()), AfterDrain::stays);
}

TEST(Actions, AdviseMoreWhenTheSamePartFailsAgain) {
  EXPECT_EQ(escalated(Action::reset_gpu, 0), Action::reset_gpu);
  EXPECT_EQ(escalated(Action::reset_gpu, 1), Action::reboot);
  EXPECT_EQ(escalated(Action::reset_gpu, 2), Action::inspect);
  EXPECT_EQ(escalated(Action::reboot, 1), Action::reboot);
  EXPECT_EQ(escalated(Action::reboot, 2), Action::inspect);
  EXPECT_EQ(escalated(Action::rma, 7), Action::rma);
  Past past;
  past.repeats["GPU-1"] = 2;
  EXPECT_EQ(decide({bad("gpu.remap_pending")}, fleet_of(4), past).advice, Action::inspect);
  past.repeats = {{"GPU-2", 2}};
  EXPECT_EQ(decide({bad("gpu.remap_pending")}, fleet_of(4), past).advice, Action::reset_gpu);
}

TEST(Reason, KeepsTheDeviceAndTheLimitWhenItMustBeCut) {
  Finding finding = bad();
  finding.what = std::string(600, 'x');
  const std::string reason = reason_for(Findings{finding, bad("gpu.temp")});
  EXPECT_LE(reason.size(), reason_bytes);
  EXPECT_THAT(reason, StartsWith("[holdfast:gpu.pcie_width,gpu.temp] GPU 0000:17:00.0 xx"));
  EXPECT_THAT(reason, HasSubstr(", limit at least 16; 1 more"));
}

TEST(Reason, OfALongNameKeepsTheEndWhatIsWrongAndTheLimit) {
  Finding finding = bad("fs.space");
  finding.subject = "/scratch/" + std::string(300, 'p') + "/run7";
  finding.what = "97 % are used";
  finding.limit = "below 95 %";
  const std::string reason = reason_for(Findings{finding});
  EXPECT_LE(reason.size(), reason_bytes);
  EXPECT_THAT(reason, StartsWith("[holdfast:fs.space] ...ppp"));
  EXPECT_THAT(reason, ::testing::EndsWith("ppp/run7 97 % are used, limit below 95 %"));
}

TEST(Reason, PutsTheWorstFirst) {
  Finding fatal = bad("gpu.lost");
  fatal.severity = Severity::fatal;
  EXPECT_THAT(reason_for(Findings{bad(), fatal}), StartsWith("[holdfast:gpu.lost,gpu.pcie_width]"));
}

TEST(Reason, HoldsNoLetterThatBreaksALine) {
  Finding finding = bad();
  finding.subject = "mo\"unt\n|\x1b[2J'";
  const std::string reason = reason_for(Findings{finding});
  EXPECT_EQ(reason.find_first_of("\"'|\n\x1b"), std::string::npos) << reason;
}

TEST(Reason, IsReadBackAsAWholeToken) {
  EXPECT_THAT(checks_of_reason(own), testing::ElementsAre("gpu.pcie_width"));
  EXPECT_THAT(checks_of_reason("[holdfast:gpu.lost,ib.state] x"),
              testing::ElementsAre("gpu.lost", "ib.state"));
  for (const std::string_view foreign : {"[holdfast:gpu.pcie_widths] x",
                                         "[holdfast:gpu.pcie_width x",
                                         " [holdfast:gpu.lost] x",
                                         "[holdfast:] x",
                                         "[holdfast:gpu.lost,] x",
                                         "see [holdfast:gpu.lost]",
                                         "none",
                                         ""})
    EXPECT_TRUE(checks_of_reason(foreign).empty()) << foreign;
}

TEST(Fleet, IsReadFromWhatSinfoPrints) {
  const auto fleet = parse_fleet(
      "n1|idle|Unknown|none\n"
      "n2|drained*|2026-11-22T23:27:45|[holdfast:gpu.lost] GPU a | b\n"
      "n2|drained*|2026-11-22T23:27:45|[holdfast:gpu.lost] GPU a | b\n"
      "n3|draining@|2026-11-22T23:27:45|bad DIMM\n"
      "n4|down*|2026-11-22T23:27:45|[holdfast:gpu.lost] GPU a\n");
  ASSERT_TRUE(fleet);
  EXPECT_EQ(fleet->nodes.size(), 4U);
  EXPECT_EQ(fleet->find("n1")->reason, "");
  EXPECT_EQ(fleet->find("n2")->reason, "[holdfast:gpu.lost] GPU a | b");
  EXPECT_TRUE(fleet->find("n3")->drained);
  EXPECT_TRUE(fleet->find("n1")->answers);
  EXPECT_FALSE(fleet->find("n4")->answers);
  EXPECT_EQ(fleet->drained_by_us(), 1U);
  EXPECT_EQ(fleet->drained_for("gpu.lost"), 1U);
  EXPECT_FALSE(parse_fleet("slurm_load_node: Unable to contact slurm controller\n"));
}

}  // namespace
}  // namespace holdfast::health
