// SPDX-License-Identifier: Apache-2.0
#include "holdfast/affinity/handover.hpp"

#include "holdfast/affinity/plan.hpp"
#include "holdfast/common/text.hpp"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using testing::HasSubstr;

StepOrders two_ranks() {
  StepOrders orders;
  orders.told = {"mlx5_3 left out: port 1 is down"};
  orders.ranks = {
      {0,
       CpuSet{0, 1, 2, 3},
       {MemoryPolicy::Kind::preferred, CpuSet{0}},
       {{"LOCAL_RANK", "0"}, {"NCCL_IB_HCA", "=mlx5_0:1,mlx5_1:1"}, {"EMPTY", ""}},
       "nearest to GPU 0"},
      {1,
       CpuSet{4, 5, 260},
       {MemoryPolicy::Kind::preferred_many, CpuSet{0, 1}},
       {{"LOCAL_RANK", "1"}},
       ""},
  };
  return orders;
}

/// The sentence with which a hand-over of these lines is refused; empty when it is taken.
std::string refusal(std::string_view lines) {
  const auto orders = read_handover(cat("holdfast-step 1\n", lines, "end\n"));
  return orders ? "" : orders.error().what;
}

TEST(Handover, ComesBackAsItWasWritten) {
  const auto read = read_handover(write_handover(two_ranks()));
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(*read, two_ranks());
}

TEST(Handover, OfNothingIsStillComplete) {
  const auto read = read_handover(write_handover({}));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->ranks.empty());
}

TEST(Handover, CutAnywhereIsRefused) {
  const std::string whole = write_handover(two_ranks());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(read_handover(std::string_view(whole).substr(0, length))) << length;
  }
}

TEST(Handover, IsRefusedWhenItGoesOnAfterItsEnd) {
  EXPECT_FALSE(read_handover(write_handover({}) + "rank 0\n"));
  EXPECT_FALSE(read_handover(write_handover({}) + "\n"));
}

TEST(Handover, OfAnotherVersionIsRefusedWithARemedy) {
  const auto read = read_handover("holdfast-step 2\nend\n");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("holdfast-step 2"));
  EXPECT_THAT(read.error().remedy, HasSubstr("same holdfast release"));
}

TEST(Handover, LosesControlCharactersWhenWritten) {
  StepOrders orders = two_ranks();
  orders.told = {"two\nlines"};
  orders.ranks[0].why = "bell\a and \x7f";
  orders.ranks[0].environment = {{"A", "x\ny"}};
  const auto read = read_handover(write_handover(orders));
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->told.front(), "two lines");
  EXPECT_EQ(read->ranks[0].why, "bell  and  ");
  EXPECT_EQ(read->ranks[0].environment.front().second, "x y");
}

TEST(Handover, WithControlCharactersIsRefused) {
  for (const std::string_view letter : {"\t", "\r", "\x1b", "\x7f"}) {
    EXPECT_THAT(refusal(cat("told x", letter, "y\n")), HasSubstr("control character"));
  }
  EXPECT_THAT(refusal(std::string("told x\0y\n", 9)), HasSubstr("control character"));
}

TEST(Handover, KeepsLettersBeyondAscii) { EXPECT_EQ(refusal("told caf\xc3\xa9\n"), ""); }

TEST(Handover, NamesTheLineThatIsWrong) {
  EXPECT_THAT(refusal("rank 0\ncpus 0\nspin 3\n"), HasSubstr("line 4"));
  EXPECT_THAT(refusal("rank 0\ncpus 0\nspin 3\n"), HasSubstr("'spin'"));
}

TEST(Handover, RefusesRanksThatCannotBe) {
  EXPECT_THAT(refusal("rank 3\nrank 3\n"), HasSubstr("rank 3 comes twice"));
  EXPECT_THAT(refusal("rank -1\n"), HasSubstr("no local rank"));
  EXPECT_THAT(refusal("rank 4096\n"), HasSubstr("no local rank"));
  EXPECT_THAT(refusal("rank 99999999999999999999\n"), HasSubstr("no local rank"));
  EXPECT_THAT(refusal("rank\n"), HasSubstr("no local rank"));
  EXPECT_EQ(refusal("rank 4095\n"), "");
}

TEST(Handover, CanNameAsManyRanksAsAPlanMayHave) { EXPECT_EQ(max_handover_ranks, max_local_ranks); }

TEST(Handover, RefusesOrdersBeforeTheFirstRank) {
  for (const std::string_view line : {"cpus 0\n", "memory preferred 0\n", "set A=1\n", "why x\n"}) {
    EXPECT_THAT(refusal(line), HasSubstr("before the first rank")) << line;
  }
  EXPECT_THAT(refusal("rank 0\ntold late\n"), HasSubstr("'told'"));
}

TEST(Handover, RefusesListsThatAreNone) {
  for (const std::string_view list : {"", " ", "x", "3-1", "65536", "0-", "0x3"}) {
    EXPECT_THAT(refusal(cat("rank 0\ncpus ", list, "\n")), HasSubstr("no CPU list")) << list;
    EXPECT_THAT(refusal(cat("rank 0\nmemory preferred ", list, "\n")),
                HasSubstr("no memory policy"))
        << list;
  }
  EXPECT_THAT(refusal("rank 0\nmemory strict 0\n"), HasSubstr("no memory policy"));
  EXPECT_THAT(refusal("rank 0\nmemory preferred\n"), HasSubstr("no memory policy"));
}

TEST(Handover, RefusesOrdersThatContradictThemselves) {
  EXPECT_THAT(refusal("rank 0\ncpus 0\ncpus 1\n"), HasSubstr("two CPU lists"));
  EXPECT_THAT(refusal("rank 0\nmemory preferred 0\nmemory preferred 1\n"),
              HasSubstr("two memory policies"));
  EXPECT_THAT(refusal("rank 0\nset A=1\nset A=2\n"), HasSubstr("sets A twice"));
  EXPECT_THAT(refusal("rank 0\nwhy a\nwhy b\n"), HasSubstr("two reasons"));
  EXPECT_EQ(refusal("rank 0\nset A=1\nrank 1\nset A=2\n"), "");
}

TEST(Handover, RefusesNamesTheShellWouldNotTake) {
  for (const std::string_view name : {"", "1A", "A B", "A-B", "BASH_FUNC_x%%", "A.B", "\xc3\xa9"}) {
    EXPECT_THAT(refusal(cat("rank 0\nset ", name, "=1\n")), HasSubstr("no name of a variable"))
        << name;
  }
  EXPECT_THAT(refusal("rank 0\nset A\n"), HasSubstr("no name of a variable"));
  EXPECT_EQ(refusal("rank 0\nset _a9=x=y\n"), "");
}

TEST(Handover, LongerThanTheBoundIsRefused) {
  const std::string flood(max_handover_bytes + 1, 'x');
  const auto read = read_handover(flood);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("longer than"));
}

TEST(Handover, QuotesOnlyTheBeginningOfAHostileLine) {
  EXPECT_LT(refusal(cat(std::string(100000, 'x'), "\n")).size(), 400U);
}

}  // namespace
}  // namespace holdfast::affinity
