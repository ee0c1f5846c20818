// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/ckpt/deep.hpp"
#include "cli/voice.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace holdfast::cli {

/// "[######----]  61%  7.3 of 12.0 GiB  3.4 GiB/s  1s left", at most so many columns wide.
[[nodiscard]] std::string progress_bar(const DeepState& state,
                                       std::chrono::nanoseconds elapsed,
                                       unsigned columns);

/// How far a deep look has come: a bar that is drawn over itself where standard error is a
/// terminal, a sentence now and then where it is not. While it is there, ^C and TERM wait for the
/// next tell(), which takes the bar away and says that nothing was lost before the process ends.
class Progress {
 public:
  explicit Progress(Voice& voice);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void tell(const DeepState& state);

  /// Takes the bar away; answers how fast it went, for the closing sentence.
  [[nodiscard]] std::string finish();

 private:
  void end_if_told();

  Voice& voice_;
  std::vector<int> waiting_;  ///< signals that wait
  bool terminal_;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point told_;
  DeepState last_;
};

}  // namespace holdfast::cli
