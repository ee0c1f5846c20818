// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/ckpt/deep.hpp"
#include "cli/voice.hpp"

#include <chrono>
#include <string>

namespace holdfast::cli {

/// "[######----]  61%  7.3 of 12.0 GiB  3.4 GiB/s  1s left", at most so many columns wide.
[[nodiscard]] std::string progress_bar(const DeepState& state,
                                       std::chrono::nanoseconds elapsed,
                                       unsigned columns);

/// How far a deep look has come: a bar that is drawn over itself where standard error is a
/// terminal, a sentence now and then where it is not.
class Progress {
 public:
  explicit Progress(Voice& voice);

  void tell(const DeepState& state);

  /// Takes the bar away; answers how fast it went, for the closing sentence.
  [[nodiscard]] std::string finish();

 private:
  Voice& voice_;
  bool terminal_;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point told_;
  DeepState last_;
};

}  // namespace holdfast::cli
