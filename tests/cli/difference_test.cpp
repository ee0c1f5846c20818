// SPDX-License-Identifier: Apache-2.0
#include "cli/node_difference.hpp"
#include "holdfast/common/text.hpp"
#include "support/machines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using affinity::PortState;
using affinity::Topology;
using holdfast::testing::machine;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> sentences(const Topology& a, const Topology& b, bool strict_ids = false) {
  std::vector<std::string> out;
  for (const Difference& difference : differences_between({"a", a}, {"b", b}, strict_ids))
    out.push_back(difference.sentence);
  return out;
}

class NodeDifference : public ::testing::Test {
 protected:
  const Topology a_ = machine("hgx-h100");
  Topology b_ = a_;
};

TEST_F(NodeDifference, IsNoneBetweenANodeAndItself) { EXPECT_THAT(sentences(a_, b_), IsEmpty()); }

TEST_F(NodeDifference, IsNoneWhenOnlyTheFileIsAnother) {
  b_.origin = "elsewhere";
  EXPECT_THAT(sentences(a_, b_), IsEmpty());
}

TEST_F(NodeDifference, NamesAGpuThatIsMissing) {
  const std::string at = to_text(a_.gpus[5].id);
  b_.gpus.erase(b_.gpus.begin() + 5);
  const auto found = differences_between({"a", a_}, {"b", b_}, false);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "gpu_missing");
  EXPECT_EQ(found[0].device, at);
  EXPECT_TRUE(found[0].sentence.starts_with(cat("b has no GPU at ", at, " (a has: GPU 5")))
      << found[0].sentence;
  const auto other_way = differences_between({"b", b_}, {"a", a_}, false);
  ASSERT_EQ(other_way.size(), 1U);
  EXPECT_EQ(other_way[0].kind, "gpu_extra");
}

TEST_F(NodeDifference, NamesANicThatIsGoneByAddressOrElseByName) {
  const std::string at = to_text(*a_.nics[1].at);
  const std::string name = a_.nics[1].name;
  b_.nics.erase(b_.nics.begin() + 1);
  EXPECT_THAT(sentences(a_, b_),
              ElementsAre(cat("b has no NIC at ", at, " (a has: NIC ", name, ", InfiniBand)")));
  Topology a = a_;
  a.nics[1].at.reset();
  const auto found = differences_between({"a", a}, {"b", b_}, false);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "nic_missing");
  EXPECT_EQ(found[0].sentence,
            cat("b has no NIC called ", name, " (a has: NIC ", name, ", InfiniBand)"));
}

TEST_F(NodeDifference, NamesANicThatHasAnotherNameAtTheSameAddress) {
  const std::string at = to_text(*b_.nics[0].at);
  const std::string name = b_.nics[0].name;
  b_.nics[0].name = "renamed_0";
  EXPECT_THAT(sentences(a_, b_),
              ElementsAre(cat("the NIC at ", at, " is ", name, " in a and renamed_0 in b")));
}

TEST_F(NodeDifference, NamesAPortThatIsDown) {
  b_.nics[2].ports[0].state = PortState::down;
  const auto found = differences_between({"a", a_}, {"b", b_}, false);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "nic_port");
  EXPECT_TRUE(found[0].second.ends_with("down"));
}

TEST_F(NodeDifference, CountsCoresAndPus) {
  b_.cores.pop_back();
  EXPECT_THAT(sentences(a_, b_),
              ElementsAre("a has 112 cores, b has 111 cores", "a has 224 PUs, b has 222 PUs"));
}

TEST_F(NodeDifference, ForgivesTwoPercentOfMemoryAndNoMore) {
  Topology a = a_;
  a.memory[1].bytes = 1000ULL << 20U;
  b_.memory[1].bytes = 981ULL << 20U;
  EXPECT_THAT(sentences(a, b_), IsEmpty());
  b_.memory[1].bytes = 979ULL << 20U;
  EXPECT_THAT(sentences(a, b_), ElementsAre("NUMA node 1 has 1000 MiB in a and 979 MiB in b"));
}

TEST_F(NodeDifference, ComparesUuidsOnlyWhenAsked) {
  b_.gpus[0].uuid = "GPU-another";
  EXPECT_THAT(sentences(a_, b_), IsEmpty());
  EXPECT_EQ(sentences(a_, b_, true).size(), 1U);
}

TEST_F(NodeDifference, NamesAnotherOrderOfTheGpus) {
  std::swap(b_.gpus[0], b_.gpus[1]);
  const auto found = differences_between({"a", a_}, {"b", b_}, false);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "gpu_order");
  EXPECT_TRUE(found[0].first.starts_with(to_text(a_.gpus[0].id)));
  EXPECT_TRUE(found[0].second.starts_with(to_text(a_.gpus[1].id)));
}

TEST_F(NodeDifference, NamesAGpuThatIsNearOtherCores) {
  b_.gpus[0].near = b_.gpus[7].near;
  const auto found = differences_between({"a", a_}, {"b", b_}, false);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].kind, "gpu_place");
}

TEST_F(NodeDifference, TellsAFewPathsForManyThatChanged) {
  for (auto& gpu : b_.gpus)
    gpu.behind.reset();
  const auto found = sentences(a_, b_);
  EXPECT_LE(found.size(), 6U);
  EXPECT_TRUE(found.back().ends_with("more paths between GPUs and NICs")) << found.back();
}

TEST_F(NodeDifference, FindsCoresNumberedOtherwise) {
  const Topology adjacent = machine("hgx-h100-offline-cpu0");
  EXPECT_FALSE(sentences(a_, adjacent).empty());
  std::swap(b_.cores[0].pus, b_.cores[1].pus);
  EXPECT_EQ(differences_between({"a", a_}, {"b", b_}, false).front().kind, "numbering");
}

TEST_F(NodeDifference, AsJsonHoldsTheSameSentences) {
  EXPECT_EQ(to_json({"a", a_}, {"b", b_}, {}),
            "{\"same\":true,\"first\":\"a\",\"second\":\"b\",\"differences\":[]}\n");
  const Difference one{"cores", "", "8 cores", "6 cores", "a has 8 cores, b has 6 cores"};
  EXPECT_EQ(to_json({"a", a_}, {"b", b_}, {one}),
            "{\"same\":false,\"first\":\"a\",\"second\":\"b\",\"differences\":[{\"kind\":\"cores\","
            "\"device\":\"\",\"first\":\"8 cores\",\"second\":\"6 cores\",\"sentence\":\"a has 8 "
            "cores, b has 6 cores\"}]}\n");
}

}  // namespace
}  // namespace holdfast::cli
