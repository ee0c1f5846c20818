// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Scr : public ::testing::Test {
 protected:
  Scr() {
    save_scr(world_, 10);
    world_.pass(std::chrono::minutes(10));
    save_scr(world_, 20);
  }
  [[nodiscard]] Listed newest() const { return look(world_, ".scr/scr.dataset.20"); }
  World world_;
};

TEST_F(Scr, IsFoundThroughItsIndexAndNamedForItsRestart) {
  const Listed listed = newest();
  EXPECT_EQ(listed.judgement.verdict, Verdict::good) << listed.judgement.why;
  EXPECT_EQ(listed.checkpoint.format, "scr");
  EXPECT_EQ(listed.checkpoint.tag, "ckpt.20");
  EXPECT_EQ(listed.checkpoint.step, 20U);
}

TEST_F(Scr, MissesADataFileWhereverTheProgramPutIt) {
  world_.remove("ckpt.20/rank_1.ckpt");
  EXPECT_EQ(newest().judgement.verdict, Verdict::damaged);
  EXPECT_NE(newest().judgement.why.find("ckpt.20/rank_1.ckpt is missing"), std::string::npos)
      << newest().judgement.why;
}

TEST_F(Scr, SeesADataFileThatWasCut) {
  world_.set_bytes("ckpt.20/rank_1.ckpt", "short");
  EXPECT_EQ(newest().judgement.verdict, Verdict::damaged);
}

TEST_F(Scr, IsUnfinishedWithoutASummary) {
  world_.remove(".scr/scr.dataset.20/summary.scr");
  EXPECT_EQ(newest().judgement.verdict, Verdict::unfinished);
}

TEST_F(Scr, ShowsItsDatasetsWhenTheIndexIsTorn) {
  world_.set_bytes(".scr/index.scr", world_.bytes(".scr/index.scr").substr(0, 30));
  const auto all = read_catalogue(world_, {}, world_.now() + std::chrono::hours(1));
  ASSERT_TRUE(all);
  ASSERT_EQ(all->newest_first.size(), 2U);
  EXPECT_EQ(all->newest_first[0].judgement.verdict, Verdict::unfinished);
  ASSERT_EQ(all->notes.size(), 1U);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
