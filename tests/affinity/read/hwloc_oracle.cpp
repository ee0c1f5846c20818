// SPDX-License-Identifier: Apache-2.0
#include "hwloc_oracle.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <set>

#include <hwloc.h>

namespace holdfast::testing {

std::ostream& operator<<(std::ostream& out, const CpuShape& shape) {
  return out << shape.packages << " packages, " << shape.nodes << " NUMA nodes, " << shape.cores
             << " cores, " << shape.pus << " PUs";
}

CpuShape shape_of(const affinity::Topology& topology) {
  return {topology.packages.size(),
          static_cast<std::size_t>(std::ranges::count_if(
              topology.memory, [](const affinity::MemoryNode& node) { return !node.pus.empty(); })),
          topology.cores.size(),
          topology.pus().size()};
}

std::optional<CpuShape> shape_by_hwloc(const std::string& xml) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return std::nullopt;
  const std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)> topology(
      raw, &hwloc_topology_destroy);
  // with I/O, so that packages that only hold devices are not filtered
  hwloc_topology_set_io_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_ALL);
  if (hwloc_topology_set_xmlbuffer(raw, xml.c_str(), static_cast<int>(xml.size() + 1)) != 0 ||
      hwloc_topology_load(raw) != 0)
    return std::nullopt;
  const auto count = [raw](hwloc_obj_type_t type) {
    return static_cast<std::size_t>(std::max(0, hwloc_get_nbobjs_by_type(raw, type)));
  };
  std::set<std::string> sets;
  for (hwloc_obj_t node = hwloc_get_next_obj_by_type(raw, HWLOC_OBJ_NUMANODE, nullptr);
       node != nullptr;
       node = hwloc_get_next_obj_by_type(raw, HWLOC_OBJ_NUMANODE, node)) {
    char* text = nullptr;
    if (hwloc_bitmap_iszero(node->cpuset) != 0) continue;
    if (hwloc_bitmap_asprintf(&text, node->cpuset) < 0) return std::nullopt;
    sets.insert(text);
    std::free(text);  // NOLINT: hwloc's interface
  }
  return CpuShape{
      count(HWLOC_OBJ_PACKAGE), sets.size(), count(HWLOC_OBJ_CORE), count(HWLOC_OBJ_PU)};
}

}  // namespace holdfast::testing
