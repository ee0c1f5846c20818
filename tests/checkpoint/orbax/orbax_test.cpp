// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Orbax : public ::testing::Test {
 protected:
  Orbax() {
    save_orbax(world_, 10);
    world_.pass(std::chrono::minutes(10));
    save_orbax(world_, 20);
  }

  [[nodiscard]] Verdict verdict() const { return look(world_, "20").judgement.verdict; }

  World world_;
};

TEST_F(Orbax, IsGoodAndSaysWhatItCannotSee) {
  const Listed listed = look(world_, "20");
  EXPECT_EQ(listed.judgement.verdict, Verdict::good) << listed.judgement.why;
  EXPECT_EQ(listed.checkpoint.format, "orbax");
  EXPECT_TRUE(listed.judgement.flags.contains(Flag::no_checksum));
  EXPECT_TRUE(listed.judgement.flags.contains(Flag::without_inventory));
}

TEST_F(Orbax, IsUnfinishedUnderItsTemporaryName) {
  world_.rename("20", "20.orbax-checkpoint-tmp");
  const Listed listed = look(world_, "20.orbax-checkpoint-tmp");
  EXPECT_EQ(listed.judgement.verdict, Verdict::unfinished);
  EXPECT_EQ(listed.checkpoint.step, 20U);
}

TEST_F(Orbax, IsUnfinishedWithoutACommitTime) {
  world_.set_bytes("20/_CHECKPOINT_METADATA", R"({"commit_timestamp_nsecs": null})");
  EXPECT_EQ(verdict(), Verdict::unfinished);
}

TEST_F(Orbax, IsUnfinishedWithoutTheFileItsSiblingEndsWith) {
  world_.write("10/commit_success.txt", "done");
  EXPECT_EQ(verdict(), Verdict::unfinished);
  world_.write("20/commit_success.txt", "done");
  EXPECT_EQ(verdict(), Verdict::good);
}

TEST_F(Orbax, IsDamagedWhenAnItemItNamesIsGone) {
  world_.set_bytes("20/_CHECKPOINT_METADATA",
                   R"({"item_handlers": {"state": "h"}, "commit_timestamp_nsecs": 1})");
  EXPECT_EQ(verdict(), Verdict::damaged);
}

TEST_F(Orbax, IsUnfinishedWithoutTheDescriptionOfItsArrays) {
  world_.remove("20/default/_METADATA");
  EXPECT_EQ(verdict(), Verdict::unfinished);
  world_.write("20/default/checkpoint", "of an old release");
  EXPECT_EQ(verdict(), Verdict::good);
}

TEST_F(Orbax, IsUnfinishedWhileItsPartsAreNotMerged) {
  world_.remove("20/default/manifest.ocdbt");
  EXPECT_EQ(verdict(), Verdict::unfinished);
}

TEST_F(Orbax, SeesAFlippedByteInItsManifest) {
  change(world_, "20/default/manifest.ocdbt", 100, '\0');
  const Listed listed = look(world_, "20");
  EXPECT_EQ(listed.judgement.verdict, Verdict::damaged);
  EXPECT_NE(listed.judgement.why.find("20/default/manifest.ocdbt"), std::string::npos);
}

TEST_F(Orbax, SeesMissingArraysByTheWeightOfItsSibling) {
  for (const std::string& file : world_.files_under("20/default/d"))
    world_.remove(file);
  EXPECT_EQ(verdict(), Verdict::damaged);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
