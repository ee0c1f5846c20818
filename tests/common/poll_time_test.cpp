// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/poll_time.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(PollTime, IsNeverTooShortToReachTheEnd) {
  for (int round = 0; round < 1000; ++round) {
    const auto end = Clock::now() + 5ms + std::chrono::nanoseconds(round * 997);
    const int waited = poll_time_until(end);
    EXPECT_GE(Clock::now() + std::chrono::milliseconds(waited), end) << round;
    EXPECT_LE(waited, 6);
  }
}

TEST(PollTime, IsNothingAfterTheEndAndAnHourAtMost) {
  EXPECT_EQ(poll_time_until(Clock::now() - 1s), 0);
  EXPECT_EQ(poll_time_until(Clock::time_point::min() + 1h), 0);
  EXPECT_EQ(poll_time_until(Clock::now() + 100h), 3'600'000);
}

}  // namespace
}  // namespace holdfast
