// SPDX-License-Identifier: Apache-2.0
#include "healthy_node.hpp"
#include "holdfast/health/baseline.hpp"
#include "holdfast/health/fields.hpp"
#include "holdfast/health/learn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using testing::HasSubstr;

Facts there_and_back(const Facts& facts) {
  const auto read = parse_facts(to_json(facts), "test");
  EXPECT_TRUE(read) << read.error().sentence();
  return read ? *read : Facts{};
}

TEST(Facts, ComeBackAsTheyWereSaved) {
  Facts facts = healthy_node();
  KernelEvent event;
  event.kind = KernelEventKind::sxid;
  event.code = 12028;
  event.severity = Severity::fatal;
  event.action = Action::reboot;
  event.text = "nvidia-nvswitch3: \"SXid\"";
  facts.kernel->push_back(event);
  facts.gpus->front().answer = GpuAnswer::reset_required;
  facts.gpus->front().temperature_c = -3;
  facts.probes.push_back({"mount /home", ProbeEnd::stuck, "why", 17, 3});
  EXPECT_EQ(there_and_back(facts), facts);
}

TEST(Facts, TellWhatWasUnseenFromWhatIsLackingAndFromWhatNobodyAsked) {
  Facts facts;
  facts.node = "n1";
  facts.cpu.online = Fact<std::uint64_t>::unseen("denied");
  facts.cpu.present = Fact<std::uint64_t>::lacking("no such file");
  facts.system.services = std::map<std::string, bool>{{"unseen", true}};
  facts.ib_ports = Fact<std::vector<IbPortFacts>>::unseen("timed out");
  const Facts back = there_and_back(facts);
  EXPECT_EQ(back, facts);
  EXPECT_TRUE(back.cpu.online.unseen());
  EXPECT_EQ(back.cpu.online.why(), "denied");
  EXPECT_EQ(back.cpu.present.gap(), Gap::lacking);
  EXPECT_FALSE(back.cpu.sockets.asked());
}

TEST(Facts, RefuseWhatIsNoFactsFileAndSayWhere) {
  const auto sentence = [](std::string_view text) {
    const auto read = parse_facts(text, "f.json");
    return read ? std::string("understood") : read.error().sentence();
  };
  EXPECT_THAT(sentence("{"), HasSubstr("f.json is no JSON"));
  EXPECT_THAT(sentence("[]"), HasSubstr("f.json"));
  EXPECT_THAT(sentence("{}"), HasSubstr("holds no facts"));
  EXPECT_THAT(sentence(R"({"holdfast_facts": 2})"), HasSubstr("newer holdfast"));
  EXPECT_THAT(sentence(R"({"holdfast_facts": 1, "gpus": [{"at": 3}]})"), HasSubstr("gpus[0].at"));
  EXPECT_THAT(sentence(R"({"holdfast_facts": 1, "gpus": [{"answer": "gone"}]})"),
              HasSubstr("unknown word \"gone\""));
  EXPECT_THAT(sentence(R"({"holdfast_facts": 1, "cpu": {"online": -1}})"),
              HasSubstr("cpu.online is no whole number"));
  EXPECT_EQ(sentence(R"({"holdfast_facts": 1, "of_later": {}})"), "understood");
}

TEST(Facts, OfSeveralProbesArePutTogether) {
  Facts all;
  all.node = "n1";
  Facts gpus, host;
  gpus.gpus = std::vector<GpuFacts>(2);
  gpus.probes = {{"nvml", ProbeEnd::answered, "", 1, 0}};
  host.node = "other";
  host.memory.total_bytes = gib;
  host.cpu.online = Fact<std::uint64_t>::unseen("denied");
  host.probes = {{"host", ProbeEnd::answered, "", 1, 0}};
  merge(all, gpus);
  merge(all, host);
  EXPECT_EQ(all.node, "n1");
  EXPECT_EQ(all.gpus->size(), 2U);
  EXPECT_TRUE(all.memory.total_bytes.is(gib));
  EXPECT_TRUE(all.cpu.online.unseen());
  EXPECT_FALSE(all.cpu.present.asked());
  EXPECT_EQ(all.probes.size(), 2U);
}

/// Counts the bytes of the members a list names; padding is what is left.
struct Weighing {
  std::size_t bytes{};
  template <class T>
  void operator()(std::string_view, const T&) {
    bytes += sizeof(T);
  }
};

template <class T>
void expect_complete(std::string_view name) {
  const T object{};
  Weighing weighing;
  fields(weighing, object);
  EXPECT_LE(weighing.bytes, sizeof(T)) << name << " names a member twice";
  EXPECT_LT(sizeof(T) - weighing.bytes, sizeof(Fact<bool>)) << name << " leaves a member out";
}

TEST(Facts, AllHaveALineInTheListOfTheirMembers) {
  expect_complete<GpuFacts>("GpuFacts");
  expect_complete<NvlinkFacts>("NvlinkFacts");
  expect_complete<GpuDriverFacts>("GpuDriverFacts");
  expect_complete<PciFacts>("PciFacts");
  expect_complete<IbPortFacts>("IbPortFacts");
  expect_complete<NetFacts>("NetFacts");
  expect_complete<EdacFacts>("EdacFacts");
  expect_complete<MemoryFacts>("MemoryFacts");
  expect_complete<CpuFacts>("CpuFacts");
  expect_complete<SystemFacts>("SystemFacts");
  expect_complete<MountFacts>("MountFacts");
  expect_complete<DriveFacts>("DriveFacts");
  expect_complete<CheckpointFacts>("CheckpointFacts");
  expect_complete<StorageFacts>("StorageFacts");
  expect_complete<SlurmFacts>("SlurmFacts");
  expect_complete<Facts>("Facts");
}

TEST(Baseline, IsGrowthWithinOneBootOnly) {
  const Facts before = healthy_node();
  const Baseline baseline = baseline_of(before);
  Facts now = healthy_node();
  EXPECT_EQ(growth(baseline, now, "mlx5_3/1 link_downed", 4), 3U);
  EXPECT_EQ(growth(baseline, now, "mlx5_3/1 link_downed", 0), 0U) << "the counter was reset";
  EXPECT_EQ(growth(baseline, now, "mlx5_3/1 never_seen", 4), std::nullopt);
  EXPECT_EQ(growth(Baseline{}, now, "mlx5_3/1 link_downed", 4), std::nullopt);
  const Baseline of_another_boot{"boot-0", 0, {{"event_log entries", 5}}};
  EXPECT_EQ(growth(of_another_boot, now, "event_log entries", 7), 2U) << "it outlives a boot";
  now.boot_id = "another";
  EXPECT_EQ(growth(baseline, now, "mlx5_3/1 link_downed", 4), std::nullopt);
}

TEST(NodeClass, LearnedFromAHealthyNodeHasWhatTheNodeHas) {
  const NodeClass node = learn_class(healthy_node(), "h100");
  EXPECT_EQ(node.gpus, 8U);
  EXPECT_EQ(node.nvlinks, 18U);
  EXPECT_EQ(node.ib_ports, 9U);
  EXPECT_EQ(node.ib_layer, "") << "the ports have two kinds of link layer";
  EXPECT_TRUE(node.ecc);
  EXPECT_EQ(node.mig, false);
  EXPECT_THAT(node.mounts, testing::ElementsAre("/", "/scratch", "/home"));
  EXPECT_THAT(to_toml(node), HasSubstr("[class.h100]\ngpu_model = \"NVIDIA H100 80GB HBM3\"\n"));
}

TEST(NodeClass, IsFoundByHostThenFeatureThenModel) {
  NodeClass by_host, by_feature, by_model, of_all;
  by_host.name = "host";
  by_host.hosts = "n[10-20]";
  by_feature.name = "feature";
  by_feature.feature = "ib";
  by_model.name = "model";
  by_model.gpu_model = "NVIDIA H100";
  of_all.name = "all";
  const std::vector<NodeClass> classes{of_all, by_model, by_feature, by_host};
  const std::vector<std::string> features{"big", "ib"};
  const Facts facts = healthy_node();
  EXPECT_EQ(class_of(classes, "n17", features, facts).name, "host");
  EXPECT_EQ(class_of(classes, "n21", features, facts).name, "feature");
  EXPECT_EQ(class_of(classes, "n21", {}, facts).name, "model");
  EXPECT_EQ(class_of(classes, "n21", {}, Facts{}).name, "all");
  EXPECT_EQ(class_of({}, "n21", {}, facts).name, "");
}

TEST(NodeClass, DifferencesNameWhatDiffersAndNothingElse) {
  const NodeClass here = learn_class(healthy_node(), "x");
  NodeClass there = here;
  EXPECT_TRUE(differences(here, there).empty());
  there.kernel = "5.10.0";
  there.gpus = 7;
  EXPECT_THAT(differences(here, there),
              testing::ElementsAre(Difference{"gpus", "8", "7"},
                                   Difference{"kernel", "\"6.1.0-30-amd64\"", "\"5.10.0\""}));
}

}  // namespace
}  // namespace holdfast::health
