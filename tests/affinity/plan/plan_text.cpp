// SPDX-License-Identifier: Apache-2.0
#include "plan_text.hpp"

#include "holdfast/common/text.hpp"

#include <map>
#include <optional>

namespace holdfast::testing {

namespace {

using affinity::MemoryPolicy;
using affinity::Placement;
using affinity::Topology;

std::string gpus_text(const Placement& rank) {
  if (rank.gpus.empty()) return "no gpu:";
  std::string text = "gpu";
  for (const std::size_t gpu : rank.gpus)
    text += cat(' ', gpu);
  return text + ":";
}

std::string cores_text(const Topology& topology, const Placement& rank) {
  std::map<std::optional<NumaNode>, std::size_t> count;
  for (const std::size_t core : rank.cores)
    ++count[topology.cores[core].numa];
  std::string text;
  for (const auto& [node, cores] : count) {
    text += cat(text.empty() ? " " : ", ", cores, text.empty() ? " cores of " : " of ");
    text += node ? cat("numa ", node->value) : "the node";
  }
  return text;
}

std::string memory_text(const MemoryPolicy& memory) {
  switch (memory.kind) {
    case MemoryPolicy::Kind::unchanged:
      return "";
    case MemoryPolicy::Kind::preferred:
      return cat("; memory ", to_list(memory.nodes));
    case MemoryPolicy::Kind::preferred_many:
      return cat("; memory many ", to_list(memory.nodes));
  }
  return "";
}

}  // namespace

std::string plan_text(const Topology& topology, const affinity::Plan& plan) {
  std::string text;
  for (const Placement& rank : plan.ranks) {
    text += gpus_text(rank) + cores_text(topology, rank);
    for (const std::size_t nic : rank.nics)
      text += cat("; ", topology.nics[nic].name);
    text += memory_text(rank.memory) + "\n";
  }
  return text;
}

std::string rails_text(const Topology& topology, const affinity::Plan& plan) {
  std::string text;
  for (const std::size_t rail : plan.rails)
    text += cat(text.empty() ? "" : " ", topology.nics[rail].name);
  return text;
}

}  // namespace holdfast::testing
