// SPDX-License-Identifier: Apache-2.0
// One thread that does what may block on a file system, in order. The event loop must go on
// acknowledging sentinels while a shared file system stalls for a minute: otherwise a job that is
// well would be fenced for it.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace holdfast::run {

class Worker {
 public:
  explicit Worker(boost::asio::io_context& loop) : loop_(loop) {}

  /// `work` runs on the thread, `then` with its result in the event loop.
  template <class Work, class Then>
  void hand(Work work, Then then) {
    boost::asio::post(thread_, [this, work = std::move(work), then = std::move(then)]() mutable {
      auto result = work();
      boost::asio::post(loop_, [then = std::move(then), result = std::move(result)]() mutable {
        then(std::move(result));
      });
    });
  }
  void hand(std::function<void()> work) { boost::asio::post(thread_, std::move(work)); }

  /// Waits until all that was handed over is done.
  void finish() { thread_.join(); }

 private:
  boost::asio::io_context& loop_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace holdfast::run
