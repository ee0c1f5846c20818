// SPDX-License-Identifier: Apache-2.0
// Our own JSON: what a stranger may write, and every member there and back.
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

Topology with_everything() {
  Topology topology;
  topology.packages = {{0, CpuSet{0, 1}, "CPU \"X\" & Söhne"}, {3, CpuSet{2}, {}}};
  topology.memory = {{NumaNode{0}, CpuSet{0, 1}, 0, 1ULL << 40U, false},
                     {NumaNode{255}, {}, std::nullopt, 0, true}};
  topology.cores = {{CpuSet{0, 1}, 0, NumaNode{0}, 4}, {CpuSet{2}, 1, std::nullopt, std::nullopt}};
  topology.bridges = {{"host 0", std::nullopt}, {"0000:10:00.0", 0}};
  topology.gpus = {
      {{{0x10000, 0xff, 31, 7}, 2},
       Vendor::nvidia,
       "H100",
       "GPU-1",
       3,
       {NumaNode{0}, CpuSet{0}},
       1},
      {{{0, 1, 0, 0}, std::nullopt}, Vendor::unknown, {}, {}, std::nullopt, {}, std::nullopt}};
  topology.nics = {{"mlx5_0",
                    "ib0",
                    NicKind::infiniband,
                    PciAddress{0, 2, 0, 0},
                    {{1, PortState::active, 400}, {2, PortState::down, 0}},
                    {NumaNode{7}, {}},
                    1},
                   {"rxe0", {}, NicKind::roce, std::nullopt, {{}}, {}, std::nullopt}};
  return topology;
}

TEST(Json, KeepsEverythingButTheOrigin) {
  const Topology before = with_everything();
  auto after = parse_topology(to_json(before), "file");
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_EQ(after->origin, "holdfast JSON file");
  after->origin.clear();
  EXPECT_EQ(*after, before);
}

TEST(Json, IgnoresMembersItDoesNotKnow) {
  const auto topology = parse_topology(
      R"({"holdfast_topology": 1, "later": [1], "packages": [{"os_index": 0, "pus": "0", "x": {}}],
          "cores": [{"pus": "0", "package": 0}]})",
      "j");
  ASSERT_TRUE(topology) << topology.error().sentence();
  EXPECT_EQ(topology->cores.size(), 1U);
}

TEST(Json, NamesThePlaceOfAMistake) {
  const auto complaint = [](std::string_view core, std::string_view more = {}) {
    const auto topology = parse_topology(
        cat(R"({"holdfast_topology":1,"packages":[{"os_index":0,"pus":"0"}],"cores":[)",
            core,
            "]",
            more,
            "}"),
        "j");
    return topology ? std::string("accepted") : topology.error().what;
  };
  EXPECT_EQ(complaint(R"({"pus":"0","package":0},{"pus":"x","package":0})")
                .find("j is not as the format says: cores[1] has unreadable pus"),
            0U);
  EXPECT_EQ(complaint(R"({"pus":"0"})"), "j is not as the format says: cores[0] has no package");
  EXPECT_EQ(complaint(R"({"pus":"0","package":-1})"),
            "j is not as the format says: cores[0] has a package that is no number in range");
  EXPECT_EQ(complaint(R"({"pus":"0","package":5})"), "j: core of PU 0 has no package");
  EXPECT_EQ(complaint(R"({"pus":"0","package":0})", R"(,"gpus":[{"id":"?","vendor":"nvidia"}])")
                .find("j is not as the format says: gpus[0] has an unreadable id"),
            0U);
  EXPECT_EQ(
      complaint(R"({"pus":"0","package":0})",
                R"(,"nics":[{"name":"a","kind":"roce","ports":[{"number":1,"state":"so so"}]}])"),
      "j is not as the format says: nics[0].ports[0] has the unknown state \"so so\"");
  EXPECT_EQ(complaint(R"({"pus":"0","package":0})", R"(,"bridges":[{"name":"b","parent":0}])"),
            "j: PCI bridge b stands before its parent");
}

TEST(Json, RefusesOtherVersionsAndOtherJson) {
  EXPECT_EQ(parse_topology(R"({"holdfast_topology": 2})", "j").error().kind,
            FailureKind::unsupported);
  EXPECT_NE(parse_topology("{}", "j").error().what.find("without the member"), std::string::npos);
  EXPECT_FALSE(parse_topology(R"({"holdfast_topology": 1})", "j")) << "no core";
}

}  // namespace
}  // namespace holdfast::affinity
