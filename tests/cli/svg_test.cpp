// SPDX-License-Identifier: Apache-2.0
#include "cli/render/svg.hpp"

#include "cli/render/owners.hpp"
#include "cli/render/picture.hpp"
#include "holdfast/common/text.hpp"
#include "support/machines.hpp"

#include <array>
#include <set>
#include <string>

#include <expat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using affinity::Placement;
using affinity::Plan;
using affinity::Topology;
using holdfast::testing::machine;
using holdfast::testing::machine_names;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a reader of the drawing sees: element names, and the text of <text> elements.
struct Seen {
  bool well_formed{};
  std::set<std::string> elements;
  std::multiset<std::string> texts;
  std::string now;
};

Seen read_svg(const std::string& svg) {
  Seen seen;
  XML_Parser parser = XML_ParserCreate("UTF-8");
  XML_SetUserData(parser, &seen);
  XML_SetElementHandler(
      parser,
      [](void* to, const XML_Char* name, const XML_Char**) {
        static_cast<Seen*>(to)->elements.insert(name);
        static_cast<Seen*>(to)->now.clear();
      },
      [](void* to, const XML_Char* name) {
        auto* into = static_cast<Seen*>(to);
        if (std::string(name) == "text") into->texts.insert(into->now);
      });
  XML_SetCharacterDataHandler(parser, [](void* to, const XML_Char* text, int length) {
    static_cast<Seen*>(to)->now.append(text, static_cast<std::size_t>(length));
  });
  seen.well_formed =
      XML_Parse(parser, svg.data(), static_cast<int>(svg.size()), 1) == XML_STATUS_OK;
  XML_ParserFree(parser);
  return seen;
}

/// Equal shares in order: what is drawn matters here, not how good it is.
Plan shared_out(const Topology& topology, unsigned ranks) {
  Plan plan;
  for (unsigned rank = 0; rank < ranks; ++rank) {
    Placement place;
    place.rank = LocalRank{rank};
    for (std::size_t core = rank; core < topology.cores.size(); core += ranks)
      place.pus |= topology.cores[core].pus;
    for (std::size_t gpu = rank; gpu < topology.gpus.size(); gpu += ranks)
      place.gpus.push_back(gpu);
    for (std::size_t nic = rank; nic < topology.nics.size(); nic += ranks)
      place.nics.push_back(nic);
    plan.ranks.push_back(place);
  }
  return plan;
}

TEST(Svg, OfEveryMachineIsWellFormedAndNamesEveryDevice) {
  for (const std::string& name : machine_names()) {
    const Topology topology = machine(name);
    const Seen seen = read_svg(draw_svg(topology, nullptr));
    ASSERT_TRUE(seen.well_formed) << name;
    for (std::size_t i = 0; i < topology.gpus.size(); ++i)
      EXPECT_THAT(seen.texts, Contains(cat("GPU ", i))) << name;
    for (const auto& nic : topology.nics)
      EXPECT_THAT(seen.texts, Contains(nic.name)) << name;
    for (const auto& node : topology.memory)
      if (!node.pus.empty()) {
        EXPECT_THAT(seen.texts, Contains(cat("NUMA node ", node.id.value)));
      }
  }
}

TEST(Svg, WithAPlanBearsTheNumberOfEveryRank) {
  for (const std::string& name : machine_names()) {
    const Topology topology = machine(name);
    const unsigned ranks = static_cast<unsigned>(std::min<std::size_t>(topology.cores.size(), 5));
    const Plan plan = shared_out(topology, ranks);
    const Seen seen = read_svg(draw_svg(topology, &plan));
    ASSERT_TRUE(seen.well_formed) << name;
    for (unsigned rank = 0; rank < ranks; ++rank) {
      EXPECT_THAT(seen.texts, Contains(cat("rank ", rank))) << name << ": in the legend";
      EXPECT_THAT(seen.texts, Contains(cat(rank))) << name << ": on a core";
    }
  }
}

TEST(Svg, SaysWhichDevicesAPlanDoesNotUse) {
  const Topology topology = machine("hgx-h100");
  Plan plan = shared_out(topology, 8);
  plan.ranks[3].nics.clear();
  const Seen seen = read_svg(draw_svg(topology, &plan));
  EXPECT_THAT(seen.texts, Contains("not used"));
}

TEST(Svg, BringsNothingThatRunsOrIsFetched) {
  const Seen seen = read_svg(draw_svg(machine("hgx-h100"), nullptr));
  const std::set<std::string> allowed{"svg", "title", "desc", "g", "rect", "line", "text"};
  for (const std::string& element : seen.elements)
    EXPECT_TRUE(allowed.contains(element)) << element;
}

TEST(Svg, StaysOneDocumentWhateverADeviceCallsItself) {
  Topology topology = machine("hgx-h100");
  topology.origin = "</svg>&\"'\x01\xff";
  topology.gpus[0].model = "<script>alert(1)</script>";
  topology.gpus[0].uuid = "]]>&lt;";
  topology.nics[0].name = "<&>\"\n";
  topology.packages[0].model = std::string(5000, '<');
  const Plan plan = shared_out(topology, 8);
  for (const Plan* drawn : std::array<const Plan*, 2>{nullptr, &plan}) {
    const Seen seen = read_svg(draw_svg(topology, drawn));
    EXPECT_TRUE(seen.well_formed);
    EXPECT_THAT(seen.elements, Not(Contains("script")));
    EXPECT_THAT(seen.texts, Contains("<&>\"?"));
  }
}

TEST(Svg, OfANodeWithoutDevicesIsStillADrawing) {
  const Seen seen = read_svg(draw_svg(machine("one-core"), nullptr));
  EXPECT_TRUE(seen.well_formed);
  EXPECT_THAT(seen.texts, Contains("NUMA node 0"));
}

TEST(Picture, ClipsLongTextAtALetter) {
  EXPECT_EQ(clipped("mlx5_0", 6), "mlx5_0");
  EXPECT_EQ(clipped("mlx5_bond", 6), "mlx5_…");
  EXPECT_EQ(clipped("üüü", 2), "ü…");
}

TEST(Picture, GridMakesColumnsAsWideAsTheirWidest) {
  const std::vector<Picture> cells{{10, 10, "a"}, {30, 20, "b"}, {20, 5, "c"}};
  const Picture grid = in_grid(cells, 2, 4);
  EXPECT_EQ(grid.width, 20 + 4 + 30);
  EXPECT_EQ(grid.height, 20 + 4 + 5);
  EXPECT_THAT(grid.body, HasSubstr("translate(24 0)"));
  EXPECT_THAT(grid.body, HasSubstr("translate(0 24)"));
}

TEST(Owners, GiveNeighbouringRanksDifferentColours) {
  for (unsigned rank = 0; rank < 64; ++rank)
    EXPECT_NE(color_of_rank(rank), color_of_rank(rank + 1));
}

TEST(Owners, NameRanksAsPeopleDo) {
  EXPECT_EQ(ranks_in_words({3}), "rank 3");
  EXPECT_EQ(ranks_in_words({0, 1, 2, 5}), "ranks 0-2,5");
}

}  // namespace
}  // namespace holdfast::cli
