// SPDX-License-Identifier: Apache-2.0
#include "holdfast/spank/request.hpp"

#include <array>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::spank {
namespace {

using ::testing::ElementsAre;

std::string runs(const std::vector<unsigned>& numbers) { return to_runs(numbers); }

TEST(Runs, ShortenWhatFollowsAndKeepTheOrder) {
  EXPECT_EQ(runs({}), "");
  EXPECT_EQ(runs({7}), "7");
  EXPECT_EQ(runs({0, 1, 2, 8}), "0-2,8");
  EXPECT_EQ(runs({8, 6, 7, 5}), "8,6-7,5");
  EXPECT_EQ(runs({100000, 100001}), "100000-100001");
}

TEST(Question, HasAllFactsAndOnlyTheWishesThatWereSaid) {
  const StepFacts facts{"n2", {4, 5}, 6, 1, 2, "0-3", CpuSet{0, 1, 8}};
  EXPECT_THAT(plan_arguments(facts, {true, "local", "first", true, true}, "/bin/hf"),
              ElementsAre("/bin/hf",
                          "plan",
                          "--for-step",
                          "--local-ranks",
                          "2",
                          "--global-ranks",
                          "4-5",
                          "--world",
                          "6",
                          "--node-rank",
                          "1",
                          "--nodes",
                          "2",
                          "--cores",
                          "0-3",
                          "--cpus",
                          "0-1,8",
                          "--mode",
                          "local",
                          "--visible",
                          "first",
                          "--explain"));
  EXPECT_THAT(plan_arguments({"n2", {0}, 1, 0, 1, "", {}}, {true, "", "", false, false}, "/bin/hf"),
              ElementsAre("/bin/hf",
                          "plan",
                          "--for-step",
                          "--local-ranks",
                          "1",
                          "--global-ranks",
                          "0",
                          "--world",
                          "1",
                          "--node-rank",
                          "0",
                          "--nodes",
                          "1"));
}

TEST(QuestionsEnvironment, IsTheJobsWithoutWhatChangesThePrograms) {
  const std::array<std::string_view, 6> job{"A=1",
                                            "LD_LIBRARY_PATH=/x",
                                            "LDFLAGS=k",
                                            "MALLOC_CONF=y",
                                            "B=",
                                            "HOLDFAST_CPU_BIND_IS_USERS=0"};
  EXPECT_THAT(plan_environment(job, false), ElementsAre("A=1", "LDFLAGS=k", "B="));
  EXPECT_THAT(plan_environment(job, true),
              ElementsAre("A=1", "LDFLAGS=k", "B=", "HOLDFAST_CPU_BIND_IS_USERS=1"));
}

}  // namespace
}  // namespace holdfast::spank
