// SPDX-License-Identifier: Apache-2.0
// The guard, with a real child and real ranks.
#include "sentinel/guard.hpp"

#include "marked_child.hpp"
#include "sentinel/boot_clock.hpp"
#include "sentinel/ranks.hpp"

#include <array>
#include <sys/socket.h>
#include <thread>

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

using std::chrono::milliseconds;

/// A guard in a process of its own over a child that does as it is told by the test.
class Guarded : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line_.data()), 0);
    ASSERT_EQ(::pipe(orders_.data()), 0);
    job_ = own_job();
    guard_ = ::fork();
    if (guard_ == 0) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::close(orders_[1]);
        ::close(line_[0]);
        char order = 9;  // the exit code; nothing said is the test's end
        (void)!::read(orders_[0], &order, 1);
        ::_exit(order);
      }
      ::close(orders_[0]);
      ::close(orders_[1]);
      ::close(line_[1]);
      ::_exit(guard_child(child, line_[0], job_));
    }
    ::close(orders_[0]);
    ::close(line_[0]);
    leash_ = std::make_unique<GuardLine>(line_[1]);
  }

  void TearDown() override {
    leash_.reset();
    if (orders_[1] >= 0) ::close(orders_[1]);
    if (guard_ > 0) (void)status_of_guard();
  }

  void end_child(char code) {
    leash_.reset();  // the test holds the child's end of the line too
    ASSERT_EQ(::write(orders_[1], &code, 1), 1);
  }

  int status_of_guard() {
    int status = 0;
    ::waitpid(guard_, &status, 0);
    guard_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::array<int, 2> line_{};
  std::array<int, 2> orders_{};
  std::string job_;
  pid_t guard_{};
  std::unique_ptr<GuardLine> leash_;
};

TEST_F(Guarded, WithoutALeaseNoRankLives) {
  const MarkedChild rank(job_, 1, 0, {"sleep", "60"});
  EXPECT_EQ(rank.wait(), 128 + SIGKILL);
}

TEST_F(Guarded, RanksLiveAsLongAsTheLeaseAndNoLonger) {
  const auto begin = read_boot_clock();
  leash_->hold_until(begin + milliseconds(300));
  const MarkedChild rank(job_, 1, 0, {"sleep", "60"});
  ProcessTable table(job_);
  ASSERT_TRUE(rank.wait_for([&] { return table.read_all().size() == 1; }));
  EXPECT_EQ(rank.wait(), 128 + SIGKILL);
  const auto lived = read_boot_clock() - begin;
  EXPECT_GE(lived, milliseconds(299));
  EXPECT_LT(lived, milliseconds(2000));
  unsigned killed = 0;
  EXPECT_TRUE(rank.wait_for([&] { return (killed += leash_->killed()) == 1; }));
}

TEST_F(Guarded, ALeaseThatIsRenewedGoesOn) {
  leash_->hold_until(read_boot_clock() + milliseconds(400));
  const MarkedChild rank(job_, 1, 0, {"sleep", "60"});
  ProcessTable table(job_);
  for (int count = 0; count < 10; ++count) {
    leash_->hold_until(read_boot_clock() + milliseconds(400));
    std::this_thread::sleep_for(milliseconds(60));
  }
  EXPECT_EQ(kill_processes(table, 1, 0), 1U);
}

TEST_F(Guarded, RanksDieWithTheirSentinel) {
  leash_->hold_until(read_boot_clock() + milliseconds(60000));
  const MarkedChild rank(job_, 1, 0, {"sleep", "60"});
  ProcessTable table(job_);
  ASSERT_TRUE(rank.wait_for([&] { return table.read_all().size() == 1; }));
  end_child(3);
  EXPECT_EQ(rank.wait(), 128 + SIGKILL);
  EXPECT_EQ(status_of_guard(), 3);
}

TEST_F(Guarded, AfterAGoodbyeRanksAreLeftAlone) {
  leash_->hold_until(read_boot_clock() + milliseconds(60000));
  const MarkedChild rank(job_, 1, 0, {"sleep", "60"});
  ProcessTable table(job_);
  ASSERT_TRUE(rank.wait_for([&] { return table.read_all().size() == 1; }));
  end_child(0);
  EXPECT_EQ(status_of_guard(), 0);
  EXPECT_EQ(kill_processes(table, 1, 0), 1U);
}

}  // namespace
}  // namespace holdfast::sentinel
