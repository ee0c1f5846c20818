// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "corpus.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace holdfast::bench {

/// A few CPU times in microseconds.
struct Times {
  double min{};
  double median{};
  double p99{};
  double max{};
};

/// What planning for one machine came to.
struct MachineResult {
  std::string name;
  std::size_t cores{};
  std::size_t pus{};
  std::size_t gpus{};
  std::size_t maps{};                   ///< plans made, all modes and grants
  std::vector<std::string> violations;  ///< sentences; none is the bar
  // Over R = 1..2G with everything granted, binding cost:
  double full{};
  double local{};
  double better{};  ///< of the better mode of each R
  double equal{};   ///< the same where shares may also be equal with cores left idle
  // With as many ranks as GPUs:
  double better_at_gpus{};
  double nic_weight{};
  double nic_overload{};
  Times times;  ///< of one plan, R = 1..4G with everything granted
};

/// Plans for R = 1..4G (without GPUs for 1..2·cores, at most 64) in both modes, and for random
/// parts of the node. Every plan is judged; those with everything granted are timed, the best of
/// three.
[[nodiscard]] MachineResult measure(const Machine& machine, unsigned random_grants);

[[nodiscard]] Times times_of(std::vector<double> microseconds);

}  // namespace holdfast::bench
