// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace holdfast::sentinel {

/// Calls `ended` once, from the loop, when the process of this pidfd is no more. Whoever gives up
/// the descriptor before hears nothing.
void wait_for_end(const std::shared_ptr<boost::asio::posix::stream_descriptor>& pidfd,
                  std::function<void()> ended);

}  // namespace holdfast::sentinel
