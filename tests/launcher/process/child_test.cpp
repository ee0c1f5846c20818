// SPDX-License-Identifier: Apache-2.0
#include "holdfast/process/child.hpp"

#include <chrono>
#include <csignal>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

namespace holdfast::process {
namespace {

using namespace std::chrono_literals;

struct Heard {
  std::string output, errors;
  std::optional<End> end;
  std::unique_ptr<Child> child;
};

/// Runs a shell script to its end, or ten seconds.
Heard hear(const std::string& script, Command command = {}) {
  boost::asio::io_context io;
  Heard heard;
  command.words = {"sh", "-c", script};
  Child::Ears ears;
  ears.output = [&](std::string_view chunk) { heard.output += chunk; };
  ears.errors = [&](std::string_view chunk) { heard.errors += chunk; };
  ears.ended = [&](End end) {
    heard.end = end;
    io.stop();
  };
  auto child = Child::start(io, command, std::move(ears));
  EXPECT_TRUE(child);
  io.run_for(10s);
  return heard;
}

TEST(Child, TellsWhatItSaidAndThenHowItEnded) {
  const Heard heard = hear("echo out; echo err >&2; exit 3");
  EXPECT_EQ(heard.output, "out\n");
  EXPECT_EQ(heard.errors, "err\n");
  ASSERT_TRUE(heard.end);
  EXPECT_EQ(heard.end->exit, 3);
  EXPECT_EQ(heard.end->status(), 3);
}

TEST(Child, TellsTheSignalThatEndedIt) {
  const Heard heard = hear("kill -9 $$");
  ASSERT_TRUE(heard.end);
  EXPECT_EQ(heard.end->signal, SIGKILL);
  EXPECT_EQ(heard.end->status(), 137);
  EXPECT_FALSE(heard.end->well());
}

TEST(Child, LosesNoByteOfALotOfOutput) {
  EXPECT_EQ(hear("head -c 3000000 /dev/zero").output.size(), 3000000U);
}

TEST(Child, GetsTheEnvironmentWithItsEdits) {
  ::setenv("HOLDFAST_TEST_OLD", "old", 1);
  ::setenv("HOLDFAST_TEST_GONE", "old", 1);
  Command command;
  command.set = {{"HOLDFAST_TEST_OLD", "new"}};
  command.unset = {"HOLDFAST_TEST_GONE"};
  EXPECT_EQ(hear("echo $HOLDFAST_TEST_OLD ${HOLDFAST_TEST_GONE-none}", command).output,
            "new none\n");
}

TEST(Child, LeadsAGroupOfItsOwn) {
  EXPECT_NE(hear("ps -o pgid= -p $$").output, "");
  EXPECT_EQ(hear("[ $(ps -o pgid= -p $$) = $$ ] && echo yes").output, "yes\n");
}

TEST(Child, ReadsNothingFromStdinUnlessAsked) { EXPECT_EQ(hear("cat; echo end").output, "end\n"); }

TEST(Child, HasDefaultSignalsWhateverOursAre) {
  const auto before = std::signal(SIGTERM, SIG_IGN);
  const Heard heard = hear("kill -TERM $$; echo survived");
  (void)std::signal(SIGTERM, before);
  EXPECT_EQ(heard.output, "");
  EXPECT_EQ(heard.end->signal, SIGTERM);
}

TEST(Child, EndsAlthoughAGrandchildKeepsThePipe) {
  const auto start = std::chrono::steady_clock::now();
  const Heard heard = hear("sleep 8 & exit 0");
  ASSERT_TRUE(heard.end);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 6s);
}

TEST(Child, OfACommandThatIsNotThereIsAFailure) {
  boost::asio::io_context io;
  const auto child = Child::start(io, {{"/no/such/program"}, {}, {}, false}, {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().kind, FailureKind::not_found);
}

TEST(Child, CanBeEndedByASignalToItsGroup) {
  boost::asio::io_context io;
  std::optional<End> end;
  Child::Ears ears;
  std::unique_ptr<Child> running;
  ears.output = [&](std::string_view) { running->signal_group(SIGKILL); };
  ears.ended = [&](End how) { end = how; };
  auto child =
      Child::start(io, {{"sh", "-c", "sleep 60 & echo up; wait"}, {}, {}, false}, std::move(ears));
  ASSERT_TRUE(child);
  running = std::move(*child);
  io.run_for(10s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->signal, SIGKILL);
}

}  // namespace
}  // namespace holdfast::process
