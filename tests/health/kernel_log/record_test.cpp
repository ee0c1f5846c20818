// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/record.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

TEST(KernelRecord, IsReadFromKmsg) {
  const auto record = parse_kmsg_record(
      "3,1701,5140900123,-;NVRM: Xid (PCI:0000:18:00): 79\n SUBSYSTEM=pci\n "
      "DEVICE=+pci:0000:18:00.0\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->sequence, 1701U);
  EXPECT_EQ(record->at_us, 5140900123U);
  EXPECT_EQ(record->level, 3U);
  EXPECT_EQ(record->facility, 0U);
  EXPECT_EQ(record->text, "NVRM: Xid (PCI:0000:18:00): 79");
}

TEST(KernelRecord, KeepsApartWhatAProgramWrote) {
  const auto record = parse_kmsg_record("12,7,1,-;hello");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->facility, 1U);
  EXPECT_EQ(record->level, 4U);
}

TEST(KernelRecord, PassesOverFieldsOfNewerKernels) {
  const auto record = parse_kmsg_record("6,1,2,-,caller=T123;text; with a semicolon");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->text, "text; with a semicolon");
}

TEST(KernelRecord, IsOnePrintableLine) {
  const auto record = parse_kmsg_record("6,1,2,-;a\\x0ab\\x1b[31mc\\x5cd\tf\x01");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->text, "a b?[31mc\\d f?");
}

TEST(KernelRecord, IsCutAtItsBound) {
  const auto record = parse_kmsg_record("6,1,2,-;" + std::string(100'000, 'x'));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->text.size(), max_record_text);
}

TEST(KernelRecord, IsReadFromDmesg) {
  const auto plain = parse_dmesg_line("[ 5140.900123] text");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->at_us, 5140900123U);
  EXPECT_EQ(plain->text, "text");
  const auto raw = parse_dmesg_line("<12>[    0.000001] text");
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->facility, 1U);
  EXPECT_EQ(raw->at_us, 1U);
}

TEST(KernelRecord, IsNotMadeFromGarbage) {
  for (const char* bytes :
       {"", "x", "6", "6,", "6,1", "6,1,2", "6,1,2,-", "-6,1,2,-;x", "6,1,x,-;y"})
    EXPECT_FALSE(parse_kmsg_record(bytes)) << bytes;
  for (const char* line : {"",
                           "[",
                           "[12]",
                           "[12.3] x",
                           "[12.3456789] x",
                           "<3[1.000000] x",
                           "[99999999999999999999.000000] x",
                           "[18446744073709551615.000000] x"})
    EXPECT_FALSE(parse_dmesg_line(line)) << line;
}

}  // namespace
}  // namespace holdfast::health
