// SPDX-License-Identifier: Apache-2.0
#include "sentinel/process_end.hpp"

#include "marked_child.hpp"
#include "sentinel/pidfd.hpp"

#include <chrono>
#include <sys/eventfd.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;
using std::chrono::milliseconds;

class ProcessEnd : public ::testing::Test {
 protected:
  std::shared_ptr<Descriptor> take(int handle) {
    EXPECT_GE(handle, 0);
    return std::make_shared<Descriptor>(context_, handle);
  }

  boost::asio::io_context context_;
};

TEST_F(ProcessEnd, IsToldOnceAndNotBefore) {
  const MarkedChild child(own_job(), 1, 0, {"sleep", "60"});
  const auto pidfd = take(open_pidfd(child.pid()));
  unsigned told = 0;
  wait_for_end(pidfd, [&] { ++told; });
  context_.run_for(milliseconds(50));
  EXPECT_EQ(told, 0U);
  ::kill(child.pid(), SIGKILL);
  context_.run_for(milliseconds(5000));  // until there is nothing more to wait for
  EXPECT_EQ(told, 1U);
}

TEST_F(ProcessEnd, OfADescriptorThatWasGivenUpIsNotTold) {
  const MarkedChild child(own_job(), 1, 0, {"true"});
  auto pidfd = take(open_pidfd(child.pid()));
  ASSERT_EQ(child.wait(), 0);
  bool told = false;
  wait_for_end(pidfd, [&] { told = true; });
  pidfd.reset();
  context_.run_for(milliseconds(1000));
  EXPECT_FALSE(told);
}

// Both are readable when the loop looks; whoever is told first empties the other, of which the loop
// still says that it is readable. A pidfd cannot be emptied, so counters stand in for two of them.
TEST_F(ProcessEnd, IsNotBelievedOfAnEventThatIsOutOfDate) {
  const auto first = take(::eventfd(1, EFD_NONBLOCK));
  const auto second = take(::eventfd(1, EFD_NONBLOCK));
  unsigned told = 0;
  eventfd_t count{};
  wait_for_end(first, [&] {
    ++told;
    ::eventfd_read(second->native_handle(), &count);
  });
  wait_for_end(second, [&] {
    ++told;
    ::eventfd_read(first->native_handle(), &count);
  });
  context_.run_for(milliseconds(50));
  EXPECT_EQ(told, 1U);
  ASSERT_EQ(::eventfd_write(first->native_handle(), 1), 0);
  ASSERT_EQ(::eventfd_write(second->native_handle(), 1), 0);
  context_.run_for(milliseconds(5000));
  EXPECT_EQ(told, 2U) << "it is still waited for";
}

}  // namespace
}  // namespace holdfast::sentinel
