// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/sxid.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

TEST(SxidLine, IsTakenApart) {
  const auto line = parse_sxid_line(
      "nvidia-nvswitch3: SXid (PCI:0000:07:00.0): 12028, Non-fatal, Link 32 egress non-posted "
      "PRIV");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->nvswitch, "0000:07:00.0");
  EXPECT_EQ(line->code, 12028U);
  EXPECT_EQ(line->fatal, false);
  EXPECT_EQ(line->link, 32U);
}

TEST(SxidLine, IsReadWithLeadingZeroes) {
  const auto line = parse_sxid_line("nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 00012, Fatal");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->code, 12U);
  EXPECT_EQ(line->fatal, true);
  EXPECT_FALSE(line->link);
}

TEST(SxidLine, IsNotMadeFromGarbage) {
  for (const char* text : {"",
                           "nvidia-nvswitch",
                           "nvidia-nvswitchX: SXid (PCI:0000:07:00.0): 1",
                           "nvidia-nvswitch3: SXid (PCI:0000:07): 1",
                           "nvidia-nvswitch3: SXid (PCI:0000:07:00.0): Fatal"})
    EXPECT_FALSE(parse_sxid_line(text)) << text;
}

TEST(SxidTable, IsSortedAndSaysEachCodeOnce) {
  unsigned last = 0;
  for (const Sxid& row : all_sxids()) {
    EXPECT_GT(row.first, last);
    EXPECT_GE(row.last, row.first);
    EXPECT_FALSE(row.meaning.empty());
    last = row.last;
  }
}

TEST(SxidTable, KnowsWhatEndsTheFabricAndWhatIsHarmless) {
  EXPECT_EQ(find_sxid(23017)->action, Action::reboot);
  EXPECT_EQ(find_sxid(20034)->severity, Severity::fatal);
  EXPECT_EQ(find_sxid(11012)->severity, Severity::note);
  EXPECT_EQ(find_sxid(22013)->severity, Severity::note);
  EXPECT_EQ(find_sxid(23018), nullptr);
}

TEST(SxidVerdict, TrustsTheDriverOnACodeItDoesNotKnow) {
  const auto judged = [](const char* word) {
    return judge_sxid(
        *parse_sxid_line(std::string("nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 31337, ") + word));
  };
  EXPECT_EQ(judged("Fatal, Link 1").severity, Severity::fatal);
  EXPECT_EQ(judged("Non-fatal, Link 1").severity, Severity::watch);
}

}  // namespace
}  // namespace holdfast::health
