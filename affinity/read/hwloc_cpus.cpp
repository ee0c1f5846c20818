// SPDX-License-Identifier: Apache-2.0
// The CPU side of hwloc's XML: packages, NUMA nodes, L3 caches, cores and PUs, wherever they stand
// in the tree (version 1 has NUMA nodes among the parents of cores, version 2 beside them).
#include "holdfast/common/text.hpp"
#include "hwloc_xml.hpp"

#include <algorithm>

namespace holdfast::affinity {

namespace {

Failure missing(std::string_view type, std::string_view attribute) {
  return {FailureKind::unreadable,
          cat("a ", type, " has no usable ", attribute),
          "record the machine again",
          {}};
}

/// Walks the tree once. A failure stops it; the first one counts.
class CpuWalk {
 public:
  Result<CpuParts> walk(const XmlElement& machine) {
    if (auto failure = usable(machine)) return *failure;
    if (auto failure = visit(machine, std::nullopt)) return *failure;
    mark_gpu_memory();
    return std::move(parts_);
  }

 private:
  using Package = std::optional<std::size_t>;

  /// What may be used: the machine's own sets, each where the recorder gave it. A recording of a
  /// whole node made in a cgroup has allowed < cpuset; hwloc 1 also tells online PUs.
  std::optional<Failure> usable(const XmlElement& machine) {
    for (const std::string_view attribute : {"cpuset", "online_cpuset", "allowed_cpuset"}) {
      if (machine.find(attribute) == nullptr) continue;
      const auto set = hwloc_mask(machine, attribute);
      if (!set) return set.error();
      parts_.usable = parts_.usable ? *parts_.usable & *set : *set;
    }
    if (machine.find("allowed_nodeset") != nullptr) {
      const auto nodes = hwloc_mask(machine, "allowed_nodeset");
      if (!nodes) return nodes.error();
      allowed_nodes_ = *nodes;
    }
    return std::nullopt;
  }

  std::optional<Failure> visit(const XmlElement& object, Package package) {
    const HwlocType type = hwloc_type(object);
    if (is_io(type)) {
      if (package) parts_.packages[*package].holds_devices = true;
      note_nvidia(object);
      return std::nullopt;
    }
    std::optional<Failure> failure;
    switch (type) {
      case HwlocType::package:
        failure = add_package(object);
        if (!failure) package = parts_.packages.size() - 1;
        break;
      case HwlocType::numa_node:
        failure = add_node(object, package);
        break;
      case HwlocType::l3:
        failure = add_cache(object);
        break;
      case HwlocType::core:
      case HwlocType::pu:  // outside a core: a machine recorded without cores, each PU is one
        return add_core(object);
      default:
        break;
    }
    if (failure) return failure;
    for (const XmlElement& child : object.children)
      if (child.name == "object")
        if ((failure = visit(child, package))) return failure;
    return std::nullopt;
  }

  std::optional<Failure> add_package(const XmlElement& object) {
    const auto pus = hwloc_mask(object, "cpuset");
    if (!pus) return pus.error();
    const auto os_index = parse_number<unsigned>(object["os_index"]);
    parts_.packages.push_back({os_index.value_or(static_cast<unsigned>(parts_.packages.size())),
                               *pus,
                               std::string(trim(hwloc_info(object, "CPUModel"))),
                               false});
    return std::nullopt;
  }

  std::optional<Failure> add_node(const XmlElement& object, Package package) {
    const auto os_index = parse_number<unsigned>(object["os_index"]);
    if (!os_index || *os_index >= max_numa_nodes) return missing("NUMANode", "os_index");
    if (parts_.nodes.size() >= max_numa_nodes)
      return Failure{FailureKind::unreadable,
                     cat("there are more than ", max_numa_nodes, " NUMA nodes"),
                     "record the machine again",
                     {}};
    if (allowed_nodes_ && !allowed_nodes_->contains(*os_index)) return std::nullopt;
    const auto pus = hwloc_mask(object, "cpuset");
    if (!pus) return pus.error();
    const bool typed = object.find("subtype") != nullptr || !hwloc_info(object, "Type").empty();
    if (!typed) untyped_.insert(*os_index);
    parts_.nodes.push_back({NumaNode{*os_index},
                            *pus,
                            parse_number<std::uint64_t>(object["local_memory"]).value_or(0),
                            object["subtype"] == "GPUMemory",
                            package});
    return std::nullopt;
  }

  std::optional<Failure> add_cache(const XmlElement& object) {
    auto pus = hwloc_mask(object, "cpuset");
    if (!pus) return pus.error();
    parts_.l3.push_back(std::move(*pus));
    return std::nullopt;
  }

  std::optional<Failure> add_core(const XmlElement& object) {
    CpuSet pus;
    if (auto failure = add_pus(object, pus)) return failure;
    if (!pus.empty()) parts_.cores.push_back(std::move(pus));
    return std::nullopt;
  }

  std::optional<Failure> add_pus(const XmlElement& object, CpuSet& pus) {
    if (hwloc_type(object) == HwlocType::pu) {
      const auto os_index = parse_number<unsigned>(object["os_index"]);
      if (!os_index || *os_index >= CpuSet::limit) return missing("PU", "os_index");
      pus.insert(*os_index);
    }
    for (const XmlElement& child : object.children) {
      if (child.name != "object") continue;
      if (is_io(hwloc_type(child)))
        note_nvidia(child);
      else if (auto failure = add_pus(child, pus))
        return failure;
    }
    return std::nullopt;
  }

  void note_nvidia(const XmlElement& object) {
    if (object["pci_type"].find("[10de:") != std::string_view::npos) nvidia_ = true;
    if (nvidia_) return;
    for (const XmlElement& child : object.children)
      note_nvidia(child);
  }

  /// GPU memory that no recorder has marked: POWER9 numbers the memory of its V100s downwards from
  /// node 255, far above the nodes of the sockets.
  void mark_gpu_memory() {
    if (!nvidia_ || parts_.nodes.size() > 128) return;
    for (CpuParts::NodePart& node : parts_.nodes)
      if (untyped_.contains(node.id.value) && node.id.value >= 240 && node.id.value <= 255)
        node.gpu_memory = true;
  }

  CpuParts parts_;
  std::optional<CpuSet> allowed_nodes_;
  CpuSet untyped_;  ///< nodes of which the recorder did not say what memory they are
  bool nvidia_{};
};

}  // namespace

Result<CpuParts> hwloc_cpus(const XmlElement& machine) { return CpuWalk().walk(machine); }

}  // namespace holdfast::affinity
