// SPDX-License-Identifier: Apache-2.0
// What the fault matrix cannot tell: sentences, and what depends on the tier.
#include "fault.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

/// The worst that a check says.
Finding worst_of(const Node& node, std::string_view check, Tier tier = Tier::periodic) {
  const Limits limits{node.node, {}};
  Finding worst;
  for (const Finding& finding : judge({node.facts, node.before, limits, tier}, {}))
    if (finding.check == check && (worst.check.empty() || finding.severity > worst.severity))
      worst = finding;
  return worst;
}

TEST(GpuTemperature, IsToldBesideTheSlowdownOnItsRightSide) {
  const auto told = [](std::int64_t margin) {
    Node node;
    node.gpu().temperature_margin_c = margin;
    return worst_of(node, "gpu.temp").what;
  };
  EXPECT_EQ(told(-3), "3 degrees above its slowdown");
  EXPECT_EQ(told(0), "is as hot as its slowdown");
  EXPECT_EQ(told(1), "");
}

TEST(GpuInforom, HasToBeSoundAfterARepairAndIsElsewhereWatched) {
  Node node;
  node.gpu().answer = GpuAnswer::corrupt_inforom;
  EXPECT_EQ(worst_of(node, "gpu.inforom", Tier::periodic).severity, Severity::watch);
  EXPECT_EQ(worst_of(node, "gpu.inforom", Tier::return_to_service).severity, Severity::unfit);
}

TEST(GpuLinks, ThatCannotBeSeenAreToldOnceForEachGpu) {
  Node node;
  for (NvlinkFacts& link : *node.gpu().nvlinks) {
    link.active = Fact<bool>::unseen("unknown error");
    link.replays = Fact<std::uint64_t>::unseen("unknown error");
    link.recoveries = Fact<std::uint64_t>::unseen("unknown error");
  }
  const Limits limits{node.node, {}};
  const Findings findings = judge({node.facts, node.before, limits, Tier::periodic}, {});
  for (const char* check : {"gpu.nvlink_state", "gpu.nvlink_err"})
    EXPECT_EQ(std::ranges::count(findings, check, &Finding::check), 1) << check;
}

TEST(Rates, AreToldBySlowGrowthOverAnHourOfLooks) {
  Node node;
  Baseline an_hour_ago = node.before;
  an_hour_ago.at -= 3600;
  // all but nothing of it since the last look, five minutes ago
  node.gpu().ecc_corrected_volatile = 2'000'000;
  node.gpu().pcie_replays = 9'000;
  node.gpu().nvlinks->at(4).replays = 150;
  node.pci("0000:4a:00.0").aer_correctable = 4000;
  (*node.port().counters)["symbol_error"] = 150;
  (*node.facts.nets->front().counters)["rx_errors"] = 150;
  node.before = baseline_of(node.facts);
  node.before.at -= 300;
  const Limits limits{node.node, {}};
  const Findings findings =
      judge({node.facts, node.before, limits, Tier::periodic, &an_hour_ago}, {});
  for (const char* check : {"gpu.ecc_cor_vol",
                            "gpu.pcie_replay",
                            "gpu.nvlink_err",
                            "pci.aer",
                            "ib.counters_rate",
                            "nic.errors"}) {
    const auto found = std::ranges::find_if(findings, [check](const Finding& finding) {
      return finding.check == check && finding.severity == Severity::watch;
    });
    EXPECT_NE(found, findings.end()) << check;
  }
}

TEST(IbPorts, ThatWereDownAtTheLastLookAlreadyAreDown) {
  Node node;
  node.port().state = std::string("DOWN");
  node.before = baseline_of(node.facts);
  EXPECT_EQ(worst_of(node, "ib.state").severity, Severity::unfit);
}

TEST(IbPorts, ThatWaitForTheirManagerAreEvidenceBesideAJob) {
  Node node;
  node.port().state = std::string("INIT");
  EXPECT_EQ(worst_of(node, "ib.state", Tier::prolog).severity, Severity::watch);
  EXPECT_EQ(worst_of(node, "ib.state", Tier::job).severity, Severity::unfit);
}

TEST(IbPorts, ThatVanishedWithinABootAreMissedWithoutAClass) {
  Node node;
  node.node = {};
  EXPECT_EQ(worst_of(node, "ib.count").severity, Severity::pass);
  node.facts.ib_ports->pop_back();
  EXPECT_EQ(worst_of(node, "ib.count").severity, Severity::watch);
  EXPECT_EQ(worst_of(node, "ib.count").subject, "mlx5_8/1");
  node.facts.ib_ports = Fact<std::vector<IbPortFacts>>::lacking("no such directory");
  EXPECT_EQ(worst_of(node, "ib.count").severity, Severity::watch);
  node.facts.boot_id = "another";
  EXPECT_EQ(worst_of(node, "ib.count").check, "") << "after a reboot nothing is known";
}

}  // namespace
}  // namespace holdfast::health
