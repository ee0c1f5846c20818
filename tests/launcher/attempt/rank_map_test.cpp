// SPDX-License-Identifier: Apache-2.0
#include "holdfast/attempt/rank_map.hpp"

#include <gtest/gtest.h>

namespace holdfast::attempt {
namespace {

using Words = std::vector<std::string>;

TEST(RankMap, DealsBlocksWithTheFirstNodesOneMore) {
  const RankMap map = deal(Words{"n1", "n4", "n3"}, 7, Dealing::block);
  EXPECT_EQ(map.host_of_rank, (Words{"n1", "n1", "n1", "n4", "n4", "n3", "n3"}));
  EXPECT_EQ(map.nodes(), (Words{"n1", "n4", "n3"}));
  EXPECT_EQ(map.ranks_on("n4"), 2U);
  EXPECT_EQ(host_file(map), "n1\nn1\nn1\nn4\nn4\nn3\nn3\n");
}

TEST(RankMap, DealsInTurns) {
  EXPECT_EQ(deal(Words{"b", "a"}, 5, Dealing::cyclic).host_of_rank,
            (Words{"b", "a", "b", "a", "b"}));
}

TEST(RankMap, OfNoNodeIsEmpty) {
  EXPECT_TRUE(deal(Words{}, 5, Dealing::block).host_of_rank.empty());
}

SrunLine asking(std::optional<unsigned> nodes,
                std::optional<unsigned> ranks,
                std::optional<unsigned> per_node) {
  SrunLine line;
  line.nodes = nodes;
  line.ranks = ranks;
  line.ranks_per_node = per_node;
  return line;
}

constexpr auto unsaid = std::nullopt;

struct SizeCase {
  SrunLine line;
  SizeWish wish;
  unsigned nodes, ranks;  ///< 0: refused
};

class Sizes : public testing::TestWithParam<SizeCase> {};

TEST_P(Sizes, FollowFromWhatWasAsked) {
  const auto size = size_of(GetParam().line, GetParam().wish);
  ASSERT_EQ(size.has_value(), GetParam().nodes != 0);
  if (!size) return;
  EXPECT_EQ(size->nodes, GetParam().nodes);
  EXPECT_EQ(size->ranks, GetParam().ranks);
}

INSTANTIATE_TEST_SUITE_P(
    Asked,
    Sizes,
    testing::Values(SizeCase{asking(unsaid, unsaid, unsaid), {5, unsaid, 1, unsaid, unsaid}, 4, 4},
                    SizeCase{asking(unsaid, unsaid, 8), {5, unsaid, 1, unsaid, unsaid}, 4, 32},
                    SizeCase{asking(4, 30, unsaid), {5, unsaid, 0, unsaid, unsaid}, 4, 30},
                    SizeCase{asking(unsaid, unsaid, unsaid), {5, 3, 0, unsaid, 2}, 3, 6},
                    SizeCase{asking(unsaid, unsaid, unsaid), {5, unsaid, 1, 40, unsaid}, 4, 32},
                    SizeCase{asking(4, unsaid, unsaid), {5, 3, 0, unsaid, unsaid}, 0, 0},
                    SizeCase{asking(5, unsaid, unsaid), {5, unsaid, 1, unsaid, unsaid}, 0, 0},
                    SizeCase{asking(unsaid, unsaid, unsaid), {5, 0, 0, unsaid, unsaid}, 0, 0},
                    SizeCase{asking(6, unsaid, unsaid), {5, unsaid, 0, unsaid, unsaid}, 0, 0},
                    SizeCase{asking(unsaid, unsaid, unsaid), {2, unsaid, 2, unsaid, unsaid}, 0, 0},
                    SizeCase{asking(4, 3, unsaid), {4, unsaid, 0, unsaid, unsaid}, 0, 0}));

}  // namespace
}  // namespace holdfast::attempt
