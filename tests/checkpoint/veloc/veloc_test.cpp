// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Veloc : public ::testing::Test {
 protected:
  Veloc() {
    save_veloc(world_, 10);
    save_veloc(world_, 20);
  }
  [[nodiscard]] Listed newest() const { return look(world_, "wave-20"); }
  World world_;
};

TEST_F(Veloc, IsOneCheckpointForEachVersion) {
  EXPECT_EQ(newest().judgement.verdict, Verdict::good) << newest().judgement.why;
  EXPECT_EQ(newest().files, 3U);
  EXPECT_TRUE(newest().judgement.flags.contains(Flag::world_size_bound));
}

TEST_F(Veloc, MissesTheLastRankThatItsSiblingHas) {
  world_.remove("wave-2-20.dat");
  EXPECT_EQ(newest().judgement.verdict, Verdict::unfinished);
  EXPECT_NE(newest().judgement.why.find("wave-2-20.dat is missing"), std::string::npos)
      << newest().judgement.why;
}

TEST_F(Veloc, MissesARankBetweenOthers) {
  world_.remove("wave-1-20.dat");
  EXPECT_EQ(newest().judgement.verdict, Verdict::unfinished);
}

TEST_F(Veloc, IsUnfinishedWhileAHeadIsStillZeros) {
  std::string bytes = world_.bytes("wave-1-20.dat");
  bytes.replace(0, 32, 32, '\0');
  world_.set_bytes("wave-1-20.dat", bytes);
  EXPECT_EQ(newest().judgement.verdict, Verdict::unfinished);
}

TEST_F(Veloc, MustBeAsLongAsItsHeadSays) {
  world_.set_bytes("wave-1-20.dat", world_.bytes("wave-1-20.dat") + "x");
  EXPECT_EQ(newest().judgement.verdict, Verdict::damaged);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
