// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/select.hpp"
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(Gromacs, FallsBackToThePreviousOneWhenTheNewestIsCut) {
  World world;
  save_gromacs(world, 10);
  save_gromacs(world, 20);
  EXPECT_EQ(look(world, "state.cpt").checkpoint.step, 20U);
  EXPECT_EQ(look(world, "state_prev.cpt").checkpoint.step, 10U);
  world.set_bytes("state.cpt", world.bytes("state.cpt").substr(0, 300));
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::damaged);
  const auto time = world.now() + std::chrono::hours(1);
  const auto all = read_catalogue(world, {}, time);
  ASSERT_TRUE(all);
  const Choice choice = select(*all, {}, time);
  const auto* resume = std::get_if<Resume>(&choice.what);
  ASSERT_NE(resume, nullptr);
  EXPECT_EQ(all->newest_first[resume->index].checkpoint.path, "state_prev.cpt");
}

TEST(Gromacs, EmptiedByAFullDiskIsDamaged) {
  World world;
  save_gromacs(world, 10);
  save_gromacs(world, 20);
  world.set_bytes("state.cpt", "");
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::damaged);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
