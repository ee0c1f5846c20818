// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// What a plan may hand out: the grant, cut to what the node has, less what is left out.
struct Resources {
  std::vector<std::size_t> cores;         ///< indices into the topology, in compact order
  std::vector<CpuSet> pus;                ///< the usable PUs of each of `cores`
  std::vector<std::size_t> granted_gpus;  ///< indices into the topology, in the runtime's order
  std::vector<std::size_t> gpus;          ///< those of them that are not left out
  std::vector<std::string> notes;

  [[nodiscard]] std::size_t pu_count() const;
};

[[nodiscard]] Result<Resources> resources_of(const Topology& topology,
                                             const Grant& grant,
                                             const Wish& wish);

}  // namespace holdfast::affinity
