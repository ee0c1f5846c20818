// SPDX-License-Identifier: Apache-2.0
#include "flow.hpp"

#include "brute_force.hpp"
#include "cut.hpp"
#include "random_node.hpp"

#include <climits>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using testing::Chance;
using ::testing::ElementsAre;

TEST(Transport, PrefersTheCheaperColumnWhenSupplyIsShort) {
  // Found by the oracle: with start potentials per column the dear third column was served.
  const Transport<std::uint64_t> flow({1}, {1, 1}, {2, 100});
  EXPECT_EQ(flow.sent(0, 0), 1U);
  EXPECT_EQ(flow.sent(0, 1), 0U);
}

TEST(Transport, MovesEarlierUnitsForACheaperWhole) {
  const Transport<std::uint64_t> flow({1, 1}, {1, 1}, {0, 1, 0, 9});
  EXPECT_EQ(flow.sent(0, 1), 1U);
  EXPECT_EQ(flow.sent(1, 0), 1U);
}

TEST(Transport, CostsWhatBruteForceCosts) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    Chance chance(seed);
    const std::size_t rows = chance.between(1, 4);
    const std::size_t columns = chance.between(1, 5);
    const unsigned capacity = chance.between(1, 3);
    std::vector<std::vector<std::vector<std::int64_t>>> weights(rows);
    std::vector<std::int64_t> price;
    for (auto& row : weights)
      for (std::size_t c = 0; c < columns; ++c) {
        price.push_back(chance.up_to(6));
        row.push_back({price.back()});
      }
    if (rows * capacity < columns) continue;
    const Transport<std::int64_t> flow(
        std::vector<std::uint64_t>(rows, capacity), std::vector<std::uint64_t>(columns, 1), price);
    std::int64_t cost = 0;
    std::uint64_t units = 0;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        cost += static_cast<std::int64_t>(flow.sent(r, c)) * flow.cost(r, c);
        units += flow.sent(r, c);
      }
    ASSERT_EQ(units, columns) << "seed " << seed;
    ASSERT_EQ(cost, testing::least_assignment(weights, capacity).front()) << "seed " << seed;
  }
}

/// What the seams inside the runs weigh.
unsigned uncut(const std::vector<unsigned>& seams, const std::vector<std::size_t>& sizes) {
  unsigned weight = std::accumulate(seams.begin(), seams.end(), 0U);
  std::size_t end = 0;
  for (const std::size_t size : sizes) {
    end += size;
    if (end <= seams.size()) weight -= seams[end - 1];
  }
  return weight;
}

TEST(Cut, FollowsTheSeamsWhereEqualSharesAllow) {
  EXPECT_THAT(cut({0, 0, 9, 0, 0, 0}, 2), ElementsAre(3U, 4U));
  EXPECT_THAT(cut({0, 0, 0, 9, 0, 0}, 2), ElementsAre(4U, 3U));
  EXPECT_THAT(cut({}, 1), ElementsAre(1U));
  EXPECT_THAT(cut({5, 5}, 3), ElementsAre(1U, 1U, 1U));
}

TEST(Cut, LeavesNoLighterCutUnfound) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    Chance chance(seed);
    std::vector<unsigned> seams(chance.between(1, 9));
    for (unsigned& seam : seams)
      seam = chance.one_in(2) ? 0 : chance.up_to(5);
    const std::size_t things = seams.size() + 1;
    const std::size_t parts = chance.between(1, static_cast<unsigned>(things));
    unsigned least = UINT_MAX;
    for (std::size_t bits = 0; bits < (std::size_t{1} << parts); ++bits) {
      std::vector<std::size_t> sizes;
      for (std::size_t part = 0; part < parts; ++part)
        sizes.push_back(things / parts + ((bits >> part) & 1U));
      if (std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}) == things)
        least = std::min(least, uncut(seams, sizes));
    }
    ASSERT_EQ(uncut(seams, cut(seams, parts)), least) << "seed " << seed;
  }
}

}  // namespace
}  // namespace holdfast::affinity
