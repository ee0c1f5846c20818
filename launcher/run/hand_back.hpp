// SPDX-License-Identifier: Apache-2.0
// Gives the job back to Slurm: requeued, nodes ruled out, a begin in a few seconds.
#pragma once

#include "holdfast/common/result.hpp"

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace holdfast::run {

struct HandBackWish {
  std::string job;
  std::vector<std::string> exclude;  ///< besides what the job excludes already
  bool one_node{};
};

/// `told` hears of the first thing that failed. From the moment the job is held, this process may
/// be ended by Slurm at any time; SIGTERM should be ignored by then.
void hand_back(boost::asio::io_context& io,
               const HandBackWish& wish,
               std::function<void(Result<void>)> told);

}  // namespace holdfast::run
