// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/stand_in.hpp"

#include <gtest/gtest.h>

namespace holdfast::step {
namespace {

TEST(StandIn, IsTheIdentityOnAMachineThatIsItself) {
  const StandIn none;
  EXPECT_EQ(none.to_real(CpuSet{100, 101}), CpuSet({100, 101}));
  EXPECT_EQ(none.to_recorded(CpuSet{1}, CpuSet::range(0, 4)), CpuSet{1});
}

TEST(StandIn, LetsFewRealPusPlayManyRecordedOnes) {
  const StandIn two{CpuSet{0, 1}, CpuSet{0}};
  EXPECT_EQ(two.to_real(CpuSet{4, 6}), CpuSet{0});
  EXPECT_EQ(two.to_real(CpuSet{4, 7}), CpuSet({0, 1}));
  EXPECT_EQ(two.to_recorded(CpuSet{1}, CpuSet::range(0, 6)), CpuSet({1, 3, 5}));
}

TEST(StandIn, FoldsMemoryNodesAndNamesOneAsOne) {
  using Kind = affinity::MemoryPolicy::Kind;
  const StandIn two{CpuSet{0, 1}, CpuSet{0}};
  const auto folded = two.to_real(affinity::MemoryPolicy{Kind::preferred_many, CpuSet{0, 1}});
  EXPECT_EQ(folded.kind, Kind::preferred);
  EXPECT_EQ(folded.nodes, CpuSet{0});
}

}  // namespace
}  // namespace holdfast::step
