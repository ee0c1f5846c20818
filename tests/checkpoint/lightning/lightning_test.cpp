// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

using Fields = std::vector<std::pair<std::string, Py>>;

TEST(Lightning, TellsTheStepOfAFileWhoseNameTellsNone) {
  World world;
  const std::string path = save_lightning(world, 120);
  world.write("hpc_ckpt_3.ckpt", world.bytes(path));
  EXPECT_EQ(look(world, "hpc_ckpt_3.ckpt").checkpoint.step, 120U)
      << "3 counts preemptions, not steps";
}

TEST(Lightning, WithoutOptimizerHoldsTheModelOnly) {
  World world;
  TorchState state;
  const Py weight = state.tensor(100, 1);
  world.write("weights.ckpt",
              state.save(dict(Fields{{"pytorch-lightning_version", text("2.2.0")},
                                     {"state_dict", ordered_dict({{"w", weight}})}})));
  const Judgement judgement = look(world, "weights.ckpt").judgement;
  EXPECT_EQ(judgement.verdict, Verdict::good);
  EXPECT_TRUE(judgement.flags.contains(Flag::model_only));
}

TEST(Lightning, WithoutItsStateIsDamaged) {
  World world;
  world.write("broken.ckpt",
              TorchState().save(dict(Fields{{"pytorch-lightning_version", text("2.2.0")}})));
  EXPECT_EQ(look(world, "broken.ckpt").judgement.verdict, Verdict::damaged);
}

TEST(Lightning, ListsALinkToACheckpointOnce) {
  World world;
  const std::string path = save_lightning(world, 120);
  world.link(path, "last.ckpt");
  const auto catalogue = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->newest_first.size(), 1U);
  EXPECT_TRUE(catalogue->notes.empty());
}

TEST(Lightning, NotesALinkToNothing) {
  World world;
  save_lightning(world, 120);
  world.link("epoch=9-step=900.ckpt", "last.ckpt");
  const auto catalogue = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->notes.size(), 1U);
}

TEST(Lightning, ShardedTellsItsStepFromTheMarker) {
  World world;
  const std::string path = save_lightning_sharded(world, 70);
  const Judgement judgement = look(world, path).judgement;
  EXPECT_EQ(judgement.verdict, Verdict::good) << judgement.why;
  EXPECT_EQ(judgement.step, 70U);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
