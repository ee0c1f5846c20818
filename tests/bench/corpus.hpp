// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::bench {

/// One machine to plan for.
struct Machine {
  std::string name;  ///< file name without folder, or the name of a machine of our own
  affinity::Topology topology;
};

struct Corpus {
  std::vector<Machine> machines;
  std::vector<std::string> refused;  ///< files that are no topology, with the reader's sentence
};

/// Adds our own machines (tests/machines).
void add_own_machines(Corpus& corpus);

/// A machine as the published measurement saw it. NCCL files do not say what a package is; we take
/// each of their <cpu> elements for one, the measurement took two packages with half of the NUMA
/// nodes each.
[[nodiscard]] affinity::Topology as_measured(affinity::Topology topology);

/// Adds every XML and JSON file below a folder, in the order of their names.
void add_folder(const std::filesystem::path& folder, Corpus& corpus);

}  // namespace holdfast::bench
