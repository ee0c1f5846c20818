// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"
#include "holdfast/affinity/topology.hpp"

#include <string>

namespace holdfast::cli {

/// The node as text for a terminal: a tree of packages, NUMA nodes, cores, GPUs and NICs, then the
/// paths between GPUs and NICs, then what must not be overlooked.
[[nodiscard]] std::string draw_tree(const affinity::Topology& topology, const Looks& looks);

/// The paths alone, a row a GPU and a column a NIC; where the columns do not fit, the nearest NICs
/// of each GPU and how many lie farther. Empty without GPU or NIC.
[[nodiscard]] std::string draw_paths(const affinity::Topology& topology, const Looks& looks);

}  // namespace holdfast::cli
