// SPDX-License-Identifier: Apache-2.0
#include "holdfast/sentinel/witness.hpp"

#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Witness, IsSeenInTheSameDirectoryAndInNoOther) {
  const testing::TemporaryDirectory place("witness");
  const std::string& here = place.path();
  const auto word = write_witness(here);
  ASSERT_TRUE(word);
  EXPECT_TRUE(sees_witness(here, *word, milliseconds(0)));
  const testing::TemporaryDirectory elsewhere("witness");
  EXPECT_FALSE(sees_witness(elsewhere.path(), *word, milliseconds(0)));
  EXPECT_FALSE(sees_witness(here + "/not-there", *word, milliseconds(0)));
}

TEST(Witness, OfAnEarlierSupervisorIsNone) {
  const testing::TemporaryDirectory place("witness");
  const std::string& here = place.path();
  const auto earlier = write_witness(here);
  const auto now = write_witness(here);
  ASSERT_TRUE(earlier && now);
  EXPECT_FALSE(sees_witness(here, *earlier, milliseconds(0)));
  EXPECT_TRUE(sees_witness(here, *now, milliseconds(0)));
}

TEST(Witness, ThatComesLateIsWaitedFor) {
  const testing::TemporaryDirectory place("witness");
  const std::string& here = place.path();
  std::thread slow([&] {
    std::this_thread::sleep_for(milliseconds(150));
    std::ofstream(here + "/witness-abc") << "";
  });
  EXPECT_TRUE(sees_witness(here, "abc", milliseconds(10'000)));
  slow.join();
}

TEST(Witness, ThatNeverComesIsGivenUpInTime) {
  const testing::TemporaryDirectory place("witness");
  const auto began = steady_clock::now();
  EXPECT_FALSE(sees_witness(place.path(), "abc", milliseconds(200)));
  EXPECT_GE(steady_clock::now() - began, milliseconds(200));
}

TEST(Witness, CannotBeWrittenWhereThereIsNoDirectory) {
  EXPECT_FALSE(write_witness("/no/such/directory"));
}

}  // namespace
}  // namespace holdfast::sentinel
