// SPDX-License-Identifier: Apache-2.0
// What the checks make of records in their context: how often, of which device, how long ago.
#include "../healthy_node.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/check.hpp"
#include "holdfast/health/kernel_log/event.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

/// A node whose kernel log says something, told a minute and a half before the look.
class Log {
 public:
  Log() { facts_.kernel = std::vector<KernelEvent>{}; }

  Log& says(const std::string& text, int times = 1, std::int64_t seconds_ago = 90) {
    for (int i = 0; i < times; ++i) {
      KernelRecord record;
      record.sequence = ++sequence_;
      record.text = text;
      auto event = event_of(record, 0);
      EXPECT_TRUE(event) << text;
      if (!event) return *this;
      event->at = facts_.at - seconds_ago;
      facts_.kernel->push_back(std::move(*event));
    }
    return *this;
  }

  Facts& facts() { return facts_; }

  /// What one check says, without what it passed.
  [[nodiscard]] Findings told(std::string_view check) const {
    Findings found =
        judge({facts_, baseline_of(facts_), Limits{healthy_class(), {}}, Tier::periodic}, {});
    std::erase_if(found, [check](const Finding& one) {
      return one.check != check || one.severity == Severity::pass;
    });
    return found;
  }

  [[nodiscard]] Finding only(std::string_view check) const {
    const Findings found = told(check);
    EXPECT_EQ(found.size(), 1U) << check;
    return found.empty() ? Finding{} : found.front();
  }

 private:
  Facts facts_ = healthy_node();
  std::uint64_t sequence_{};
};

std::string gpu_of(const Log& log, std::size_t at) {
  Log copy = log;
  return copy.facts().gpus->at(at).at;
}

std::string xid(const std::string& gpu, std::string_view rest) {
  return cat("NVRM: Xid (PCI:", gpu.substr(0, gpu.rfind('.')), "): ", rest);
}

TEST(KernelLogChecks, CountEqualXidsOfOneGpuAndTellHowMany) {
  Log log;
  log.says(xid("0000:18:00.0", "48, pid=1, name=a, DBE"), 2).says(xid("0000:19:00.0", "48, x"));
  const Findings found = log.told("kmsg.xid");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].what, "Xid 48: uncorrectable error in GPU memory (2 times)");
  EXPECT_EQ(found[1].what, "Xid 48: uncorrectable error in GPU memory");
}

TEST(KernelLogChecks, CountWhatAStormStandsFor) {
  Log log;
  log.says(xid("0000:18:00.0", "31, x"));
  log.facts().kernel->back().times = 9'999;
  log.says(xid("0000:18:00.0", "31, x"));
  EXPECT_TRUE(log.only("kmsg.xid").what.ends_with("(10000 times)")) << log.only("kmsg.xid").what;
}

TEST(KernelLogChecks, DrainForSomeXidsOnlyWhenOneGpuTellsThemTwice) {
  for (const std::string_view code : {"8, x", "32, x", "109, x"}) {
    EXPECT_EQ(Log().says(xid("0000:18:00.0", code)).only("kmsg.xid").severity, Severity::watch);
    const Finding twice = Log().says(xid("0000:18:00.0", code), 2).only("kmsg.xid");
    EXPECT_EQ(twice.severity, Severity::unfit) << code;
    EXPECT_EQ(twice.limit, "fewer than 2");
    for (const Finding& one :
         Log().says(xid("0000:18:00.0", code)).says(xid("0000:19:00.0", code)).told("kmsg.xid"))
      EXPECT_EQ(one.severity, Severity::watch) << "two GPUs: it is the program";
  }
  const Finding copy = Log().says(xid("0000:18:00.0", "39, x"), 2).only("kmsg.xid");
  EXPECT_EQ(copy.severity, Severity::watch);
  EXPECT_EQ(copy.action, Action::inspect);
}

TEST(KernelLogChecks, WatchWhatAProgramCausesWhereTheTableSaysSo) {
  for (const std::string_view code : {"11, x", "25, x", "69, x", "137, x", "141, x", "159, x"})
    EXPECT_EQ(Log().says(xid("0000:18:00.0", code)).only("kmsg.xid").severity, Severity::watch)
        << code;
  for (const std::string_view code : {"13, x", "31, x", "43, x", "45, x"})
    EXPECT_EQ(Log().says(xid("0000:18:00.0", code)).only("kmsg.xid").severity, Severity::note)
        << code;
}

TEST(KernelLogChecks, TakeARecoveryActionBackWhenTheDriverDoesAndNothingElse) {
  const std::string reset = xid("0000:18:00.0",
                                "154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU "
                                "Reset Required)");
  const std::string none = xid("0000:18:00.0",
                               "154, GPU recovery action changed from 0x1 (GPU Reset Required) to "
                               "0x0 (None)");
  EXPECT_EQ(Log().says(reset).only("kmsg.xid").severity, Severity::fatal);
  EXPECT_EQ(Log().says(reset).says(none).only("kmsg.xid").severity, Severity::note);
  EXPECT_EQ(Log().says(none).says(reset).only("kmsg.xid").severity, Severity::fatal);
  const Findings both =
      Log().says(xid("0000:18:00.0", "48, x")).says(reset).says(none).told("kmsg.xid");
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].severity, Severity::fatal) << "Xid 48 is not over with it";
}

TEST(KernelLogChecks, BlameTheGpuWhoseLinkTheOthersOnlyFeel) {
  constexpr std::string_view broken = "149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x00300000 0x4)";
  constexpr std::string_view felt = "145, RLW_SRC_TRACK Fatal XC0 i0 Link 08 (0x00300000 0x4)";
  Log log;
  const auto gpus = *log.facts().gpus;
  const std::string root = gpus.front().at;
  log.says(xid(root, broken));
  for (const GpuFacts& gpu : gpus)
    if (gpu.at != root) log.says(xid(gpu.at, felt));
  for (const Finding& found : log.told("kmsg.xid"))
    EXPECT_EQ(found.severity, found.subject == cat("GPU ", root) ? Severity::fatal : Severity::note)
        << found.subject;
  log.facts().kernel->pop_back();
  EXPECT_EQ(log.told("kmsg.xid").back().severity, Severity::fatal) << "one GPU felt nothing";
}

TEST(KernelLogChecks, DrainForAPcieErrorOnTheWayToAGpuOrANicOnly) {
  const auto error_of = [](const std::string& device) {
    return Log()
        .says(cat("xhci_hcd ", device, ": PCIe Bus Error: severity=Uncorrected (Fatal), type=x"))
        .only("kmsg.aer")
        .severity;
  };
  const Facts node = healthy_node();
  for (const PciFacts& pci : *node.pci)
    if (pci.kind == "gpu" || pci.kind == "nic") {
      EXPECT_EQ(error_of(pci.at), Severity::unfit) << pci.at;
      if (pci.above.empty()) continue;
      EXPECT_EQ(error_of(pci.above), Severity::unfit) << pci.above;
    }
  EXPECT_EQ(error_of("0000:fe:14.0"), Severity::watch);
  Log blind;
  blind.says(cat("nvidia ", node.gpus->at(0).at, ": PCIe Bus Error: severity=Uncorrected (Fatal)"));
  blind.facts().pci = Fact<std::vector<PciFacts>>::unseen("timed out");
  EXPECT_EQ(blind.only("kmsg.aer").severity, Severity::watch);
}

TEST(KernelLogChecks, CountAnnouncedPcieErrorsOnce) {
  const std::string gpu = gpu_of(Log(), 0);
  Log log;
  log.says(cat("pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error received: ", gpu));
  EXPECT_EQ(log.only("kmsg.aer").severity, Severity::unfit);
  log.says(cat("nvidia ", gpu, ": PCIe Bus Error: severity=Uncorrected (Fatal), type=x"));
  EXPECT_EQ(log.only("kmsg.aer").what, "fatal PCIe error");
}

TEST(KernelLogChecks, WatchStormsOfCorrectedErrors) {
  const std::string memory = "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0";
  EXPECT_EQ(Log().says(memory, 9).only("kmsg.mce").severity, Severity::note);
  const Finding storm = Log().says(memory, 10).only("kmsg.mce");
  EXPECT_EQ(storm.severity, Severity::watch);
  EXPECT_EQ(storm.limit, "at most 9");
  const std::string link = "nvidia 0000:18:00.0: PCIe Bus Error: severity=Corrected, type=x";
  EXPECT_EQ(Log().says(link, 100).only("kmsg.aer").severity, Severity::note);
  EXPECT_EQ(Log().says(link, 101).only("kmsg.aer").severity, Severity::watch);
}

TEST(KernelLogChecks, DrainForACpuThatIsStuckAgainAndAgain) {
  const std::string stuck = "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python:4711]";
  EXPECT_EQ(Log().says(stuck, 2).only("kmsg.hung").severity, Severity::watch);
  const Finding found = Log().says(stuck, 3).only("kmsg.hung");
  EXPECT_EQ(found.severity, Severity::unfit);
  EXPECT_EQ(found.limit, "fewer than 3");
  EXPECT_EQ(Log()
                .says("INFO: task python:4711 blocked for more than 122 seconds.", 5)
                .only("kmsg.hung")
                .severity,
            Severity::watch);
}

TEST(KernelLogChecks, GiveAFileServerAMinuteToComeBack) {
  const std::string away = "nfs: server home not responding, still trying";
  EXPECT_EQ(Log().says(away, 1, 30).only("kmsg.fs_net").severity, Severity::watch);
  EXPECT_EQ(Log().says(away, 1, 61).only("kmsg.fs_net").severity, Severity::unfit);
  EXPECT_EQ(Log().says(away, 1, 300).says(away, 1, 5).only("kmsg.fs_net").severity, Severity::unfit)
      << "since the first word of it";
  EXPECT_EQ(Log()
                .says(away, 1, 300)
                .says("nfs: server home OK", 1, 200)
                .says(away, 1, 5)
                .only("kmsg.fs_net")
                .severity,
            Severity::watch);
}

TEST(KernelLogChecks, KnowALustreServerByTheConnectionWhenItIsBack) {
  Log log;
  log.says(
      "Lustre: fs-OST0000-osc-ffff88: Connection to fs-OST0000 (at 10.0.0.1@tcp) was lost; in "
      "progress operations using this service will wait");
  EXPECT_EQ(log.only("kmsg.fs_net").severity, Severity::unfit);
  log.says("Lustre: fs-OST0000-osc-ffff88: Connection restored to 10.0.0.1@tcp (at 10.0.0.1@tcp)");
  EXPECT_EQ(log.only("kmsg.fs_net").severity, Severity::note);
}

TEST(KernelLogChecks, TellAFlappingLinkWithItsLimitAndUntilAReboot) {
  const std::string down = "mlx5_core 0000:5d:00.0 ib0: Link down";
  EXPECT_EQ(Log().says(down, 4).only("kmsg.linkflap").severity, Severity::watch);
  const Finding found = Log().says(down, 5).only("kmsg.linkflap");
  EXPECT_EQ(found.severity, Severity::unfit);
  EXPECT_EQ(found.limit, "fewer than 5");
  EXPECT_EQ(found.clears, Clears::by_reboot);
}

TEST(KernelLogChecks, CountNoLinkThatGoesDownWhileTheNodeBoots) {
  const std::string down = "mlx5_core 0000:5d:00.0 ib0: Link down";
  Log booting;
  booting.facts().system.uptime_s = 60.0;
  EXPECT_TRUE(booting.says(down, 9, 30).told("kmsg.linkflap").empty());
  Log later;
  later.facts().system.uptime_s = 3600.0;
  EXPECT_TRUE(later.says(down, 9, 3001).told("kmsg.linkflap").empty());
  EXPECT_EQ(later.says(down, 5, 2999).only("kmsg.linkflap").severity, Severity::unfit);
}

TEST(KernelLogChecks, NameThePartOfAGpuThatIsLost) {
  Log log;
  log.says(xid("0000:f8:00.0", "79, gone"));
  log.facts().kernel->back().part = "GPU-1";
  EXPECT_EQ(log.only("kmsg.xid").part, "GPU-1");
}

TEST(KernelLogChecks, BelieveTheDriverThatAnSxidWasFatal) {
  const auto told = [](std::string_view rest) {
    return Log()
        .says(cat("nvidia-nvswitch0: SXid (PCI:0000:c4:00.0): ", rest))
        .only("kmsg.sxid")
        .severity;
  };
  for (const std::string_view code : {"22012", "20012", "10001"}) {
    EXPECT_EQ(told(cat(code, ", Fatal, Link 03 x")), Severity::fatal) << code;
    EXPECT_EQ(told(cat(code, ", Non-fatal, Link 03 x")), Severity::watch) << code;
  }
  EXPECT_EQ(told("11012, Fatal, Link 03 x"), Severity::note) << "it was corrected";
}

}  // namespace
}  // namespace holdfast::health
