// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

using Fields = std::vector<std::pair<std::string, Py>>;

TEST(Deepspeed, CountsItsShardsAgainstThePartitionCount) {
  World world;
  const std::string path = save_deepspeed(world, 10);
  // The grid of the names stays full without the last rank; only the shards know that it is
  // missing.
  world.remove(path + "/zero_pp_rank_3_mp_rank_00_optim_states.pt");
  world.pass(std::chrono::hours(1));
  const Judgement judgement = look(world, path).judgement;
  EXPECT_EQ(judgement.verdict, Verdict::unfinished);
  EXPECT_NE(judgement.why.find("3 ranks where 4 saved"), std::string::npos) << judgement.why;
}

TEST(Deepspeed, KnowsThatLatestCommitsNothing) {
  World world;
  const std::string path = save_deepspeed(world, 10);
  world.remove(path + "/zero_pp_rank_1_mp_rank_00_optim_states.pt");
  world.pass(std::chrono::hours(1));
  EXPECT_EQ(world.bytes("latest"), path);
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::unfinished);
}

TEST(Deepspeed, IsBoundToTheNumberOfRanks) {
  World world;
  const std::string path = save_deepspeed(world, 10);
  const Judgement judgement = look(world, path).judgement;
  EXPECT_TRUE(judgement.flags.contains(Flag::world_size_bound));
  EXPECT_EQ(judgement.step, 10U);
}

TEST(Deepspeed, NotesAPointerToNothing) {
  World world;
  save_deepspeed(world, 10);
  world.set_bytes("latest", "global_step999");
  const auto catalogue = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  ASSERT_EQ(catalogue->notes.size(), 1U);
  EXPECT_NE(catalogue->notes.front().why.find("global_step999"), std::string::npos);
}

TEST(Deepspeed, WithoutZeroHasItsOptimizerInTheModel) {
  World world;
  TorchState state;
  const Py weight = state.tensor(1000, 1);
  const auto save = [&](Py optimizer) {
    world.write("global_step5/mp_rank_00_model_states.pt",
                state.save(dict(Fields{{"module", ordered_dict({{"w", weight}})},
                                       {"optimizer", std::move(optimizer)},
                                       {"global_steps", integer(5)}})));
  };
  world.make_directory("global_step5");
  save(dict(Fields{{"exp_avg", weight}}));
  EXPECT_EQ(look(world, "global_step5").judgement.verdict, Verdict::good);
  save(none());
  EXPECT_EQ(look(world, "global_step5").judgement.verdict, Verdict::unfinished)
      << "ZeRO saved no shard at all";
}

TEST(Deepspeed, CountsLayersByTheirTensorRanks) {
  World world;
  const std::string path = save_deepspeed(world, 10);
  const std::string layer = training_state(10, 3);
  for (const char* name : {"layer_01-model_00", "layer_01-model_01", "layer_03-model_00"})
    world.write(path + "/" + name + "-model_states.pt", layer);
  world.pass(std::chrono::hours(1));
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::unfinished) << "layer 3 lacks rank 1";
  world.write(path + "/layer_03-model_01-model_states.pt", layer);
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::good) << "layer 2 has no parameters";
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
