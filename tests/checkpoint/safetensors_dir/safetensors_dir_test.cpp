// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class SafetensorsDir : public ::testing::Test {
 protected:
  SafetensorsDir() { path_ = save_safetensors(world_, 4); }
  [[nodiscard]] Judgement judgement() const { return look(world_, path_).judgement; }

  World world_;
  std::string path_;
};

TEST_F(SafetensorsDir, HoldsWeightsOnlyAndHasNoChecksum) {
  EXPECT_EQ(judgement().verdict, Verdict::good) << judgement().why;
  EXPECT_TRUE(judgement().flags.contains(Flag::model_only));
  EXPECT_TRUE(judgement().flags.contains(Flag::no_checksum));
}

TEST_F(SafetensorsDir, InPartsNeedsItsIndex) {
  world_.remove(path_ + "/model.safetensors.index.json");
  EXPECT_EQ(judgement().verdict, Verdict::unfinished);
}

TEST_F(SafetensorsDir, WithTwoPartsSwappedIsDamaged) {
  const std::string second = world_.bytes(path_ + "/model-00002-of-00003.safetensors");
  world_.set_bytes(path_ + "/model-00003-of-00003.safetensors", second);
  EXPECT_EQ(judgement().verdict, Verdict::damaged) << "the index looks for another tensor in it";
}

TEST_F(SafetensorsDir, WithAHoleIsDamagedForNothingCanProveTheZeros) {
  world_.punch_hole(path_ + "/model-00002-of-00003.safetensors", 6000, 1);
  EXPECT_EQ(judgement().verdict, Verdict::damaged);
  EXPECT_TRUE(judgement().flags.contains(Flag::suspect_holes));
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
