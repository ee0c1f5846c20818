// SPDX-License-Identifier: Apache-2.0
#include "run/gathering.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/recovery/classify.hpp"

#include <gtest/gtest.h>

namespace holdfast::run {
namespace {

using Kind = sentinel::NodeSign::Kind;

sentinel::NodeSign line(std::string text) {
  return {.kind = Kind::kernel_line, .at_ms = 1'000, .text = std::move(text)};
}

std::string xid(unsigned number) {
  return cat("NVRM: Xid (PCI:0000:17:00): ", number, ", pid=4711, name=python, something happened");
}

/// What an attempt would be lost for, if this were all that is known of it.
recovery::Loss loss_by(const sentinel::NodeSign& sign) {
  recovery::Evidence evidence;
  evidence.ranks = {{"n1", 0, 8}, {"n2", 8, 8}, {"n3", 16, 8}};
  evidence.srun_exit = 143;
  if (auto meaning = meaning_of("n2", sign)) evidence.signs.push_back(std::move(*meaning));
  return recovery::classify(evidence);
}

TEST(FatalFault, IsAGpuThatFellOffTheBus) {
  EXPECT_TRUE(fatal_fault(line(xid(79))));
  EXPECT_TRUE(fatal_fault(line("NVRM: GPU 0000:17:00.0: GPU has fallen off the bus.")));
}

TEST(FatalFault, IsNoErrorThatAProgramMakes) {
  for (const unsigned number : {13U, 31U, 43U, 45U})
    EXPECT_FALSE(fatal_fault(line(xid(number)))) << number;
  EXPECT_FALSE(fatal_fault(line("usb 1-1: new high-speed USB device")));
}

TEST(FatalFault, IsWhatTheNodesOwnCheckCallsFatalAndNoMore) {
  EXPECT_EQ(fatal_fault({.kind = Kind::broken, .text = "gpu.lost: gone"}), "gpu.lost: gone");
  EXPECT_FALSE(fatal_fault({.kind = Kind::unfit, .text = "ib.state: down"}));
}

// An attempt that is stopped for a fault and then blames nobody would start on the same node again.
TEST(FatalFault, AlwaysBlamesItsNode) {
  unsigned fatal = 0;
  for (unsigned number = 1; number < 200; ++number) {
    const auto sign = line(xid(number));
    if (!fatal_fault(sign)) continue;
    ++fatal;
    const recovery::Loss loss = loss_by(sign);
    EXPECT_EQ(loss.cause, recovery::Cause::hardware) << number;
    EXPECT_EQ(loss.blamed, std::vector<std::string>{"n2"}) << number;
  }
  EXPECT_GE(fatal, 5U);
  for (const std::string text : {"NVRM: GPU 0000:17:00.0: GPU has fallen off the bus.",
                                 "amdgpu 0000:17:00.0: amdgpu: GPU reset failed"}) {
    EXPECT_TRUE(fatal_fault(line(text))) << text;
    EXPECT_EQ(loss_by(line(text)).cause, recovery::Cause::hardware) << text;
  }
}

// Every user's process and files may be called so, on a node that others use too.
TEST(FatalFault, IsMadeByNoNameOfAProcessOrAFile) {
  for (const std::string name : {"NVRM: GPU [4713",
                                 "amdgpu 0:1:0 ",
                                 "amdgpu 0000:c1:",
                                 "EDAC MC0: 1 UE ",
                                 "NVRM: Xid (PCI:",
                                 "NVRM: GPU \\xc3\\xa9",
                                 "link down"})
    for (const std::string file : {"GPU has fallen off the bus",
                                   "GPU reset failed",
                                   "0000:17:00.0: GPU has fallen off the bus",
                                   "mce: [Hardware Error] machine check uncorrectable",
                                   "uncorrected error",
                                   "Out of memory: Killed process 1 (x)",
                                   "oom-kill:constraint=",
                                   "Link down",
                                   "nfs: server a not responding, still trying"})
      for (const char* error : {"]: segfault at 0 ip 0 sp 0 error 6 in ",
                                "] bad frame in rt_sigreturn frame:0 ip:0 in ",
                                "] general protection ip:0 sp:0 error:0 in "}) {
        const auto crash = line(cat(name, "[4711", error, file, "[401000+1000]"));
        EXPECT_FALSE(fatal_fault(crash)) << crash.text;
        EXPECT_FALSE(meaning_of("n2", crash)) << crash.text;
        const auto prefixed =
            line(cat("traps: ", name, "[4711] trap divide error in ", file, "[1]"));
        EXPECT_FALSE(meaning_of("n2", prefixed)) << prefixed.text;
      }
}

TEST(NodeSigns, OfTheKernelsLogSayWhatBroke) {
  using recovery::SignKind;
  const auto kind = [](std::string text) {
    const auto meaning = meaning_of("n2", line(std::move(text)));
    return meaning ? std::optional(meaning->kind) : std::nullopt;
  };
  EXPECT_EQ(kind(xid(13)), SignKind::xid);
  EXPECT_EQ(kind("nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 3"),
            SignKind::sxid);
  EXPECT_EQ(kind("NVRM: GPU 0000:17:00.0: GPU has fallen off the bus."), SignKind::gpu_lost);
  EXPECT_EQ(kind("mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 7: 8c00004000010090"),
            std::nullopt)
      << "it was corrected";
  EXPECT_EQ(kind("mce: [Hardware Error]: CPU 3: Machine Check: 5 Bank 0: be00000000800400"),
            SignKind::mce);
  EXPECT_EQ(kind("EDAC MC1: 1 UE memory scrubbing error on DIMM_B1"), SignKind::mce);
  EXPECT_EQ(kind("amdgpu 0000:c1:00.0: amdgpu: 1 uncorrectable hardware errors detected in umc"),
            SignKind::ecc);
  EXPECT_EQ(kind("amdgpu 0000:c1:00.0: amdgpu: GPU reset failed"), SignKind::unfit);
  EXPECT_EQ(kind("Memory cgroup out of memory: Killed process 7 (python) total-vm:1kB"),
            SignKind::oom_kill);
  EXPECT_EQ(kind("oom-kill:constraint=CONSTRAINT_MEMCG,task=x,pid=7"), SignKind::oom_kill);
  EXPECT_EQ(kind("mlx5_core 0000:1a:00.0 ib0: Link down"), SignKind::port_down);
  EXPECT_EQ(kind("mlx5_core 0000:1a:00.0 ib0: Link up"), std::nullopt);
  EXPECT_EQ(kind("nfs: server home not responding, still trying"), SignKind::mount_stuck);
  EXPECT_EQ(kind("usb 1-1: new high-speed USB device"), std::nullopt);
}

TEST(NodeSigns, OfANodesOwnCheckAreEvidence) {
  const recovery::Loss loss = loss_by({.kind = Kind::unfit, .at_ms = 1, .text = "ib.state: down"});
  EXPECT_EQ(loss.cause, recovery::Cause::hardware);
  EXPECT_EQ(loss.blamed, std::vector<std::string>{"n2"});
}

}  // namespace
}  // namespace holdfast::run
