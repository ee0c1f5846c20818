// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Marker : public ::testing::Test {
 protected:
  Marker() {
    wish_.marker = "DONE";
    for (const char* path : {"save-10", "save-20"}) {
      world_.make_directory(path);
      world_.write(std::string(path) + "/state.bin", "state");
      world_.write(std::string(path) + "/rank0.bin", "zero");
      world_.create(std::string(path) + "/DONE");
      world_.pass(std::chrono::minutes(10));
    }
  }
  [[nodiscard]] Listed newest() const { return look(world_, "save-20", Level::structure, wish_); }

  /// Two more checkpoints, of which these files have one time, to the nanosecond.
  void save_two_of_one_time(const std::vector<std::string>& files) {
    const Time then = world_.now() + std::chrono::milliseconds(4);
    world_.pass(std::chrono::seconds(1));
    for (const std::string path : {"save-30", "save-40"}) {
      world_.make_directory(path);
      world_.write(path + "/state.bin", "state");
      world_.write(path + "/rank0.bin", "zero");
      world_.create(path + "/DONE");
      for (const std::string& file : files)
        world_.set_modified(path + file, then);
    }
  }

  World world_;
  Wish wish_;
};

TEST_F(Marker, EndsAGoodCheckpoint) {
  EXPECT_EQ(newest().judgement.verdict, Verdict::good) << newest().judgement.why;
  EXPECT_EQ(newest().checkpoint.format, "marker");
  EXPECT_EQ(newest().checkpoint.step, 20U);
  EXPECT_GE(newest().judgement.reached, Level::edges);
}

TEST_F(Marker, ThatIsNotThereMeansUnfinished) {
  world_.remove("save-20/DONE");
  EXPECT_EQ(newest().judgement.verdict, Verdict::unfinished);
}

TEST_F(Marker, ThatIsNotThereIsAllThatIsSaid) {
  wish_.marker = "NOPE";
  const Judgement judgement = newest().judgement;
  EXPECT_EQ(judgement.verdict, Verdict::unfinished) << "the empty file DONE is no damage";
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.why, "save-20/NOPE is not there yet");
}

TEST_F(Marker, OlderThanAFileMeansOverwritten) {
  world_.pass(std::chrono::minutes(1));
  world_.write("save-20/state.bin", "other");
  EXPECT_EQ(newest().judgement.verdict, Verdict::damaged);
  EXPECT_TRUE(newest().judgement.flags.contains(Flag::torn_overwrite));
}

// A program that saves every few milliseconds, or a test's: files of the two have equal times.
TEST_F(Marker, IsBelievedWhenTwoCheckpointsWereWrittenWithinOneTickOfTheClock) {
  save_two_of_one_time({"/state.bin", "/rank0.bin", "/DONE"});
  const auto listed = look(world_, "save-40", Level::structure, wish_);
  EXPECT_EQ(listed.judgement.verdict, Verdict::good) << listed.judgement.why;
}

TEST_F(Marker, OverACopyOfTheFileOfTheCheckpointBeforeMeansDamaged) {
  save_two_of_one_time({"/state.bin"});  // `cp -p` keeps the time
  const auto listed = look(world_, "save-40", Level::structure, wish_);
  EXPECT_EQ(listed.judgement.verdict, Verdict::damaged);
}

TEST_F(Marker, OverAnEmptyFileMeansDamaged) {
  world_.set_bytes("save-20/rank0.bin", "");
  EXPECT_EQ(newest().judgement.verdict, Verdict::damaged);
}

TEST_F(Marker, DoesNotHideWhatItsSiblingHas) {
  world_.remove("save-20/rank0.bin");
  world_.pass(std::chrono::hours(1));
  EXPECT_EQ(newest().judgement.verdict, Verdict::unfinished) << newest().judgement.why;
}

TEST_F(Marker, IsNotNeededWhereTheUsersCommandHasTheLastWord) {
  wish_.marker.clear();
  wish_.format = "marker";
  world_.set_bytes("save-20/rank0.bin", "");
  EXPECT_EQ(newest().judgement.verdict, Verdict::unknown) << "nobody can tell";
  wish_.by_command = true;
  EXPECT_EQ(newest().judgement.verdict, Verdict::good)
      << "so far: the command is still to be asked";
  EXPECT_GE(newest().judgement.reached, Level::edges);
  world_.make_directory("save-30");
  world_.write("save-30/state.bin", "half of it");
  const auto younger = read_catalogue(world_, wish_, world_.now());
  ASSERT_TRUE(younger);
  EXPECT_EQ(younger->newest_first.front().judgement.verdict, Verdict::in_flight);
}

TEST_F(Marker, IsAskedForAndNeverGuessed) {
  const auto all = read_catalogue(world_, {}, world_.now() + std::chrono::hours(1));
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->newest_first.empty());
  EXPECT_EQ(all->ground, Ground::foreign);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
