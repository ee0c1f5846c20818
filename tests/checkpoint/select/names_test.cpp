// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/names.hpp"

#include "checkpoint/layouts/files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint {
namespace {

using Numbers = std::vector<std::uint64_t>;

TEST(Match, TakesTheNumbersOutOfAName) {
  EXPECT_EQ(match("step-#", "step-0042"), (Numbers{42}));
  EXPECT_EQ(match("*zero_pp_rank_#_mp_rank_#_optim_states.pt",
                  "bf16_zero_pp_rank_3_mp_rank_01_optim_states.pt"),
            (Numbers{3, 1}));
  EXPECT_EQ(match("__#_#.distcp", "__12_0.distcp"), (Numbers{12, 0}));
  EXPECT_EQ(match("step-#", "step-18446744073709551615"), (Numbers{UINT64_MAX}));
}

TEST(Match, RefusesOtherNames) {
  EXPECT_FALSE(match("step-#", "step-"));
  EXPECT_FALSE(match("step-#", "bad-step-500"));
  EXPECT_FALSE(match("step-#", "step-500.bad"));
  EXPECT_FALSE(match("step-#", "step--5"));
  EXPECT_FALSE(match("step-#", "step-18446744073709551616"));
  EXPECT_FALSE(match("*.pt", std::string(10'000, 'x')));
}

TEST(StepOfName, KnowsTheUsualWords) {
  EXPECT_EQ(step_of_name("epoch=3-step=1200"), 1200U);
  EXPECT_EQ(step_of_name("global_step77"), 77U);
  EXPECT_EQ(step_of_name("iter_0000100"), 100U);
  EXPECT_EQ(step_of_name("ep2-ba350"), 350U);
  EXPECT_EQ(step_of_name("1500"), 1500U);
  EXPECT_EQ(step_of_name("model"), std::nullopt);
}

TEST(NumberAfter, TakesTheLastOne) {
  EXPECT_EQ(number_after("step=", "step=1-step=22.ckpt"), 22U);
  EXPECT_EQ(number_after("step=", "step=7-step=x"), 7U);
  EXPECT_EQ(number_after("step=", "nothing"), std::nullopt);
}

TEST(IsTemporary, KnowsWhatInterruptedSavesLeave) {
  for (const char* name : {".metadata.tmp",
                           "x.partial",
                           "tmp-checkpoint-500",
                           ".tmp_model",
                           "10.orbax-checkpoint-tmp-123",
                           "a.tempstate42",
                           "last-unfinished"})
    EXPECT_TRUE(is_temporary(name)) << name;
  for (const char* name : {".metadata", "attempt.pt", "template.json", "step-5"})
    EXPECT_FALSE(is_temporary(name)) << name;
}

}  // namespace
}  // namespace holdfast::checkpoint
