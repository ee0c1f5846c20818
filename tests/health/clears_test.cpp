// SPDX-License-Identifier: Apache-2.0
// When the drain for a finding may be lifted again.
#include "fault.hpp"
#include "holdfast/health/actions.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

Findings judged(const Node& node, Tier tier) {
  const Limits limits{node.node, {}};
  return judge({node.facts, node.before, limits, tier}, {});
}

/// What a counter told at one look it does not tell at the next one, with the same cable in place.
TEST(Clears, WhatACounterOfFatalErrorsToldOnlyByAReboot) {
  Node node;
  node.gpu().pcie_fatal = 1;
  node.pci("0000:4a:00.0").aer_fatal = 1;
  (*node.port().counters)["link_downed"] = 2;
  const Findings findings = judged(node, Tier::periodic);
  for (const char* check : {"gpu.pcie_replay", "pci.aer", "ib.counters_fatal"}) {
    const auto found = std::ranges::find_if(findings, [check](const Finding& finding) {
      return finding.check == check && is_bad(finding.severity);
    });
    ASSERT_NE(found, findings.end()) << check;
    EXPECT_EQ(found->clears, Clears::by_reboot) << check;
  }
}

}  // namespace
}  // namespace holdfast::health
