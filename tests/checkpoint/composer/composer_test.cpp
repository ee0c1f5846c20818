// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(Composer, TakesTheBatchForTheStep) {
  World world;
  const std::string path = save_composer(world, 350);
  EXPECT_EQ(look(world, path).checkpoint.step, 350U);
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::good);
}

TEST(Composer, ShardedIsADistributedCheckpoint) {
  World world;
  world.make_directory("ep2-ba700");
  save_dcp_into(world, "ep2-ba700", 5, {});
  EXPECT_EQ(look(world, "ep2-ba700").judgement.verdict, Verdict::good);
  world.remove("ep2-ba700/.metadata");
  EXPECT_EQ(look(world, "ep2-ba700").judgement.verdict, Verdict::unfinished);
}

TEST(Composer, CompressedIsUnknownAndNeverTrusted) {
  World world;
  world.write("ep1-ba10-rank0.pt.zst", "\x28\xb5\x2f\xfd rest");
  const Judgement judgement = look(world, "ep1-ba10-rank0.pt.zst").judgement;
  EXPECT_EQ(judgement.verdict, Verdict::unknown);
  EXPECT_EQ(judgement.reached, Level::listing);
}

TEST(Composer, NotesALinkToNothing) {
  World world;
  const std::string path = save_composer(world, 350);
  world.remove(path);
  save_composer(world, 10);
  world.remove("latest-rank0.pt");
  world.link(path, "latest-rank0.pt");
  const auto catalogue = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->notes.size(), 1U);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
