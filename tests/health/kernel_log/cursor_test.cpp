// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/cursor.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

KernelRecord numbered(std::uint64_t sequence) {
  KernelRecord record;
  record.sequence = sequence;
  return record;
}

TEST(KernelLogCursor, CountsARecordOnce) {
  KernelLogCursor cursor{"boot-a", 0, 0, {}};
  EXPECT_EQ(advance(cursor, numbered(41)), RecordNews::fresh);
  EXPECT_EQ(advance(cursor, numbered(42)), RecordNews::fresh);
  KernelLogCursor again = resume_at(cursor, "boot-a");
  EXPECT_EQ(advance(again, numbered(41)), RecordNews::counted_before);
  EXPECT_EQ(advance(again, numbered(42)), RecordNews::counted_before);
  EXPECT_EQ(advance(again, numbered(43)), RecordNews::fresh);
}

TEST(KernelLogCursor, BeginsAnewAfterAReboot) {
  KernelLogCursor cursor = resume_at({"boot-a", 9'000, 0, {17, 70'000}}, "boot-b");
  EXPECT_EQ(cursor, (KernelLogCursor{"boot-b", 0, 0, {}}));
  EXPECT_EQ(advance(cursor, numbered(3)), RecordNews::fresh);
}

TEST(KernelLogCursor, SaysWhenTheRingRanOver) {
  KernelLogCursor cursor{"boot-a", 10, 0, {}};
  EXPECT_EQ(advance(cursor, numbered(10)), RecordNews::fresh);
  EXPECT_EQ(advance(cursor, numbered(500)), RecordNews::fresh_after_gap);
  EXPECT_EQ(cursor.next, 501U);
}

TEST(KernelLogCursor, IsReadBackAsItWasWritten) {
  const KernelLogCursor cursor{"0b1c2d3e-0000-4000-8000-000000000001", 1234, 5140900, {310, 98304}};
  const auto again = parse_kernel_log_cursor(to_text(cursor) + "\n");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, cursor);
}

TEST(KernelLogCursor, IsReadAsEarlierVersionsWroteIt) {
  const auto cursor = parse_kernel_log_cursor("boot-a 1234 5140900\n");
  ASSERT_TRUE(cursor);
  EXPECT_EQ(*cursor, (KernelLogCursor{"boot-a", 1234, 5140900, {}}));
}

TEST(KernelLogCursor, IsRefusedWhenItIsNone) {
  for (const char* text : {"",
                           "boot",
                           "boot 12",
                           "boot 12 13 14",
                           "boot 12 13 14 x",
                           "boot 12 13 14 15 16",
                           "boot 12 x",
                           "boot -1",
                           "boot 99999999999999999999",
                           "BOOT 1"})
    EXPECT_FALSE(parse_kernel_log_cursor(text)) << text;
}

}  // namespace
}  // namespace holdfast::health
