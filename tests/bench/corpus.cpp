// SPDX-License-Identifier: Apache-2.0
#include "corpus.hpp"

#include "holdfast/affinity/read.hpp"
#include "support/machines.hpp"

#include <algorithm>

namespace holdfast::bench {

void add_own_machines(Corpus& corpus) {
  for (const std::string& name : testing::machine_names())
    corpus.machines.push_back({name, testing::machine(name)});
}

affinity::Topology as_measured(affinity::Topology topology) {
  if (topology.origin.find("NCCL") == std::string::npos || topology.packages.size() <= 2)
    return topology;
  const std::size_t half = topology.packages.size() / 2;
  std::vector<affinity::Package> packages(2);
  packages[1].os_index = 1;
  for (std::size_t i = 0; i < topology.packages.size(); ++i)
    packages[i < half ? 0 : 1].pus |= topology.packages[i].pus;
  for (affinity::Core& core : topology.cores)
    core.package = core.package < half ? 0 : 1;
  for (affinity::MemoryNode& node : topology.memory)
    if (node.package) node.package = *node.package < half ? 0 : 1;
  topology.packages = std::move(packages);
  return topology;
}

void add_folder(const std::filesystem::path& folder, Corpus& corpus) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".xml" || extension == ".json"))
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const auto& file : files) {
    auto topology = affinity::read_topology_file(file);
    if (topology)
      corpus.machines.push_back({file.filename().string(), as_measured(std::move(*topology))});
    else
      corpus.refused.push_back(topology.error().sentence());
  }
}

}  // namespace holdfast::bench
