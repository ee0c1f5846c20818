// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Tensorflow : public ::testing::Test {
 protected:
  Tensorflow() {
    save_tensorflow(world_, 10);
    world_.pass(std::chrono::minutes(10));
    save_tensorflow(world_, 20);
  }
  World world_;
};

TEST_F(Tensorflow, IsOneCheckpointForEachPrefix) {
  const auto all = read_catalogue(world_, {}, world_.now() + std::chrono::hours(1));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->format, "tensorflow");
  ASSERT_EQ(all->newest_first.size(), 2U);
  EXPECT_EQ(all->newest_first[0].checkpoint.path, "ckpt-20");
  EXPECT_EQ(all->newest_first[0].checkpoint.step, 20U);
  EXPECT_EQ(all->newest_first[0].files, 3U);
  EXPECT_TRUE(all->notes.empty());
}

TEST_F(Tensorflow, IsGoodToTheLastByte) {
  const Listed listed = look(world_, "ckpt-20", Level::payload);
  EXPECT_EQ(listed.judgement.verdict, Verdict::good) << listed.judgement.why;
  EXPECT_EQ(listed.judgement.reached, Level::payload);
}

TEST_F(Tensorflow, IsUnfinishedWithoutItsIndex) {
  world_.remove("ckpt-20.index");
  EXPECT_EQ(look(world_, "ckpt-20").judgement.verdict, Verdict::unfinished);
}

TEST_F(Tensorflow, MissesAShardTheNamesSpeakOf) {
  world_.remove("ckpt-20.data-00001-of-00002");
  const Listed listed = look(world_, "ckpt-20");
  EXPECT_EQ(listed.judgement.verdict, Verdict::damaged);
  EXPECT_NE(listed.judgement.why.find("ckpt-20.data-00001-of-00002 is missing"), std::string::npos)
      << listed.judgement.why;
}

TEST_F(Tensorflow, SeesAFlippedByteInTheDeepLookOnly) {
  change(world_, "ckpt-20.data-00001-of-00002", 12'000, '\0');
  EXPECT_EQ(look(world_, "ckpt-20").judgement.verdict, Verdict::good);
  const Listed deep = look(world_, "ckpt-20", Level::payload);
  EXPECT_EQ(deep.judgement.verdict, Verdict::damaged);
  EXPECT_NE(deep.judgement.why.find("tensor w00001"), std::string::npos) << deep.judgement.why;
}

TEST_F(Tensorflow, SeesAFlippedByteOfTheObjectGraphAtOnce) {
  change(world_, "ckpt-20.data-00000-of-00002", 40, '\0');
  EXPECT_EQ(look(world_, "ckpt-20").judgement.verdict, Verdict::damaged);
}

TEST_F(Tensorflow, TellsWhenItsPointerNamesNothing) {
  world_.remove("ckpt-20.index");
  world_.remove("ckpt-20.data-00000-of-00002");
  world_.remove("ckpt-20.data-00001-of-00002");
  const auto all = read_catalogue(world_, {}, world_.now() + std::chrono::hours(1));
  ASSERT_TRUE(all);
  ASSERT_EQ(all->notes.size(), 1U);
  EXPECT_EQ(all->notes[0].why, "checkpoint names ckpt-20, which has no index here");
}

TEST_F(Tensorflow, IsNotSeenInAnIndexOfSomethingElse) {
  World world;
  world.write("vectors.index", "FAISS");
  const auto all = read_catalogue(world, {}, world.now());
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->newest_first.empty());
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
