// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// Which NIC serves which GPU.
struct NicDeal {
  std::vector<std::size_t> of_gpu;  ///< for each of `gpus`, an index into the topology; empty
                                    ///< without NICs
  std::vector<std::size_t> rails;   ///< see Plan::rails
};

/// No NIC serves more than ceil(G/N) GPUs, and under that bound the paths weigh least. Ties go to
/// the faster port, then to the NIC whose place among the NICs is that of the GPU among the GPUs,
/// both in PCI order: a rule that gives the same answer on every node of a kind. Indices point into
/// the topology; `notes` receives what is no rail.
[[nodiscard]] NicDeal deal_nics(const Topology& topology,
                                const std::vector<std::size_t>& gpus,
                                const std::vector<std::size_t>& nics,
                                std::vector<std::string>& notes);

/// The same for ranks without GPUs, by the cores they have: `cores` of each rank, at most ceil(R/N)
/// ranks a NIC. One index into the topology for each rank; empty without NICs.
[[nodiscard]] std::vector<std::size_t> deal_nics_to_ranks(
    const Topology& topology,
    const std::vector<std::vector<std::size_t>>& cores,
    const std::vector<std::size_t>& nics);

}  // namespace holdfast::affinity
