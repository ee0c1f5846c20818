// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/frameworks.hpp"
#include "support/checkpoint/look.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Nemo : public ::testing::Test {
 protected:
  Nemo() { path_ = std::ranges::find(frameworks(), "nemo", &Framework::name)->save(world_, 100); }

  World world_;
  std::string path_;
};

TEST_F(Nemo, IsUnfinishedAsLongAsTheMarkerStandsBesideIt) {
  EXPECT_EQ(look(world_, path_).judgement.verdict, Verdict::good);
  world_.create(path_ + "-unfinished");
  EXPECT_EQ(look(world_, path_).judgement.verdict, Verdict::unfinished);
}

TEST_F(Nemo, NeedsItsContext) {
  world_.remove(path_ + "/context/model.yaml");
  EXPECT_EQ(look(world_, path_).judgement.verdict, Verdict::unfinished);
}

TEST_F(Nemo, NeedsItsDescriptionToTheEndOfItsLastLine) {
  const std::string description = path_ + "/context/model.yaml";
  world_.set_bytes(description, "_tar");
  EXPECT_EQ(look(world_, path_).judgement.verdict, Verdict::damaged);
  world_.set_bytes(description, "_target_: model\n");
  world_.write(path_ + "/context/io.json", "{\"objects\": ");
  EXPECT_EQ(look(world_, path_).judgement.verdict, Verdict::damaged);
}

TEST_F(Nemo, TakesALinkToACheckpointForThatCheckpoint) {
  world_.link(path_, path_ + "-last");
  const auto catalogue = read_catalogue(world_, {}, world_.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->newest_first.size(), 1U);
}

TEST_F(Nemo, NotesALinkToNothing) {
  world_.link("gone", "model-last");
  const auto catalogue = read_catalogue(world_, {}, world_.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->notes.size(), 1U);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
