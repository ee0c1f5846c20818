// SPDX-License-Identifier: Apache-2.0
// Gives the job back to Slurm: requeued, nodes ruled out, a begin in a few seconds; or submitted
// again as a new job. Called once by the supervisor, when nothing else is left to do.
#pragma once

#include "holdfast/common/result.hpp"

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace holdfast::run {

struct HandBackWish {
  std::string job;
  std::vector<std::string> exclude{};  ///< besides what the job excludes already
  bool one_node{};                     ///< the requeued script has only to say how it ended
  bool submit_again{};                 ///< instead of a requeue, where that can be done
  bool no_script{};                    ///< the batch host is gone: nobody ends the job but we
  unsigned nodes{};                    ///< of the allocation, when it was whole
  std::string state{};                 ///< the state directory, which goes on
};

/// `told` hears a sentence for the user (empty: nothing out of the ordinary), or that the job could
/// not be given back at all. From the moment it is requeued, this process may be ended by Slurm at
/// any time; SIGTERM is ignored from the start.
void hand_back(boost::asio::io_context& io,
               const HandBackWish& wish,
               std::function<void(Result<std::string>)> told);

}  // namespace holdfast::run
