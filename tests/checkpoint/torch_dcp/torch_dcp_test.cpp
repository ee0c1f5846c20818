// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/frameworks.hpp"
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class TorchDcp : public ::testing::Test {
 protected:
  TorchDcp() {
    world_.make_directory("ckpt_10");
    save_dcp_into(world_, "ckpt_10", 1, {});
  }
  [[nodiscard]] Judgement judgement() const { return look(world_, "ckpt_10").judgement; }

  World world_;
};

TEST_F(TorchDcp, NamesTheIndexThatIsNotThereYet) {
  world_.rename("ckpt_10/.metadata", "ckpt_10/.metadata.tmp");
  EXPECT_EQ(judgement().verdict, Verdict::unfinished);
}

// Killed while saving over it: the old index stands over new shards of the same sizes.
TEST_F(TorchDcp, UnderAnOldIndexIsATornOverwrite) {
  world_.pass(std::chrono::minutes(10));
  const DcpFiles files = dcp_files(999);
  write_together(world_, {{"ckpt_10/__0_0.distcp", files.shards[0]}});
  EXPECT_EQ(judgement().verdict, Verdict::damaged);
  EXPECT_TRUE(judgement().flags.contains(Flag::torn_overwrite));
}

TEST_F(TorchDcp, MayHaveShardsOfALargerWorldLeftInIt) {
  world_.write("ckpt_10/__9_0.distcp", "of a save by ten ranks");
  world_.set_modified("ckpt_10/__9_0.distcp", world_.status("ckpt_10/__0_0.distcp")->modified);
  EXPECT_EQ(judgement().verdict, Verdict::good) << judgement().why;
}

TEST_F(TorchDcp, MayHaveEmptyShardsThatNothingLiesIn) {
  world_.create("ckpt_10/__0_7.distcp");
  world_.set_modified("ckpt_10/__0_7.distcp", world_.status("ckpt_10/__0_0.distcp")->modified);
  EXPECT_EQ(judgement().verdict, Verdict::good) << judgement().why;
}

TEST_F(TorchDcp, WithTwoShardsSwappedIsDamagedOnceEveryByteIsRead) {
  const std::string first = world_.bytes("ckpt_10/__0_0.distcp");
  world_.set_bytes("ckpt_10/__0_0.distcp", world_.bytes("ckpt_10/__1_0.distcp").substr(5));
  EXPECT_EQ(judgement().verdict, Verdict::damaged) << "of another size";
  world_.set_bytes("ckpt_10/__0_0.distcp", first);
  EXPECT_EQ(judgement().verdict, Verdict::good);
}

TEST_F(TorchDcp, OfRanksThatSaveAloneNeedsTheIndexOfEach) {
  world_.make_directory("ckpt_20");
  DcpStyle alone;
  alone.ranks = 1;
  for (unsigned rank = 0; rank < 3; ++rank) {
    alone.tensors = {"model.part" + std::to_string(rank)};
    DcpFiles files = dcp_files(rank, alone);
    const std::string name = "__" + std::to_string(rank) + "_0.distcp";
    for (auto at = files.index.find("__0_0.distcp"); at != std::string::npos;
         at = files.index.find("__0_0.distcp", at + 1))
      files.index.replace(at, name.size(), name);
    world_.write("ckpt_20/" + name, files.shards[0]);
    world_.write("ckpt_20/__" + std::to_string(rank) + ".metadata", files.index);
  }
  EXPECT_EQ(look(world_, "ckpt_20").judgement.verdict, Verdict::good)
      << look(world_, "ckpt_20").judgement.why;
  world_.remove("ckpt_20/__1.metadata");
  EXPECT_EQ(look(world_, "ckpt_20").judgement.verdict, Verdict::unfinished);
}

TEST_F(TorchDcp, AnEmptyDirectoryBesideItIsASaveThatNeverBegan) {
  world_.make_directory("ckpt_20");
  EXPECT_EQ(look(world_, "ckpt_20").judgement.verdict, Verdict::unfinished);
}

TEST_F(TorchDcp, MayBeTheRootItself) {
  World alone;
  save_dcp_into(alone, "", 1, {});
  EXPECT_EQ(look(alone, "").judgement.verdict, Verdict::good) << look(alone, "").judgement.why;
}

TEST_F(TorchDcp, AnIndexThatNamesAFileOutsideIsDamaged) {
  std::string index = world_.bytes("ckpt_10/.metadata");
  const std::string inside = "__1_0.distcp";
  index.replace(index.find(inside), inside.size(), "../x_0.distc");
  world_.set_bytes("ckpt_10/.metadata", index);
  EXPECT_EQ(judgement().verdict, Verdict::damaged);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
