// SPDX-License-Identifier: Apache-2.0
// The normal form of a topology, and the checks that let the planner trust one that came from a
// file.
#include "holdfast/affinity/topology.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace holdfast::affinity {

std::string to_text(const GpuId& id) {
  return id.partition ? cat(to_text(id.at), '/', *id.partition) : to_text(id.at);
}

Result<GpuId> parse_gpu_id(std::string_view text) {
  const auto slash = text.find('/');
  const auto at = parse_pci_address(text.substr(0, slash));
  if (!at) return at.error();
  if (slash == std::string_view::npos) return GpuId{*at, std::nullopt};
  const auto partition = parse_number<unsigned>(text.substr(slash + 1));
  if (!partition)
    return Failure{FailureKind::bad_input,
                   cat("GPU \"", text.substr(0, 60), "\" has an unreadable partition"),
                   "write it as 0000:17:00.0/2",
                   {}};
  return GpuId{*at, *partition};
}

CpuSet Topology::pus() const {
  CpuSet all;
  for (const Core& core : cores)
    all |= core.pus;
  return all;
}

void normalize(Topology& topology) {
  const auto core_key = [](const Core& core) { return std::tuple(core.package, core.pus.front()); };
  std::ranges::sort(topology.cores, {}, core_key);
  std::ranges::sort(topology.memory, {}, &MemoryNode::id);
  const auto nic_key = [](const Nic& nic) {
    return std::tuple(!nic.at, nic.at.value_or(PciAddress{}), nic.name);
  };
  std::ranges::sort(topology.nics, {}, nic_key);
  for (Nic& nic : topology.nics) {
    std::ranges::sort(nic.ports, {}, &NicPort::number);
    if (nic.ports.empty()) nic.ports.emplace_back();
  }
}

namespace {

Failure inconsistent(std::string what) {
  return {FailureKind::bad_input, std::move(what), "record the machine again", {}};
}

std::optional<Failure> check_cores(const Topology& topology) {
  CpuSet seen;
  for (const Core& core : topology.cores) {
    if (core.pus.empty()) return inconsistent("a core has no PU");
    if (core.package >= topology.packages.size())
      return inconsistent(cat("core of PU ", core.pus.front(), " has no package"));
    if (seen.intersects(core.pus))
      return inconsistent(cat("PU ", (seen & core.pus).front(), " is in two cores"));
    seen |= core.pus;
  }
  if (topology.cores.empty()) return inconsistent("there is no core");
  return std::nullopt;
}

std::optional<Failure> check_bridges(const Topology& topology) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < topology.bridges.size(); ++i) {
    const PciBridge& bridge = topology.bridges[i];
    if (!names.insert(bridge.name).second)
      return inconsistent(cat("two PCI bridges are called ", bridge.name));
    if (bridge.parent && *bridge.parent >= i)
      return inconsistent(cat("PCI bridge ", bridge.name, " stands before its parent"));
  }
  return std::nullopt;
}

std::optional<Failure> check_devices(const Topology& topology) {
  std::set<GpuId> gpus;
  for (const Gpu& gpu : topology.gpus) {
    if (!gpus.insert(gpu.id).second)
      return inconsistent(cat("GPU ", to_text(gpu.id), " is there twice"));
    if (gpu.behind && *gpu.behind >= topology.bridges.size())
      return inconsistent(cat("GPU ", to_text(gpu.id), " is behind a bridge that is not there"));
  }
  std::set<std::string_view> nics;
  for (const Nic& nic : topology.nics) {
    if (nic.name.empty()) return inconsistent("a NIC has no name");
    if (!nics.insert(nic.name).second)
      return inconsistent(cat("NIC ", nic.name, " is there twice"));
    if (nic.ports.empty()) return inconsistent(cat("NIC ", nic.name, " has no port"));
    if (nic.behind && *nic.behind >= topology.bridges.size())
      return inconsistent(cat("NIC ", nic.name, " is behind a bridge that is not there"));
  }
  return std::nullopt;
}

std::optional<Failure> check_memory(const Topology& topology) {
  std::set<NumaNode> ids;
  for (const MemoryNode& node : topology.memory) {
    if (!ids.insert(node.id).second)
      return inconsistent(cat("NUMA node ", node.id.value, " is there twice"));
    if (node.package && *node.package >= topology.packages.size())
      return inconsistent(cat("NUMA node ", node.id.value, " has no package"));
  }
  for (const Core& core : topology.cores)
    if (core.numa && !ids.contains(*core.numa))
      return inconsistent(
          cat("core of PU ", core.pus.front(), " has the unknown NUMA node ", core.numa->value));
  return std::nullopt;
}

}  // namespace

std::optional<Failure> inconsistency(const Topology& topology) {
  for (const auto check : {check_cores, check_memory, check_bridges, check_devices})
    if (auto failure = check(topology)) return failure;
  return std::nullopt;
}

}  // namespace holdfast::affinity
