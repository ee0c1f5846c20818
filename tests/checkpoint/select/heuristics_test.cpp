// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/heuristics.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::checkpoint {
namespace {

using Point = std::vector<std::uint64_t>;

Tree tree_of(const std::vector<std::string>& names) {
  Tree tree;
  for (const std::string& name : names) {
    Member member{name, {}};
    member.status.kind = FileKind::regular;
    tree.members.push_back(member);
  }
  std::ranges::sort(tree.members, {}, &Member::path);
  return tree;
}

TEST(FirstGap, IsNothingInAFullGrid) {
  EXPECT_EQ(first_gap({}), std::nullopt);
  EXPECT_EQ(first_gap({{0}, {1}, {2}}), std::nullopt);
  EXPECT_EQ(first_gap({{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}), std::nullopt);
}

TEST(FirstGap, NamesThePointThatIsMissing) {
  EXPECT_EQ(first_gap({{0}, {2}}), (Point{1}));
  EXPECT_EQ(first_gap({{1}}), (Point{0}));
  EXPECT_EQ(first_gap({{0, 0}, {0, 1}, {1, 0}}), (Point{1, 1}));
  EXPECT_EQ(first_gap({{0, 0}, {1, 1}}), (Point{0, 1}));
}

TEST(FirstGap, CostsNoMoreForAHostileNumber) {
  EXPECT_EQ(first_gap({{0, 0}, {UINT64_MAX - 1, UINT64_MAX - 1}}), (Point{0, 1}));
}

TEST(MissingBeside, ReadsTheStepInANameAsTheStep) {
  const Tree older = tree_of({"global_step10/rank_1.pt", "global_step10/rank_10.pt", "notes.txt"});
  EXPECT_TRUE(
      missing_beside(
          tree_of({"global_step200/rank_1.pt", "global_step200/rank_10.pt"}), 200, older, 10)
          .empty())
      << "rank 10 is not step 10";
  EXPECT_EQ(missing_beside(tree_of({"global_step200/rank_1.pt"}), 200, older, 10),
            (std::vector<std::string>{"global_step10/rank_10.pt"}));
}

TEST(MissingBeside, KeepsNumbersThatAreNotTheStep) {
  const Tree older = tree_of({"rank_0.pt", "rank_1.pt"});
  const Tree newer = tree_of({"rank_0.pt"});
  EXPECT_EQ(missing_beside(newer, 20, older, 10), (std::vector<std::string>{"rank_1.pt"}));
  EXPECT_TRUE(missing_beside(older, 20, newer, 10).empty());
}

TEST(NameInSibling, PutsTheOtherStepIntoTheName) {
  EXPECT_EQ(name_in_sibling("global_step20/shard_2.pt", 20, 10), "global_step10/shard_2.pt");
  EXPECT_EQ(name_in_sibling("iter_0000020", 20, 10), "iter_0000010");
  EXPECT_EQ(name_in_sibling("x", 20, std::nullopt), "x");
}

TEST(LooksSparse, MeansFewerBlocksThanBytes) {
  FileStatus status;
  status.kind = FileKind::regular;
  status.size = 1 << 20;
  status.blocks = (1 << 20) / 512;
  EXPECT_FALSE(looks_sparse(status));
  status.blocks -= 8;
  EXPECT_TRUE(looks_sparse(status));
  status.size = 100;
  status.blocks = 0;
  EXPECT_FALSE(looks_sparse(status)) << "small files lie in the inode";
}

}  // namespace
}  // namespace holdfast::checkpoint
