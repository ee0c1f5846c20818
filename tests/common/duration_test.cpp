// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/duration.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Duration, ReadsPeoplesAndSlurmsForms) {
  const std::vector<std::pair<const char*, std::int64_t>> cases{
      {"500ms", 500},
      {"2s", 2000},
      {"10m", 600'000},
      {"1h", 3'600'000},
      {"2d", 172'800'000},
      {"90", 90'000},
      {"01:30", 90'000},
      {"1:00:00", 3'600'000},
      {"1-0", 86'400'000},
      {"1-12", 129'600'000},
      {"1-00:30", 88'200'000},
      {"1-00:00:05", 86'405'000},
  };
  for (const auto& [text, expected] : cases) {
    const auto found = parse_duration(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(found->count(), expected) << text;
  }
}

TEST(Duration, RefusesTheRest) {
  for (const char* text : {"", "s", "-1s", "1.5h", "1:2:3:4", "1-", "-5", "99999999d", "1w", "1 s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace holdfast
