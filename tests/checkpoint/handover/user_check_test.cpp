// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/user_check.hpp"

#include "checkpoint/handover/place.hpp"
#include "holdfast/checkpoint/changes.hpp"

#include <gmock/gmock.h>

namespace holdfast::checkpoint {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

Judgement ask(std::vector<std::string> command, milliseconds limit = seconds(20)) {
  return ask_user_check(command, limit);
}

TEST(UserCheck, ThatEndsWithZeroCallsItGood) {
  EXPECT_EQ(ask({"true"}).verdict, Verdict::good);
  EXPECT_EQ(ask({"true"}).reached, Level::semantic);
}

TEST(UserCheck, ThatEndsOtherwiseIsQuoted) {
  const Judgement judgement = ask({"sh", "-c", "echo first; echo weights are NaN >&2; exit 3"});
  EXPECT_EQ(judgement.verdict, Verdict::damaged);
  EXPECT_EQ(judgement.why, "sh ended with 3: weights are NaN");
}

TEST(UserCheck, ThatIsNotThereIsUnknown) {
  EXPECT_EQ(ask({"/nowhere/check"}).verdict, Verdict::unknown);
  EXPECT_THAT(ask({"/nowhere/check"}).why, HasSubstr("/nowhere/check is not there: name a"));
  EXPECT_EQ(ask({}).verdict, Verdict::unknown);
}

TEST(UserCheck, ThatHangsIsKilledWithAllItStarted) {
  const auto begin = std::chrono::steady_clock::now();
  const Judgement judgement = ask({"sh", "-c", "sleep 600 & sleep 600"}, milliseconds(300));
  EXPECT_EQ(judgement.verdict, Verdict::unknown);
  EXPECT_THAT(judgement.why, HasSubstr("did not end within 300 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(60));
}

TEST(UserCheck, MaySayMoreThanAPipeHolds) {
  EXPECT_EQ(ask({"sh", "-c", "head -c 300000 /dev/zero"}).verdict, Verdict::good);
}

class ChangesOfADirectory : public testing::Place {};

TEST_F(ChangesOfADirectory, AreToldBeforeTheDeadline) {
  Changes changes(in(""));
  write("new", "x");
  const auto begin = std::chrono::steady_clock::now();
  changes.wait(begin + seconds(300));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(120));
}

TEST_F(ChangesOfADirectory, ThatIsNotThereAreWaitedForUntilTheDeadline) {
  Changes changes(in("nowhere"));
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(50);
  changes.wait(deadline);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

}  // namespace
}  // namespace holdfast::checkpoint
