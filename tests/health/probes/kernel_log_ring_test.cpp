// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

Facts read(const FakeRoot& root, KernelLogCursor& cursor, const std::string& boot = "boot-a") {
  Facts facts;
  facts.boot_id = boot;
  read_kernel_log(root.tree(), cursor, facts);
  return facts;
}

constexpr const char* quiet = "6,10,1000,-;NET: Registered PF_INET6\n SUBSYSTEM=net";
constexpr const char* xid =
    "3,11,2000,-;NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.";

TEST(ReadKernelLog, CountsAnEventOnce) {
  FakeRoot root;
  root.file("dev/kmsg", std::string(quiet) + "\n" + xid);
  KernelLogCursor cursor;
  const Facts first = read(root, cursor);
  ASSERT_EQ(first.kernel->size(), 1U);
  EXPECT_EQ(first.kernel->front().code, 79U);
  EXPECT_EQ(first.kernel->front().sequence, 11U);
  EXPECT_GT(first.kernel->front().at, 0);
  EXPECT_EQ(cursor, (KernelLogCursor{"boot-a", 12, 2000}));
  EXPECT_TRUE(read(root, cursor).kernel->empty());
}

TEST(ReadKernelLog, CountsItAgainAfterAReboot) {
  FakeRoot root;
  root.file("dev/kmsg", xid);
  KernelLogCursor cursor{"boot-a", 5'000, 0};
  EXPECT_TRUE(read(root, cursor).kernel->empty());
  EXPECT_EQ(read(root, cursor, "boot-b").kernel->size(), 1U);
}

TEST(ReadKernelLog, SaysHowManyRecordsItNeverSaw) {
  FakeRoot root;
  root.file("dev/kmsg", xid);
  KernelLogCursor cursor{"boot-a", 4, 0};
  EXPECT_TRUE(read(root, cursor).kernel_lost.is(7));
  EXPECT_TRUE(read(root, cursor).kernel_lost.is(0));
}

TEST(ReadKernelLog, DoesNotWaitForAWriter) {
  FakeRoot root;
  root.directory("dev");
  ASSERT_EQ(mkfifo((root.path() / "dev/kmsg").c_str(), 0600), 0);
  KernelLogCursor cursor;
  EXPECT_TRUE(read(root, cursor).kernel->empty());
}

TEST(ReadKernelLog, SaysWhenThereIsNoneOrItCannotBeRead) {
  FakeRoot root;
  KernelLogCursor cursor;
  EXPECT_EQ(read(root, cursor).kernel.gap(), Gap::lacking);
  root.directory("dev/kmsg");
  EXPECT_TRUE(read(root, cursor).kernel->empty());
}

/// On the machine's own ring, where a test may read it.
TEST(ReadKernelLog, PassesOverARingInWhichNothingIsNew) {
  KernelLogCursor cursor;
  Facts facts;
  facts.boot_id = "boot-a";
  read_kernel_log(Tree("/"), cursor, facts);
  if (!facts.kernel.known() || cursor.next == 0) GTEST_SKIP() << "no kernel log can be read here";
  // The newest is known, and so nothing is read, also not what the number claims to be new.
  KernelLogCursor newest{"boot-a", 0, cursor.newest_us};
  read_kernel_log(Tree("/"), newest, facts);
  if (newest.next != 0) GTEST_SKIP() << "something was logged just now, or records bear no time";
  EXPECT_TRUE(facts.kernel->empty());
  KernelLogCursor older{"boot-a", 0, cursor.newest_us - 1};
  read_kernel_log(Tree("/"), older, facts);
  EXPECT_GE(older.next, cursor.next);
}

TEST(ReadKernelLog, KeepsItsBoundsInAStorm) {
  FakeRoot root;
  std::string storm;
  for (int i = 0; i < 10'000; ++i)
    storm += "3," + std::to_string(i) + ",1,-;NVRM: Xid (PCI:0000:18:00): 31, text\n";
  root.file("dev/kmsg", storm);
  KernelLogCursor cursor;
  EXPECT_EQ(read(root, cursor).kernel->size(), 4096U);
  EXPECT_EQ(cursor.next, 10'000U);
}

}  // namespace
}  // namespace holdfast::health
