// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/keep/memory.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

constexpr std::int64_t noon = 1'800'000'000;

class StoreTest : public ::testing::Test {
 protected:
  void look(std::int64_t at, const std::string& boot = "boot-1") {
    ASSERT_TRUE(store_.write_baseline({boot, at, {{"eth0 rx_errors", 3}}}));
  }
  [[nodiscard]] std::int64_t minutes_ago(Age age, std::int64_t now) const {
    return (now - store_.read_baseline(age)->at) / 60;
  }

  holdfast::testing::TemporaryDirectory temporary_{"store"};
  Store store_{temporary_.path() / "state"};
};

TEST_F(StoreTest, HasTheCountersOfAnHourAndOfADayAgoHoweverOftenItLooks) {
  for (int minute = 0; minute <= 3 * 1440; minute += 5) {
    const std::int64_t now = noon + minute * 60;
    if (minute > 60) {
      EXPECT_GE(minutes_ago(Age::hour, now), 60) << minute;
      EXPECT_LE(minutes_ago(Age::hour, now), 125) << minute;
    }
    if (minute > 1440) {
      EXPECT_GE(minutes_ago(Age::day, now), 1440) << minute;
      EXPECT_LE(minutes_ago(Age::day, now), 2885) << minute;
    }
    look(now);
    EXPECT_EQ(minutes_ago(Age::last, now), 0);
  }
}

TEST_F(StoreTest, InTheFirstHourOfABootHasThoseOfItsFirstLook) {
  look(noon);
  look(noon + 7200);
  look(noon + 7260, "boot-2");
  look(noon + 7560, "boot-2");
  for (const Age age : {Age::hour, Age::day}) {
    EXPECT_EQ(store_.read_baseline(age)->boot_id, "boot-2");
    EXPECT_EQ(store_.read_baseline(age)->at, noon + 7260);
  }
  EXPECT_EQ(store_.read_baseline(Age::last)->at, noon + 7560);
}

TEST_F(StoreTest, HasNoneBeforeTheFirstLook) {
  EXPECT_EQ(store_.read_baseline(Age::hour).error().kind, FailureKind::not_found);
}

}  // namespace
}  // namespace holdfast::health
