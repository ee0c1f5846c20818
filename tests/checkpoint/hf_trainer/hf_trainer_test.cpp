// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class HfTrainer : public ::testing::Test {
 protected:
  HfTrainer() { path_ = save_hf(world_, 500); }

  [[nodiscard]] Judgement judgement() const { return look(world_, path_).judgement; }

  World world_;
  std::string path_;
};

// Loading skips the optimizer in silence when either of the two is missing.
TEST_F(HfTrainer, WithoutSchedulerIsUnfinished) {
  world_.remove(path_ + "/scheduler.pt");
  EXPECT_EQ(judgement().verdict, Verdict::unfinished);
}

TEST_F(HfTrainer, WithoutOptimizerAndSchedulerHoldsTheModelOnly) {
  world_.remove(path_ + "/scheduler.pt");
  world_.remove(path_ + "/optimizer.pt");
  EXPECT_EQ(judgement().verdict, Verdict::good) << judgement().why;
  EXPECT_TRUE(judgement().flags.contains(Flag::model_only));
}

TEST_F(HfTrainer, WithoutOptimizerIsUnfinishedWhereItsSiblingHasOne) {
  const std::string newer = save_hf(world_, 600);
  world_.remove(newer + "/scheduler.pt");
  world_.remove(newer + "/optimizer.pt");
  EXPECT_EQ(look(world_, newer).judgement.verdict, Verdict::unfinished);
}

TEST_F(HfTrainer, OfAnotherStepThanItsDirectoryIsDamaged) {
  world_.set_bytes(path_ + "/trainer_state.json", R"({"global_step": 400})");
  EXPECT_EQ(judgement().verdict, Verdict::damaged);
}

TEST_F(HfTrainer, WithTheSentinelOfAnInterruptedSaveIsUnfinished) {
  world_.write(path_ + "/checkpoint-is-incomplete.txt", "");
  EXPECT_EQ(judgement().verdict, Verdict::unfinished);
}

TEST_F(HfTrainer, WithAGapInTheRanksIsUnfinished) {
  world_.remove(path_ + "/rng_state_1.pth");
  EXPECT_EQ(judgement().verdict, Verdict::unfinished);
}

TEST_F(HfTrainer, OfFewerRanksThanItsOnlySiblingIsUnfinished) {
  const std::string newer = save_hf(world_, 600);
  world_.remove(newer + "/rng_state_3.pth");
  EXPECT_EQ(look(world_, newer).judgement.verdict, Verdict::unfinished);
}

TEST_F(HfTrainer, OfFewerRanksIsGoodOnceASecondSaveShowsTheSmallerWorld) {
  for (const std::uint64_t step : {600U, 700U})
    world_.remove(save_hf(world_, step) + "/rng_state_3.pth");
  EXPECT_EQ(look(world_, "checkpoint-700").judgement.verdict, Verdict::good)
      << look(world_, "checkpoint-700").judgement.why;
}

TEST(HfTrainerWithDeepspeed, IsJudgedByWhatIsInside) {
  World world;
  const std::string path = save_hf_deepspeed(world, 900);
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::good) << look(world, path).judgement.why;
  world.set_bytes(path + "/latest", "global_step800");
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::damaged);
}

TEST_F(HfTrainer, IsJudgedByTheDistributedCheckpointInsideIt) {
  world_.remove(path_ + "/model.safetensors");
  world_.make_directory(path_ + "/pytorch_model_fsdp_0");
  save_dcp_into(world_, path_ + "/pytorch_model_fsdp_0", 3, {});
  world_.set_modified(path_ + "/trainer_state.json", world_.now());
  EXPECT_EQ(judgement().verdict, Verdict::good) << judgement().why;
  world_.remove(path_ + "/pytorch_model_fsdp_0/__2_0.distcp");
  EXPECT_EQ(judgement().verdict, Verdict::damaged);
}

TEST_F(HfTrainer, KnowsTheDirectoryOfAStagedSave) {
  world_.make_directory("tmp-checkpoint-600");
  world_.write("tmp-checkpoint-600/model.safetensors", "half");
  EXPECT_EQ(look(world_, "tmp-checkpoint-600").judgement.verdict, Verdict::unfinished);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
