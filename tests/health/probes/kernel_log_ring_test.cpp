// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <string>
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

std::string storm_of(int records, const std::string& text, int from = 0) {
  std::string storm;
  for (int i = from; i < from + records; ++i)
    storm += "3," + std::to_string(i) + ",1,-;" + text + "\n";
  return storm;
}

constexpr const char* corrected =
    "pcieport 0000:00:01.0: PCIe Bus Error: severity=Corrected, type=Physical Layer";

TEST(ReadKernelLog, KeepsItsBoundsInAStorm) {
  FakeRoot root;
  root.file("dev/kmsg", storm_of(10'000, "NVRM: Xid (PCI:0000:18:00): 31, text"));
  KernelLogCursor cursor;
  const Facts facts = read(root, cursor);
  EXPECT_LE(facts.kernel->size(), 16U);
  std::uint64_t times = 0;
  for (const KernelEvent& event : *facts.kernel)
    times += event.times;
  EXPECT_EQ(times, 10'000U);
  EXPECT_EQ(facts.kernel->back().sequence, 9'999U);
  EXPECT_TRUE(facts.kernel_lost.is(0));
  EXPECT_EQ(cursor.next, 10'000U);
}

TEST(ReadKernelLog, HidesNoFaultBehindAStorm) {
  FakeRoot root;
  root.file("dev/kmsg",
            storm_of(5'000, corrected) + "3,5000,1,-;NVRM: Xid (PCI:0000:18:00): 79, gone\n" +
                storm_of(5'000, corrected, 5'001));
  KernelLogCursor cursor;
  const Facts facts = read(root, cursor);
  EXPECT_EQ(std::ranges::count(*facts.kernel, KernelEventKind::xid, &KernelEvent::kind), 1);
}

TEST(ReadKernelLog, KeepsEveryFaultOfManyDevicesAndCountsWhatElseItLeavesOut) {
  FakeRoot root;
  std::string log;
  int sequence = 0;
  const auto add = [&](unsigned domain, const char* text) {
    std::array<char, 16> hex{};
    std::snprintf(hex.data(), hex.size(), "%04x", domain);
    log += "3," + std::to_string(sequence++) + ",1,-;nvidia " + hex.data() + ":18:00.0: " + text +
           "\n";
  };
  for (unsigned domain = 0; domain < 5'000; ++domain)
    add(domain, "PCIe Bus Error: severity=Corrected");
  for (unsigned domain = 0; domain < 100; ++domain)
    add(domain, "PCIe Bus Error: severity=Uncorrected (Fatal)");
  root.file("dev/kmsg", log);
  KernelLogCursor cursor;
  const Facts facts = read(root, cursor);
  EXPECT_EQ(std::ranges::count(*facts.kernel, Severity::unfit, &KernelEvent::severity), 100);
  EXPECT_EQ(facts.kernel->size(), 4'196U);
  EXPECT_TRUE(facts.kernel_lost.is(904));
}

TEST(ReadKernelLog, KeepsTheOrderOfWhatWentDownAndCameUpInAStorm) {
  FakeRoot root;
  const std::string up = "mlx5_core 0000:1a:00.0 ib0: Link up";
  const std::string down = "mlx5_core 0000:1a:00.0 ib0: Link down";
  root.file("dev/kmsg", storm_of(16, up) + storm_of(16, down, 16) + storm_of(1, up, 32));
  KernelLogCursor cursor;
  const Facts facts = read(root, cursor);
  EXPECT_TRUE(facts.kernel->back().recovered);
  EXPECT_EQ(facts.kernel->back().sequence, 32U);
  EXPECT_TRUE(std::ranges::is_sorted(*facts.kernel, {}, &KernelEvent::sequence));
}

TEST(ReadKernelLog, KnowsThePartThatSatWhereAGpuWasLost) {
  FakeRoot root;
  const std::string uuid = "GPU-8a3ec1c2-0b1f-4f0e-9b7e-0123456789ab";
  root.file("dev/kmsg",
            "3,1,1,-;NVRM: GPU at PCI:0000:18:00: " + uuid + "\n" +
                "3,2,1,-;NVRM: Xid (PCI:0000:18:00): 79, gone\n"
                "3,3,1,-;NVRM: Xid (PCI:0000:19:00): 79, gone\n"
                "12,4,1,-;NVRM: GPU at PCI:0000:19:00: " +
                uuid + "\n");
  KernelLogCursor cursor;
  const Facts facts = read(root, cursor);
  ASSERT_EQ(facts.kernel->size(), 2U);
  EXPECT_EQ(facts.kernel->front().part, uuid);
  EXPECT_EQ(facts.kernel->back().part, "") << "a program wrote it";
}

}  // namespace
}  // namespace holdfast::health
