// SPDX-License-Identifier: Apache-2.0
#include "sentinel/process_end.hpp"

#include <poll.h>

namespace holdfast::sentinel {

namespace {

bool is_readable(int descriptor) {
  pollfd look{descriptor, POLLIN, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & POLLIN) != 0;
}

}  // namespace

void wait_for_end(const std::shared_ptr<boost::asio::posix::stream_descriptor>& pidfd,
                  std::function<void()> ended) {
  pidfd->async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [weak = std::weak_ptr(pidfd), ended = std::move(ended)](boost::system::error_code error) {
        const auto still = weak.lock();
        if (error || !still) return;
        // The loop keeps the places of closed descriptors for new ones, and what it had still to
        // say of the old one reaches the new.
        if (!is_readable(still->native_handle())) return wait_for_end(still, ended);
        ended();
      });
}

}  // namespace holdfast::sentinel
