// SPDX-License-Identifier: Apache-2.0
// Distances between cores, GPUs and NICs. The PCI classes are NCCL's. NCCL counts a PCIe switch
// once although it is two bridges in the PCI tree (an upstream port and a downstream port per
// device), and recordings keep one, both or neither of them; so switches are counted here by shape:
// a bridge with several children is a switch, and a chain of two or more bridges without branches
// crosses one.
#include "holdfast/affinity/distance.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::affinity {

unsigned half_distance(const Topology& topology, const Core& core, const Locality& near) {
  if (!near.pus.empty()) {
    if (near.pus.includes(core.pus)) return 0;
    if (near.numa && core.numa == near.numa) return 1;
  }
  const auto package = package_of(topology, near);
  if (!package) return near.pus.empty() ? 0 : 2;
  return *package == core.package ? 2 : 4;
}

std::optional<unsigned> package_of(const Topology& topology, const Locality& near) {
  if (near.pus.empty()) {
    // A cgroup's view may hold none of the CPUs near a device and still know its NUMA node.
    for (const MemoryNode& node : topology.memory)
      if (near.numa == node.id) return node.package;
    return std::nullopt;
  }
  for (unsigned i = 0; i < topology.packages.size(); ++i)
    if (topology.packages[i].pus.includes(near.pus)) return i;
  return std::nullopt;
}

namespace {

/// Bridges from the device up to its host bridge, nearest first.
std::vector<std::size_t> way_up(const Topology& topology, std::optional<std::size_t> behind) {
  std::vector<std::size_t> way;
  for (auto at = behind; at; at = topology.bridges[*at].parent)
    way.push_back(*at);
  return way;
}

std::size_t children_of(const Topology& topology, std::size_t bridge) {
  const auto is_child = [bridge](const auto& thing) { return thing.behind == bridge; };
  const auto below =
      std::ranges::count_if(topology.bridges,
                            [bridge](const PciBridge& b) { return b.parent == bridge; }) +
      std::ranges::count_if(topology.gpus, is_child) +
      std::ranges::count_if(topology.nics, is_child);
  return static_cast<std::size_t>(below);
}

/// Whether a further switch lies on the way from the device to the bridge at `stop`.
bool crosses_switch(const Topology& topology,
                    const std::vector<std::size_t>& way,
                    std::size_t stop) {
  const auto bridges = static_cast<std::size_t>(std::ranges::find(way, stop) - way.begin());
  if (bridges >= 2) return true;
  return bridges == 1 && children_of(topology, way.front()) >= 2;
}

bool same_numa(const Locality& a, const Locality& b) {
  if (a.numa && b.numa) return a.numa == b.numa;
  if (a.pus.empty() || b.pus.empty()) return true;  // unknown is near everything
  return a.pus.intersects(b.pus);
}

}  // namespace

PciPath path_between(const Topology& topology, const Gpu& gpu, const Nic& nic) {
  if (nic.at == gpu.id.at) return PciPath::same;
  const auto from_gpu = way_up(topology, gpu.behind);
  const auto from_nic = way_up(topology, nic.behind);
  const auto meeting = std::ranges::find_if(from_gpu, [&](std::size_t bridge) {
    return std::ranges::find(from_nic, bridge) != from_nic.end();
  });
  if (meeting == from_gpu.end())
    return same_numa(gpu.near, nic.near) ? PciPath::node : PciPath::sys;
  if (!topology.bridges[*meeting].parent) return PciPath::phb;
  const bool several =
      crosses_switch(topology, from_gpu, *meeting) || crosses_switch(topology, from_nic, *meeting);
  return several ? PciPath::pxb : PciPath::pix;
}

std::string_view to_text(PciPath path) {
  switch (path) {
    case PciPath::same:
      return "SAME";
    case PciPath::pix:
      return "PIX";
    case PciPath::pxb:
      return "PXB";
    case PciPath::phb:
      return "PHB";
    case PciPath::node:
      return "NODE";
    case PciPath::sys:
      return "SYS";
  }
  return "?";
}

unsigned path_weight(const Topology& topology, const Gpu& gpu, const Nic& nic) {
  switch (path_between(topology, gpu, nic)) {
    case PciPath::same:
      return 0;
    case PciPath::pix:
      return 1;
    case PciPath::pxb:
      return 2;
    case PciPath::phb:
      return 3;
    case PciPath::node:
      return 4;
    case PciPath::sys:
      break;
  }
  const auto gpu_package = package_of(topology, gpu.near);
  return gpu_package && gpu_package == package_of(topology, nic.near) ? 6 : 8;
}

}  // namespace holdfast::affinity
