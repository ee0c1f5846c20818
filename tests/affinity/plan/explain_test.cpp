// SPDX-License-Identifier: Apache-2.0
#include "holdfast/affinity/explain.hpp"

#include "support/machines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string explained(std::string_view name, unsigned ranks) {
  const Topology node = testing::machine(name);
  Wish wish;
  wish.local_ranks = ranks;
  const auto made = plan(node, {}, wish);
  return made ? explain(node, {}, wish, *made) : made.error().sentence();
}

TEST(Explain, SaysWhereCoresAreAndWhatEachTermCosts) {
  const std::string text = explained("hgx-h100-fallen-gpu", 7);
  EXPECT_THAT(text,
              HasSubstr("rank 0: GPU 0 (0000:11:00.0) is local to NUMA node 0: 14 cores "
                        "there, 2 in another package; mlx5_0 shares its PCIe switch (PIX)"));
  EXPECT_THAT(text, HasSubstr(": 14 local, 2 in another package\n"));
  EXPECT_THAT(text, HasSubstr("  memory  from NUMA node 0 first\n"));
  EXPECT_THAT(text, HasSubstr("note: mlx5_8 is no rail"));
  EXPECT_THAT(text, HasSubstr("cost 0.393, without NICs 0.143"));
}

TEST(Explain, NamesTheGpuThatHasTheNearerNic) {
  // Both GPUs of a switch see both NICs as PIX; each NIC may serve one.
  const std::string text = explained("dgx-a100-nps4", 8);
  EXPECT_THAT(text,
              HasSubstr("    mlx5_0       PIX  serves it\n"
                        "    mlx5_1       PIX  as near, serves GPU 1 (at most 1 a NIC)\n"));
  EXPECT_THAT(text, HasSubstr("farther\n"));
}

TEST(Explain, DoesNotSpeakOfGpusOnANodeWithoutThem) {
  const std::string text = explained("cpu-omni-path", 4);
  EXPECT_THAT(text, HasSubstr("rank 0: the node has no GPU: 9 cores side by side"));
  EXPECT_THAT(text, HasSubstr("  cores   9 (PU 0-8)\n"));
  EXPECT_THAT(text, Not(HasSubstr("GPU 0")));
}

TEST(Explain, TellsWhoSharesAGpu) {
  const Topology node = testing::machine("grace-hopper-4");
  Wish wish;
  wish.local_ranks = 8;
  const auto made = plan(node, {}, wish);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->ranks[3].why, HasSubstr("GPU 1 (0019:01:00.0)"));
  EXPECT_THAT(made->ranks[3].why, HasSubstr("; GPU shared with rank 2; "));
  EXPECT_EQ(explanation_of(node, {}, wish, *made).ranks[3].cores.local, 36U);
}

}  // namespace
}  // namespace holdfast::affinity
