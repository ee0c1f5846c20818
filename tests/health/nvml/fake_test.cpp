// SPDX-License-Identifier: Apache-2.0
// The pretended library is a product too: what its file says happens, and a mistake in it is seen.
#include "support/nvml/state.hpp"

#include <gtest/gtest.h>

namespace holdfast::fake_nvml {
namespace {

TEST(FakeNvmlState, IsHealthyUnlessTheFileSaysOtherwise) {
  const State state = parse_state("# a node\n\ngpus 2\ngpu 1 remap_pending 1\n");
  EXPECT_TRUE(state.understood);
  ASSERT_EQ(state.gpus.size(), 2U);
  EXPECT_EQ(state.gpus[0].number("remap_pending"), 0);
  EXPECT_EQ(state.gpus[1].number("remap_pending"), 1);
  EXPECT_EQ(state.gpus[1].number("pcie_width"), 16);
}

TEST(FakeNvmlState, AddressesAllGpusAtOnceAndEachLinkAlone) {
  const State state = parse_state("gpus 3\ngpu * temperature 60\ngpu 2 nvlink17_active 0");
  EXPECT_TRUE(state.understood);
  for (const Gpu& gpu : state.gpus)
    EXPECT_EQ(gpu.number("temperature"), 60);
  EXPECT_EQ(state.gpus[2].number("nvlink17_active"), 0);
  EXPECT_EQ(state.gpus[2].number("nvlink16_active"), 1);
}

TEST(FakeNvmlState, TakesTroubleForTheNodeAndForOneGpu) {
  const State state =
      parse_state("gpus 1\nerror nvmlInit_v2 9\ndelay F 20\ngpu 0 hang G\ngpu 0 error H 999");
  EXPECT_TRUE(state.understood);
  EXPECT_EQ(state.trouble.errors.at("nvmlInit_v2"), 9);
  EXPECT_EQ(state.trouble.delays_ms.at("F"), 20U);
  EXPECT_TRUE(state.gpus[0].trouble.hangs.contains("G"));
  EXPECT_EQ(state.gpus[0].trouble.errors.at("H"), 999);
}

TEST(FakeNvmlState, TellsUnsupportedFromNothing) {
  const State state = parse_state("gpus 1\ngpu 0 ecc unsupported");
  EXPECT_FALSE(state.gpus[0].number("ecc"));
  EXPECT_FALSE(state.gpus[0].number("retired_single"));
  EXPECT_FALSE(state.gpus[0].number("no_such_word"));
}

TEST(FakeNvmlState, SeesAMistakeInItsFile) {
  for (const char* text : {"gpu 0 lost",
                           "gpus 1\ngpu 1 lost",
                           "gpus 1\ngpu 0 remap_pendign 1",
                           "gpus 1\ngpu 0 remap_pending x",
                           "gpus 1\ngpu 0 process 12",
                           "gpus 99",
                           "error nvmlInit_v2 x",
                           "hang",
                           "gpus 1\ngpu 0 nvlink3_colour 1",
                           "gibberish"})
    EXPECT_FALSE(parse_state(text).understood) << text;
}

}  // namespace
}  // namespace holdfast::fake_nvml
