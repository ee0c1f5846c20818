// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/keep/job_baselines.hpp"

#include "support/temporary_directory.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

namespace fs = std::filesystem;

class JobBaselinesTest : public ::testing::Test {
 protected:
  static Baseline with(std::uint64_t count) {
    return {"boot-1", 1'800'000'000, {{"mlx5_0/1 link_downed", count}}};
  }
  [[nodiscard]] auto files() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  holdfast::testing::TemporaryDirectory temporary_{"jobs"};
  fs::path folder_ = temporary_.path() / "jobs";
  JobBaselines jobs_{folder_};
};

TEST_F(JobBaselinesTest, KeepsOneForEachJobUntilItIsRemoved) {
  ASSERT_TRUE(jobs_.write("17", with(3)));
  ASSERT_TRUE(jobs_.write("18", with(4)));
  EXPECT_EQ(*jobs_.read("17"), with(3));
  EXPECT_EQ(*jobs_.read("18"), with(4));
  jobs_.remove("17");
  EXPECT_EQ(jobs_.read("17").error().kind, FailureKind::not_found);
  EXPECT_TRUE(jobs_.read("18"));
}

TEST_F(JobBaselinesTest, NeverGivesOneJobWhatAnotherLeft) {
  const std::string later = std::to_string(17 + JobBaselines::most);
  ASSERT_TRUE(jobs_.write("17", with(3)));
  EXPECT_FALSE(jobs_.read(later));
  ASSERT_TRUE(jobs_.write(later, with(4)));
  EXPECT_FALSE(jobs_.read("17"));
  jobs_.remove("17");
  EXPECT_EQ(*jobs_.read(later), with(4)) << "it is not job 17's to remove";
  EXPECT_FALSE(jobs_.read(later + "1"));
}

TEST_F(JobBaselinesTest, DoesNotGrowWithJobsWhoseEpilogNeverCame) {
  for (std::uint64_t job = 1; job <= 3 * JobBaselines::most; ++job)
    ASSERT_TRUE(jobs_.write(std::to_string(job), with(job)));
  EXPECT_EQ(files(), static_cast<std::ptrdiff_t>(JobBaselines::most));
}

TEST_F(JobBaselinesTest, NoJobLeadsOutOfTheDirectoryOrIntoAnothersFile) {
  for (const std::string job : {"../../x", "", "a\nb", "17 ", "-17"}) {
    ASSERT_TRUE(jobs_.write(job, with(5))) << job;
    EXPECT_EQ(*jobs_.read(job), with(5)) << job;
    jobs_.remove(job);
    EXPECT_FALSE(jobs_.read(job)) << job;
  }
  EXPECT_EQ(files(), 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(temporary_.path()), fs::directory_iterator()), 1);
}

TEST_F(JobBaselinesTest, WhatWasCutShortIsAFailureAndNotABaseline) {
  ASSERT_TRUE(jobs_.write("17", with(3)));
  std::ofstream(folder_ / "baseline-17") << "17\n{\"boot_id\": \"boo";
  EXPECT_FALSE(jobs_.read("17"));
}

}  // namespace
}  // namespace holdfast::health
