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

TEST(NodeSigns, OfANodesOwnCheckAreEvidence) {
  const recovery::Loss loss = loss_by({.kind = Kind::unfit, .at_ms = 1, .text = "ib.state: down"});
  EXPECT_EQ(loss.cause, recovery::Cause::hardware);
  EXPECT_EQ(loss.blamed, std::vector<std::string>{"n2"});
}

}  // namespace
}  // namespace holdfast::run
