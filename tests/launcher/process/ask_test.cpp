// SPDX-License-Identifier: Apache-2.0
#include "holdfast/process/ask.hpp"

#include <chrono>
#include <functional>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace holdfast::process {
namespace {

using namespace std::chrono_literals;

std::optional<Result<Answer>> answer_to(std::vector<std::string> words,
                                        std::chrono::milliseconds deadline) {
  boost::asio::io_context io;
  std::optional<Result<Answer>> got;
  ask(io, {std::move(words), {}, {}, false}, deadline, [&](Result<Answer> answer) {
    got = std::move(answer);
  });
  io.run_for(10s);
  return got;
}

TEST(Ask, GivesTheAnswerHoweverTheCommandEnded) {
  const auto answer = answer_to({"sh", "-c", "echo 42; exit 7"}, 5s);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->output, "42\n");
  EXPECT_EQ((*answer)->end.exit, 7);
}

TEST(Ask, EndsACommandThatTakesTooLong) {
  const auto start = std::chrono::steady_clock::now();
  const auto answer = answer_to({"sleep", "60"}, 50ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, FailureKind::timed_out);
}

TEST(Ask, TellsOfACommandThatIsNotThere) {
  const auto answer = answer_to({"/no/such/program"}, 1s);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(*answer);
}

// One question after the other: what the event loop still has to say of the last child's descriptor
// must not be taken for the end of this one.
TEST(Ask, HearsOfEachChildInALongChainOfThem) {
  boost::asio::io_context io;
  constexpr unsigned links = 200;
  unsigned answered = 0;
  std::function<void()> next = [&] {
    ask(io, {{"sleep", "0.01"}, {}, {}, false}, 5s, [&](const Result<Answer>& answer) {
      if (answer) ++answered;
      if (answer && answered < links) boost::asio::post(io, next);
    });
  };
  next();
  io.run_for(60s);
  EXPECT_EQ(answered, links);
}

TEST(Ask, KeepsABoundedPartOfALongAnswer) {
  const auto answer = answer_to({"head", "-c", "20000000", "/dev/zero"}, 9s);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->output.size(), max_answer);
}

}  // namespace
}  // namespace holdfast::process
