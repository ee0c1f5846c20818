// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>

namespace holdfast::testing {

/// A source of chance that gives the same numbers on every platform: the distributions of the
/// standard library do not.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  [[nodiscard]] unsigned up_to(unsigned most) {
    return static_cast<unsigned>(engine_() % (std::uint64_t{most} + 1));
  }
  [[nodiscard]] unsigned between(unsigned least, unsigned most) {
    return least + up_to(most - least);
  }
  [[nodiscard]] bool one_in(unsigned times) { return up_to(times - 1) == 0; }

 private:
  std::mt19937_64 engine_;
};

/// One question to the planner.
struct PlanCase {
  affinity::Topology topology;
  affinity::Grant grant;
  affinity::Wish wish;
};

/// How big a random node may get.
struct NodeLimits {
  unsigned packages{2};
  unsigned numa_per_package{2};
  unsigned l3_per_numa{2};
  unsigned cores_per_l3{2};
  unsigned threads{2};
  unsigned cores{256};  ///< of the node; what is more is left out
  unsigned gpus{4};
  unsigned nics{4};
  unsigned ranks{6};
};

/// A node with every oddity there is: packages of different sizes, PUs numbered across NUMA nodes,
/// GPUs near an L3, a NUMA node, a package, nothing known; switches, ports down, mixed fabrics; and
/// a grant that is often a part of it.
[[nodiscard]] PlanCase random_case(Chance& chance, const NodeLimits& limits);

/// The case as a person can read it, to be rebuilt by hand.
[[nodiscard]] std::string described(const PlanCase& plan_case);

/// What is wrong in a case, or nothing.
using Check = std::function<std::optional<std::string>(const PlanCase&)>;

/// Takes devices, cores, ranks and restrictions away while the check still fails, and returns the
/// description of what is left with the complaint. Empty when the check is content with
/// `plan_case`.
[[nodiscard]] std::string smallest_failure(const PlanCase& plan_case, const Check& check);

}  // namespace holdfast::testing
