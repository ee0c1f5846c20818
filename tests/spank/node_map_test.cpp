// SPDX-License-Identifier: Apache-2.0
#include "holdfast/spank/node_map.hpp"

#include <gtest/gtest.h>

namespace holdfast::spank {
namespace {

TEST(NodeMap, IsFreshWhenItBeginsWithThisBoot) {
  EXPECT_TRUE(is_of_boot("holdfast-node-map 1 abc-1 0.1.0 /etc/x:absent\n{", "abc-1"));
}

TEST(NodeMap, OfAnotherBootOrOfNothingIsStale) {
  EXPECT_FALSE(is_of_boot("holdfast-node-map 1 abc-12 0.1.0\n", "abc-1"));
  EXPECT_FALSE(is_of_boot("holdfast-node-map 1 xyz 0.1.0\n", "abc-1"));
  EXPECT_FALSE(is_of_boot("holdfast-node-map 2 abc-1 0.1.0\n", "abc-1"));
  EXPECT_FALSE(is_of_boot("holdfast-node-map 1 abc-1", "abc-1"));
  EXPECT_FALSE(is_of_boot("", "abc-1"));
}

TEST(NodeMap, OfABootWithoutNameIsStale) {
  EXPECT_FALSE(is_of_boot("holdfast-node-map 1  0.1.0\n", ""));
}

}  // namespace
}  // namespace holdfast::spank
