// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/xid.hpp"

#include "holdfast/common/text.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

TEST(XidLine, IsTakenApart) {
  const auto line = parse_xid_line(
      "NVRM: Xid (PCI:0000:18:00): 48, pid=4711, name=python, An uncorrectable double bit error");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->gpu, "0000:18:00.0");
  EXPECT_EQ(line->code, 48U);
  EXPECT_EQ(line->pid, 4711U);
  EXPECT_EQ(line->process, "python");
  EXPECT_FALSE(line->gpu_instance);
}

TEST(XidLine, IsReadWithAMigInstance) {
  const auto line = parse_xid_line(
      "NVRM: Xid (PCI:0000:18:00 GPU-I:02 GPU-CI:01): 94, pid=4711, name=python, Contained");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->gpu, "0000:18:00.0");
  EXPECT_EQ(line->code, 94U);
  EXPECT_EQ(line->gpu_instance, 2U);
  EXPECT_EQ(line->compute_instance, 1U);
  const auto whole = parse_xid_line("NVRM: Xid (PCI:0000:18:00 GPU-I:03): 95, text");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->gpu_instance, 3U);
  EXPECT_FALSE(whole->compute_instance);
}

TEST(XidLine, IsReadWithoutAProcess) {
  const auto unknown = parse_xid_line(
      "NVRM: Xid (PCI:0000:18:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->code, 79U);
  EXPECT_FALSE(unknown->pid);
  EXPECT_EQ(unknown->process, "");
  const auto bare = parse_xid_line("NVRM: Xid (PCI:0000:18:00): 62, 0a1b 0c2d");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->pid);
}

TEST(XidLine, KeepsANameWithACommaWhole) {
  const auto line =
      parse_xid_line("NVRM: Xid (PCI:0000:18:00): 13, pid=1, name=my, prog, Ch 00000008, intr");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->process, "my, prog");
  const auto brief =
      parse_xid_line("NVRM: Xid (PCI:0000:18:00): 31, pid=1, name=sh, Ch 00000008, intr 1");
  ASSERT_TRUE(brief);
  EXPECT_EQ(brief->process, "sh");
}

TEST(XidLine, NamesTheXidItFollowsFrom) {
  const auto line = parse_xid_line(
      "NVRM: Xid (PCI:0000:18:00): 45, pid=1, name=a, Ch 1 caused by previous Xid 48");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->caused_by, 48U);
}

TEST(XidLine, CarriesTheSubCodeOfAnNvlinkError) {
  // the sub-code is bits 20 to 25 of the first word: 0x00300000 is 3
  const auto line = parse_xid_line(
      "NVRM: Xid (PCI:0000:18:00): 145, RLW_SRC_TRACK Nonfatal XC0 i0 Link 08 (0x00300000 0x4 "
      "0x0)");
  ASSERT_TRUE(line);
  ASSERT_TRUE(line->nvlink);
  EXPECT_EQ(line->nvlink->unit, "RLW_SRC_TRACK");
  EXPECT_EQ(line->nvlink->sub_code, 3U);
  EXPECT_FALSE(line->nvlink->fatal);
  EXPECT_EQ(line->nvlink->link, 8U);
}

TEST(XidLine, IsNotMadeFromGarbage) {
  for (const char* text : {"",
                           "NVRM: Xid (",
                           "NVRM: Xid (PCI:0000:18:00): ",
                           "NVRM: Xid (PCI:0000:18:00): x",
                           "NVRM: Xid (PCI:zz:18:00): 79",
                           "NVRM: Xid (PCI:0000:18:40): 79",
                           " NVRM: Xid (PCI:0000:18:00): 79",
                           "python: NVRM: Xid (PCI:0000:18:00): 79"})
    EXPECT_FALSE(parse_xid_line(text)) << text;
}

TEST(XidTable, IsSortedAndSaysEachCodeOnce) {
  unsigned last = 0;
  for (const Xid& row : all_xids()) {
    EXPECT_GT(row.first, last);
    EXPECT_GE(row.last, row.first);
    EXPECT_FALSE(row.meaning.empty());
    last = row.last;
  }
}

TEST(XidTable, NeverDrainsForWhatAProgramCauses) {
  for (const unsigned code : {13U, 31U, 43U, 45U}) {
    const Xid* row = find_xid(code);
    ASSERT_NE(row, nullptr) << code;
    EXPECT_TRUE(row->by_program) << code;
  }
  for (const Xid& row : all_xids()) {
    if (!row.by_program) continue;
    EXPECT_FALSE(is_bad(row.severity)) << row.first;
    EXPECT_LE(row.action, Action::tell_user) << row.first;
  }
}

TEST(XidTable, StopsTheNodeForWhatOnlyHardwareCauses) {
  for (const unsigned code :
       {48U, 62U, 64U, 74U, 79U, 95U, 119U, 120U, 140U, 143U, 158U, 167U, 169U})
    EXPECT_EQ(find_xid(code)->severity, Severity::fatal) << code;
  EXPECT_EQ(find_xid(94)->severity, Severity::unfit);
  EXPECT_EQ(find_xid(63)->severity, Severity::watch);  // applied by a reset after the job
  EXPECT_EQ(find_xid(64)->action, Action::rma);
}

TEST(XidTable, HasNoRowForCodesNobodyUses) {
  for (const unsigned code : {0U, 5U, 10U, 14U, 50U, 87U, 138U, 177U, 4'000'000'000U})
    EXPECT_EQ(find_xid(code), nullptr) << code;
}

XidVerdict verdict_of(std::string_view rest) {
  const auto line = parse_xid_line(cat("NVRM: Xid (PCI:0000:18:00): ", rest));
  return line ? judge_xid(*line) : XidVerdict{};
}

TEST(XidVerdict, FollowsTheDriversOwnRecoveryAction) {
  const auto to = [](std::string_view action) {
    return verdict_of(cat("154, GPU recovery action changed from 0x0 (None) to ", action));
  };
  EXPECT_EQ(to("0x1 (GPU Reset Required)").action, Action::reset_gpu);
  EXPECT_EQ(to("0x1 (GPU Reset Required)").severity, Severity::fatal);
  EXPECT_EQ(to("0x2 (Node Reboot Required)").action, Action::reboot);
  EXPECT_EQ(to("0x3 (Drain P2P)").severity, Severity::unfit);
  EXPECT_EQ(to("0x4 (Drain and Reset)").action, Action::reset_gpu);
  EXPECT_EQ(to("0x5 (Recover IMEX Domain)").action, Action::restart_service);
  EXPECT_EQ(to("0x0 (None)").severity, Severity::note);
  EXPECT_EQ(to("0x77 (Later)").severity, Severity::unfit);
}

TEST(XidVerdict, TakesFatalNvlinkErrorsForFatalOnly) {
  EXPECT_EQ(verdict_of("149, NETIR_BER Fatal XC0 i0 Link 08 (0x00300000 0x4)").severity,
            Severity::fatal);
  const XidVerdict mild = verdict_of("149, NETIR_BER Nonfatal XC0 i0 Link 08 (0x00300000 0x4)");
  EXPECT_EQ(mild.severity, Severity::watch);
  EXPECT_EQ(mild.action, Action::note);
  EXPECT_EQ(mild.meaning, "NVLink error (NETIR), sub-code 3, link 8, not fatal");
}

TEST(XidVerdict, WatchesACodeItDoesNotKnow) {
  EXPECT_EQ(verdict_of("9999, something").severity, Severity::watch);
}

}  // namespace
}  // namespace holdfast::health
