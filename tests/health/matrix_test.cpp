// SPDX-License-Identifier: Apache-2.0
// Check by state: each fault gives the expected severity and action, no other check is bad, and a
// healthy node gives nothing, whatever of it could not be seen.
#include "fault.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/actions.hpp"
#include "holdfast/health/fields.hpp"
#include "holdfast/health/verdict.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::health {

PciFacts& Node::pci(std::string_view at) {
  return *std::ranges::find(*facts.pci, at, &PciFacts::at);
}

void Node::behind_a_switch(std::uint64_t most, std::uint64_t lanes) {
  PciFacts downstream = pci("0000:40:01.0");
  PciFacts upstream = downstream;
  upstream.at = "0000:48:00.0";
  upstream.above = "0000:40:01.0";
  upstream.width_most = most;
  upstream.width = lanes;
  downstream.at = "0000:49:00.0";
  downstream.above = upstream.at;
  for (PciFacts& each : *facts.pci)
    if (each.above == "0000:40:01.0") each.above = downstream.at;
  pci("0000:40:01.0").width = lanes;
  facts.pci->push_back(std::move(upstream));
  facts.pci->push_back(std::move(downstream));
}

void Node::on_cards(std::size_t links) {
  node.fabric = false;
  for (GpuFacts& each : *facts.gpus) {
    each.fabric_state = Fact<std::string>::lacking("no NVSwitch fabric");
    for (std::size_t i = 0; i < each.nvlinks->size(); ++i)
      each.nvlinks->at(i).active = i < links;
  }
}

MountFacts& Node::mount(std::string_view path) {
  return *std::ranges::find(*facts.storage.mounts, path, &MountFacts::path);
}

KernelEvent& Node::event(KernelEventKind kind, Severity severity, Action action) {
  KernelEvent& event = facts.kernel->emplace_back();
  event.kind = kind;
  event.code = 48;
  event.device = "0000:4a:00.0";
  event.at = noon - 5;
  event.severity = severity;
  event.action = action;
  event.meaning = "something";
  return event;
}

namespace {

Findings judged(const Node& node, Tier tier, const Overrides& overrides = {}) {
  const Limits limits{node.node, {}};
  return judge({node.facts, node.before, limits, tier}, overrides);
}

std::vector<Fault> all_faults() {
  std::vector<Fault> all;
  for (const auto& faults : {gpu_faults(), link_faults(), host_faults()})
    all.insert(all.end(), faults.begin(), faults.end());
  return all;
}

std::string told(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings)
    if (finding.severity != Severity::pass)
      text += cat(finding.check,
                  ' ',
                  finding.subject,
                  ": ",
                  word_of(finding.severity),
                  ' ',
                  finding.what,
                  '\n');
  return text;
}

class Matrix : public testing::TestWithParam<Fault> {};

TEST_P(Matrix, SaysWhatTheStateDeserves) {
  const Fault& fault = GetParam();
  Node node;
  fault.make(node);
  const Findings findings = judged(node, Tier::return_to_service);
  const Finding* worst = nullptr;
  for (const Finding& finding : findings)
    if (finding.check == fault.check && (worst == nullptr || finding.severity > worst->severity))
      worst = &finding;
  ASSERT_NE(worst, nullptr) << "nothing was said";
  EXPECT_EQ(word_of(worst->severity), word_of(fault.severity)) << told(findings);
  EXPECT_EQ(word_of(worst->action), word_of(fault.action)) << told(findings);
  EXPECT_FALSE(is_bad(fault.severity) && worst->remedy.empty());
}

TEST_P(Matrix, RunsInEveryTierOfItsRowAndInNoOther) {
  const Fault& fault = GetParam();
  Node node;
  fault.make(node);
  const Check* check = find_check(fault.check);
  ASSERT_NE(check, nullptr);
  for (const Tier tier :
       {Tier::prolog, Tier::epilog, Tier::periodic, Tier::return_to_service, Tier::job}) {
    const Findings findings = judged(node, tier);
    const bool said =
        std::ranges::any_of(findings, [&](const Finding& f) { return f.check == fault.check; });
    EXPECT_EQ(said, (check->tiers & bit(tier)) != 0) << word_of(tier);
  }
}

TEST_P(Matrix, IsSilentWhenTheSiteSwitchedTheCheckOff) {
  const Fault& fault = GetParam();
  Node node;
  fault.make(node);
  Overrides off;
  off.severity[std::string(fault.check)] = "off";
  for (const Finding& finding : judged(node, Tier::return_to_service, off))
    EXPECT_NE(finding.check, fault.check);
  Overrides mild;
  mild.severity[std::string(fault.check)] = "note";
  for (const Finding& finding : judged(node, Tier::return_to_service, mild))
    if (finding.check == fault.check && finding.severity != Severity::unknown) {
      EXPECT_LE(finding.severity, Severity::note);
      EXPECT_LE(finding.action, Action::tell_user);
    }
}

std::string name_of(const testing::TestParamInfo<Fault>& row) {
  std::string name(row.param.check);
  std::ranges::replace(name, '.', '_');
  return cat(name, "_", row.param.state);
}

INSTANTIATE_TEST_SUITE_P(Of, Matrix, testing::ValuesIn(all_faults()), name_of);

TEST(Checks, AllHaveARowInTheMatrix) {
  std::set<std::string_view> covered;
  for (const Fault& fault : all_faults())
    covered.insert(fault.check);
  for (const Check* check : all_checks())
    EXPECT_TRUE(covered.contains(check->id)) << check->id;
}

TEST(Checks, HaveIdsOfTheirOwnAndARemedy) {
  std::set<std::string_view> ids;
  for (const Check* check : all_checks()) {
    EXPECT_TRUE(ids.insert(check->id).second) << check->id;
    EXPECT_FALSE(check->remedy.empty()) << check->id;
    EXPECT_LT(check->summary.size(), 80U) << check->id;
    EXPECT_NE(check->tiers & bit(Tier::return_to_service), 0) << check->id;
  }
}

TEST(Checks, SayNothingAgainstAHealthyNode) {
  const Node node;
  for (const Tier tier :
       {Tier::prolog, Tier::epilog, Tier::periodic, Tier::return_to_service, Tier::job}) {
    const Findings findings = judged(node, tier);
    EXPECT_EQ(verdict_of(findings), Verdict::fit) << told(findings);
    EXPECT_GT(findings.size(), tier == Tier::job ? 10U : 20U);
  }
}

TEST(Checks, SayNothingAtAllAboutANodeNobodyLookedAt) {
  Node node;
  node.facts = Facts{};
  node.node = NodeClass{};
  const Findings findings = judged(node, Tier::return_to_service);
  EXPECT_TRUE(findings.empty()) << told(findings);
}

/// Sets every fact of every level to "could not be seen".
struct Blinding {
  template <class T>
  void operator()(std::string_view, Fact<T>& fact) {
    fact = Fact<T>::unseen("dark");
  }
  template <class T>
  void operator()(std::string_view, T& member) {
    if constexpr (std::is_aggregate_v<T>) fields(*this, member);
  }
};

TEST(Checks, NeverPassWhatCouldNotBeSeen) {
  Node node;
  Blinding blinding;
  fields(blinding, node.facts);
  const Findings findings = judged(node, Tier::return_to_service);
  EXPECT_EQ(verdict_of(findings), Verdict::undecided);
  for (const Finding& finding : findings)
    EXPECT_EQ(word_of(finding.severity), "unknown") << finding.check;
}

TEST(Checks, OfEachGpuAreUnknownWhereTheGpuTellsNothing) {
  Node node;
  Blinding blinding;
  const std::string at = node.gpu().at;
  fields(blinding, node.gpu());
  node.gpu().at = at;
  for (const Finding& finding : judged(node, Tier::return_to_service))
    EXPECT_FALSE(is_bad(finding.severity)) << finding.check << ' ' << finding.what;
}

TEST(Checks, TellThatAProbeHangs) {
  Node node;
  node.facts.probes.push_back({"nvml", ProbeEnd::stuck, "", 800000, 2});
  const Findings findings = judged(node, Tier::prolog);
  EXPECT_EQ(verdict_of(findings), Verdict::undecided);
  EXPECT_EQ(findings.back().check, "probe");
  EXPECT_EQ(findings.back().subject, "nvml");
}

TEST(Checks, SayNothingOfAProbeThatTheSiteLeavesOut) {
  Node node;
  node.facts.gpus = {};
  node.facts.gpu_driver = {};
  node.facts.probes = {{"gpus", ProbeEnd::left_out, "why", 0, 0}};
  const Findings findings = judged(node, Tier::prolog);
  EXPECT_EQ(verdict_of(findings), Verdict::fit);
  for (const Finding& finding : findings)
    EXPECT_TRUE(finding.check != "probe" && finding.check != "gpu.count") << finding.check;
}

TEST(Checks, DoNotCompareCountersOverAReboot) {
  Node node;
  (*node.port().counters)["link_downed"] = 900;
  node.facts.boot_id = "another";
  EXPECT_EQ(verdict_of(judged(node, Tier::periodic)), Verdict::fit);
}

TEST(Checks, OfCountersPassNothingBeforeThereIsABaseline) {
  Node node;
  node.before = {};
  for (const Finding& finding : judged(node, Tier::return_to_service)) {
    EXPECT_NE(finding.check, "nic.flap");
    EXPECT_NE(finding.check, "mem.edac");
  }
}

TEST(Checks, DoNotTakeAnIdleLinkForASlowOne) {
  Node node;
  node.gpu().pcie_generation = 1;
  node.gpu().performance_state = 8;
  node.gpu().utilization_percent = 0;
  EXPECT_EQ(verdict_of(judged(node, Tier::periodic)), Verdict::fit);
}

TEST(Checks, SpareAProcessOfAJobThatStillRuns) {
  Node node;
  node.gpu().processes->push_back({4711, "python", gib, true});
  node.gpu().memory_used_bytes = 70 * gib;
  EXPECT_EQ(verdict_of(judged(node, Tier::prolog)), Verdict::fit);
}

TEST(Checks, DoNotCountAKernelRecordOfLastWeek) {
  Node node;
  node.event(KernelEventKind::xid, Severity::fatal, Action::reset_gpu).at = noon - 7 * 86400;
  EXPECT_EQ(verdict_of(judged(node, Tier::periodic)), Verdict::fit);
}

TEST(Checks, BlameAGpuOnceThatFellOffTheBus) {
  Node node;
  node.gpu().answer = GpuAnswer::lost;
  node.pci(node.gpu().at).gone = true;
  Findings bad = judged(node, Tier::prolog);
  std::erase_if(bad, [](const Finding& f) { return !is_bad(f.severity); });
  EXPECT_EQ(std::ranges::count(bad, "gpu.lost", &Finding::check), 1) << told(bad);
}

}  // namespace
}  // namespace holdfast::health
