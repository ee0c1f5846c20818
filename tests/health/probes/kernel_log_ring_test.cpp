// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <array>
#include <fcntl.h>
#include <functional>
#include <sys/klog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;

Facts read(const Tree& tree, KernelLogCursor& cursor, const std::string& boot = "boot-a") {
  Facts facts;
  facts.boot_id = boot;
  read_kernel_log(tree, cursor, facts);
  return facts;
}

Facts read(const FakeRoot& root, KernelLogCursor& cursor, const std::string& boot = "boot-a") {
  return read(root.tree(), cursor, boot);
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
  EXPECT_EQ(cursor, (KernelLogCursor{"boot-a", 12, 2000, {}}));
  EXPECT_TRUE(read(root, cursor).kernel->empty());
}

TEST(ReadKernelLog, CountsItAgainAfterAReboot) {
  FakeRoot root;
  root.file("dev/kmsg", xid);
  KernelLogCursor cursor{"boot-a", 5'000, 0, {}};
  EXPECT_TRUE(read(root, cursor).kernel->empty());
  EXPECT_EQ(read(root, cursor, "boot-b").kernel->size(), 1U);
}

TEST(ReadKernelLog, SaysHowManyRecordsItNeverSaw) {
  FakeRoot root;
  root.file("dev/kmsg", xid);
  KernelLogCursor cursor{"boot-a", 4, 0, {}};
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
class ReadOwnKernelLog : public ::testing::Test {
 protected:
  void SetUp() override {
    const int file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    std::array<char, 8192> record{};
    const bool readable = file >= 0 && ::read(file, record.data(), record.size()) > 0;
    close(file);
    if (!readable) GTEST_SKIP() << "no kernel log can be read here";
    read(whole_);
    ASSERT_NE(whole_.next, 0U);
    if (whole_.newest_us == 0) GTEST_SKIP() << "its records bear no time";
  }

  static Facts read(KernelLogCursor& cursor) { return health::read(Tree("/"), cursor); }

  /// Reads from a cursor that claims all to be new, so that it moves only if something was read.
  /// Something may be logged just then: it is tried a few times.
  [[nodiscard]] bool passes_over(const std::function<void(KernelLogCursor&)>& forget) {
    constexpr int tries = 20;
    for (int i = 0; i < tries; ++i) {
      KernelLogCursor cursor = whole_;
      cursor.next = 0;
      forget(cursor);
      if (read(cursor).kernel.known() && cursor.next == 0) return true;
      read(whole_);
    }
    return false;
  }

  KernelLogCursor whole_;
};

TEST_F(ReadOwnKernelLog, PassesOverARingOfWhichTheNewestIsKnown) {
  EXPECT_TRUE(passes_over([](KernelLogCursor& cursor) { cursor.extent = {}; }));
  EXPECT_FALSE(passes_over([](KernelLogCursor& cursor) {
    cursor.extent = {};
    --cursor.newest_us;
  }));
}

TEST_F(ReadOwnKernelLog, PassesOverARingThatHoldsWhatItHeld) {
  constexpr int size_unread = 9;
  if (klogctl(size_unread, nullptr, 0) < 10'000)
    GTEST_SKIP() << "the kernel does not say here how much it holds, or somebody reads it away";
  EXPECT_TRUE(passes_over([](KernelLogCursor& cursor) { cursor.newest_us = 0; }));
  EXPECT_FALSE(passes_over([](KernelLogCursor& cursor) { --cursor.extent.bytes; }));
  EXPECT_FALSE(passes_over([](KernelLogCursor& cursor) { ++cursor.extent.oldest; }));
}

TEST_F(ReadOwnKernelLog, ReadsFromTheOldestRecordOn) {
  // Unless it is overwritten just then.
  constexpr int tries = 20;
  bool all = false;
  for (int i = 0; i < tries && !all; ++i) {
    KernelLogCursor cursor;
    cursor.boot_id = whole_.boot_id;
    cursor.next = whole_.extent.oldest;
    all = read(cursor).kernel_lost.is(0);
    EXPECT_GE(cursor.next, whole_.next);
    whole_ = cursor;
  }
  EXPECT_TRUE(all);
}

TEST(ReadKernelLog, OfALineLongerThanAnyRecordTakesTheBeginning) {
  FakeRoot root;
  const std::string tail = "7,99,1,-;no record of its own";  // would be one at a line's beginning
  for (const std::size_t length :
       {std::size_t{16'383}, std::size_t{16'384}, 16'384 + tail.size(), std::size_t{40'000}}) {
    std::string line = "6,1,1,-;";
    line.resize(length - tail.size(), 'x');
    root.file("dev/kmsg", "6,0,1,-;one\n" + line + tail + "\n" + xid);
    KernelLogCursor cursor{"boot-a", 0, 0, {}};
    const Facts facts = read(root, cursor);
    ASSERT_EQ(facts.kernel->size(), 1U) << length;
    EXPECT_EQ(facts.kernel->front().sequence, 11U) << length;
    EXPECT_TRUE(facts.kernel_lost.is(9)) << length << ": records 0, 1 and 11 were seen";
  }
}

TEST(ReadKernelLog, ReadsALastLineThatNoNewlineEnds) {
  FakeRoot root;
  root.directory("dev");
  std::ofstream(root.path() / "dev/kmsg") << quiet << '\n' << xid;
  KernelLogCursor cursor;
  EXPECT_EQ(read(root, cursor).kernel->size(), 1U);
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
