// SPDX-License-Identifier: Apache-2.0
// Proving who we are and checking who they are. munged is asked on a thread of its own, the only
// one of this room's that is not for files: a stuck daemon must not hold up the beats.
#pragma once

#include "holdfast/common/result.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

namespace holdfast::sentinel {

/// Answers come later, on the io_context, in the order of the questions.
class Prover {
 public:
  using Proved = std::function<void(Result<std::string>)>;
  using Checked = std::function<void(std::optional<Failure>)>;  ///< the fault, or nothing

  virtual ~Prover() = default;
  [[nodiscard]] virtual std::string_view method() const = 0;
  virtual void prove(std::string text, Proved done) = 0;
  virtual void check(std::string text, std::string proof, Checked done) = 0;
};

/// By the token where there is one, else by munge.
[[nodiscard]] std::unique_ptr<Prover> make_prover(boost::asio::io_context& context,
                                                  const std::optional<std::string>& token);

}  // namespace holdfast::sentinel
