// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/text.hpp"

#include "holdfast/common/result.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Text, JoinsTextAndNumbers) {
  EXPECT_EQ(cat("GPU ", 3U, ':', std::string("x"), -1), "GPU 3:x-1");
}

TEST(Text, ReadsNumbersStrictly) {
  EXPECT_EQ(parse_number<unsigned>("42"), 42U);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "4294967296", "0x10"})
    EXPECT_FALSE(parse_number<std::uint32_t>(text)) << text;
}

TEST(Text, FindsTheWordThatWasMeant) {
  const std::vector<std::string> words{"--explain", "--topology", "--ranks"};
  EXPECT_EQ(nearest("--explian", words), "--explain");
  EXPECT_EQ(nearest("--topo", words), "--topology");
  EXPECT_EQ(nearest("--zebra-crossing", words), std::nullopt);
}

TEST(Failure, TellsTheWholeStoryOnce) {
  Failure failure{
      FailureKind::unreadable, "file x cannot be read", "check its rights", errno_code(EACCES)};
  EXPECT_EQ(std::move(failure).within("planning").sentence(),
            "planning: file x cannot be read (Permission denied); check its rights");
}

}  // namespace
}  // namespace holdfast
