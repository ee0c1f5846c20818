// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/cpu_set.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(CpuSet, IsEqualWhateverItsHistory) {
  CpuSet set{1, 700};
  set.erase(700);
  EXPECT_EQ(set, CpuSet{1});
  EXPECT_EQ(CpuSet({5}) - CpuSet({5}), CpuSet());
}

TEST(CpuSet, CombinesLikeSets) {
  const CpuSet a{0, 1, 64, 65};
  const CpuSet b{1, 65, 200};
  EXPECT_EQ(a & b, CpuSet({1, 65}));
  EXPECT_EQ(a | b, CpuSet({0, 1, 64, 65, 200}));
  EXPECT_EQ(a - b, CpuSet({0, 64}));
  EXPECT_TRUE(a.intersects(b));
  EXPECT_FALSE(a.includes(b));
  EXPECT_TRUE(a.includes(CpuSet{64}));
  EXPECT_TRUE(a.includes(CpuSet{}));
}

TEST(CpuSet, WalksItsMembersInOrder) {
  const CpuSet set{130, 0, 63, 64};
  EXPECT_EQ(std::vector<unsigned>(set.begin(), set.end()), (std::vector<unsigned>{0, 63, 64, 130}));
  EXPECT_EQ(set.size(), 4U);
  EXPECT_EQ(set.front(), 0U);
  EXPECT_EQ(set.back(), 130U);
}

TEST(CpuSet, DropsMembersBeyondItsLimit) {
  CpuSet set;
  set.insert(CpuSet::limit);
  EXPECT_TRUE(set.empty());
  set.insert(CpuSet::limit - 1);
  EXPECT_EQ(set.back(), CpuSet::limit - 1);
}

struct ListCase {
  const char* text;
  CpuSet expected;
  const char* again;
};

TEST(CpuList, ReadsAndWritesWhatLinuxDoes) {
  const std::vector<ListCase> cases{
      {"", {}, ""},
      {"0", {0}, "0"},
      {"0-3,8", {0, 1, 2, 3, 8}, "0-3,8"},
      {"8,0-1,1-3\n", {0, 1, 2, 3, 8}, "0-3,8"},
      {"0-6:2", {0, 2, 4, 6}, "0,2,4,6"},
      {" 62-65 ", {62, 63, 64, 65}, "62-65"},
  };
  for (const ListCase& c : cases) {
    const auto set = parse_cpu_list(c.text);
    ASSERT_TRUE(set) << c.text;
    EXPECT_EQ(*set, c.expected) << c.text;
    EXPECT_EQ(to_list(*set), c.again);
  }
}

TEST(CpuList, RefusesWhatNoKernelWrites) {
  for (const char* text : {"a",
                           "1-",
                           "-1",
                           "3-1",
                           "0-4294967295",
                           "65536",
                           "1,,2",
                           "0-3:0",
                           "4:2",
                           "1-2-3",
                           "0x3",
                           "1 2"}) {
    const auto set = parse_cpu_list(text);
    ASSERT_FALSE(set) << text;
    EXPECT_NE(set.error().sentence().find("write it as"), std::string::npos);
  }
}

TEST(CpuMask, ReadsHwlocSysAndNcclMasks) {
  const CpuSet two_words{0, 32};
  EXPECT_EQ(*parse_cpu_mask("0x00000001,0x00000001"), two_words);
  EXPECT_EQ(*parse_cpu_mask("00000001,00000001"), two_words);
  EXPECT_EQ(*parse_cpu_mask("0x00000001,,0x0"), CpuSet{64});
  EXPECT_EQ(*parse_cpu_mask("ff"), CpuSet::range(0, 8));
  EXPECT_EQ(*parse_cpu_mask("0x0"), CpuSet{});
}

TEST(CpuMask, RefusesWhatIsNoMask) {
  for (const char* text : {"", "0xf...f", "g", "1ffffffff", "0x", "-1"})
    EXPECT_FALSE(parse_cpu_mask(text)) << text;
  std::string long_mask = "1";
  for (int i = 0; i < 5000; ++i)
    long_mask += ",0";
  EXPECT_FALSE(parse_cpu_mask(long_mask));
}

}  // namespace
}  // namespace holdfast
