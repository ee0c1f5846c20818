// SPDX-License-Identifier: Apache-2.0
// Runs a short command and gives its answer, or the failure that there was none in time.
#pragma once

#include "holdfast/process/child.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::process {

struct Answer {
  End end;
  std::string output;  ///< at most max_answer bytes of it
  std::string errors;
};

inline constexpr std::size_t max_answer = std::size_t{8} * 1024 * 1024;

/// `told` is called once, from the io_context: with the answer, however the command ended, or with
/// a Failure when it could not be started or the deadline passed; then its whole group is killed.
void ask(boost::asio::io_context& io,
         const Command& command,
         std::chrono::milliseconds deadline,
         std::function<void(Result<Answer>)> told);

/// The same with a loop of its own, for who has nothing else to do meanwhile.
[[nodiscard]] Result<Answer> ask_and_wait(const Command& command,
                                          std::chrono::milliseconds deadline);

}  // namespace holdfast::process
