// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Accelerate : public ::testing::Test {
 protected:
  Accelerate() { path_ = save_accelerate(world_, 3); }

  World world_;
  std::string path_;
};

TEST_F(Accelerate, AdmitsThatItKeepsNoListOfItsFiles) {
  const Judgement judgement = look(world_, path_).judgement;
  EXPECT_EQ(judgement.verdict, Verdict::good) << judgement.why;
  EXPECT_TRUE(judgement.flags.contains(Flag::without_inventory));
}

TEST_F(Accelerate, IsInFlightWhileItIsYoungHoweverWholeItLooks) {
  const auto catalogue = read_catalogue(world_, {}, world_.now() + std::chrono::seconds(5));
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->newest_first.front().judgement.verdict, Verdict::in_flight);
}

TEST_F(Accelerate, AloneIsCountedAgainstTheRanksOfTheJob) {
  world_.remove(path_ + "/random_states_3.pkl");
  Wish wish;
  EXPECT_EQ(look(world_, path_, Level::structure, wish).judgement.verdict, Verdict::good);
  wish.world_size = 4;
  EXPECT_EQ(look(world_, path_, Level::structure, wish).judgement.verdict, Verdict::unfinished);
}

TEST_F(Accelerate, LacksWhatItsGoodSiblingHas) {
  world_.write(path_ + "/custom_checkpoint_0.pkl", world_.bytes(path_ + "/scheduler.bin"));
  const std::string newer = save_accelerate(world_, 4);
  const Judgement judgement = look(world_, newer).judgement;
  EXPECT_EQ(judgement.verdict, Verdict::unfinished);
  EXPECT_NE(judgement.why.find("custom_checkpoint_0.pkl"), std::string::npos) << judgement.why;
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
