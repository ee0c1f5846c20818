// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(Dmtcp, NeedsEveryImageItsScriptNames) {
  World world;
  save_dmtcp(world, 10);
  EXPECT_EQ(look(world, "ckpt-10").judgement.verdict, Verdict::good)
      << look(world, "ckpt-10").judgement.why;
  world.remove("ckpt-10/ckpt_app_41.dmtcp");
  EXPECT_EQ(look(world, "ckpt-10").judgement.verdict, Verdict::damaged);
}

TEST(Dmtcp, IsUnfinishedWithoutItsScript) {
  World world;
  save_dmtcp(world, 10);
  world.remove("ckpt-10/dmtcp_restart_script.sh");
  EXPECT_EQ(look(world, "ckpt-10").judgement.verdict, Verdict::unfinished);
}

TEST(Dmtcp, OfManaNeedsEveryRank) {
  World world;
  for (const char* rank : {"0", "1", "3"}) {
    const std::string directory = std::string("ckpt_rank_") + rank;
    world.make_directory(directory);
    world.write(directory + "/ckpt_app_1.dmtcp", dmtcp_image(1));
  }
  EXPECT_EQ(look(world, "").judgement.verdict, Verdict::unfinished);
  world.make_directory("ckpt_rank_2");
  world.write("ckpt_rank_2/ckpt_app_1.dmtcp", dmtcp_image(1));
  EXPECT_EQ(look(world, "").judgement.verdict, Verdict::good) << look(world, "").judgement.why;
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
