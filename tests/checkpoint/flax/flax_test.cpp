// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(Flax, LeftoverOfASaveIsNoCheckpoint) {
  World world;
  save_flax(world, 10);
  world.write("checkpoint_tmp", flax_msgpack(20).substr(0, 500));
  EXPECT_EQ(look(world, "checkpoint_10").judgement.verdict, Verdict::good);
  EXPECT_EQ(look(world, "checkpoint_tmp").judgement.verdict, Verdict::unfinished);
}

TEST(Flax, NeedsTheArraysThatLieElsewhere) {
  World world;
  world.write("checkpoint_10", flax_msgpack(10, true));
  EXPECT_EQ(look(world, "checkpoint_10").judgement.verdict, Verdict::damaged);
  world.make_directory("checkpoint_10_gda");
  EXPECT_EQ(look(world, "checkpoint_10").judgement.verdict, Verdict::unfinished);
  world.write("checkpoint_10_gda/commit_success.txt", "done");
  const Listed listed = look(world, "checkpoint_10");
  EXPECT_EQ(listed.judgement.verdict, Verdict::good) << listed.judgement.why;
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
