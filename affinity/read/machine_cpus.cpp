// SPDX-License-Identifier: Apache-2.0
// The CPU side of this machine by libhwloc. It is asked for CPUs, caches and NUMA nodes only: its
// I/O discovery reads PCI configuration space (milliseconds a function in a VM) and starts GPU
// runtimes. PUs outside this process's cgroup are kept: the topology is the node's, what may be
// used of it is the grant's business, and a map cached by one step serves the next.
//
// Environment: a site or user may have HWLOC_XMLFILE, HWLOC_FSROOT and the like set for other
// programs; "this machine" must be this machine all the same, so they are out of sight while hwloc
// loads, and the root a test lends is put in. hwloc has no other way to set these.
#include "holdfast/common/text.hpp"
#include "machine_parts.hpp"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include <hwloc.h>

namespace holdfast::affinity {

namespace {

/// Puts the given value (none: no variable) into the environment and the old one back at the end.
class EnvironmentFor {
 public:
  EnvironmentFor(const char* name, const std::optional<std::string>& value) : name_(name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the header tells callers
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  EnvironmentFor(const EnvironmentFor&) = delete;
  EnvironmentFor& operator=(const EnvironmentFor&) = delete;
  ~EnvironmentFor() { set(old_); }

 private:
  void set(const std::optional<std::string>& value) {
    if (value)
      setenv(name_, value->c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    else
      unsetenv(name_);  // NOLINT(concurrency-mt-unsafe)
  }

  const char* name_;
  std::optional<std::string> old_;
};

/// Everything that can make hwloc describe something else than the kernel below `root`.
class OnlyThisMachine {
 public:
  explicit OnlyThisMachine(const std::filesystem::path& root)
      : fsroot_("HWLOC_FSROOT", root == "/" ? std::nullopt : std::optional(root.string())) {}

 private:
  EnvironmentFor xmlfile_{"HWLOC_XMLFILE", std::nullopt};
  EnvironmentFor synthetic_{"HWLOC_SYNTHETIC", std::nullopt};
  EnvironmentFor cpuid_{"HWLOC_CPUID_PATH", std::nullopt};
  EnvironmentFor components_{"HWLOC_COMPONENTS", std::nullopt};
  EnvironmentFor thissystem_{"HWLOC_THISSYSTEM", std::nullopt};
  EnvironmentFor fsroot_;
};

using Handle = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

Handle load(const std::filesystem::path& root) {
  const OnlyThisMachine environment(root);
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return {nullptr, &hwloc_topology_destroy};
  Handle topology(raw, &hwloc_topology_destroy);
  hwloc_topology_set_io_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_NONE);
  for (const hwloc_obj_type_t type : {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_MISC})
    hwloc_topology_set_type_filter(raw, type, HWLOC_TYPE_FILTER_KEEP_NONE);
  hwloc_topology_set_icache_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_NONE);
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  // The x86 component runs cpuid on every PU in turn, disturbing whoever computes there, to add
  // what the kernel has said already.
  hwloc_topology_set_components(raw, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
  if (hwloc_topology_load(raw) != 0) return {nullptr, &hwloc_topology_destroy};
  return topology;
}

CpuSet to_set(hwloc_const_bitmap_t bitmap) {
  CpuSet set;
  for (int pu = hwloc_bitmap_first(bitmap); pu >= 0; pu = hwloc_bitmap_next(bitmap, pu))
    if (static_cast<unsigned>(pu) < CpuSet::limit)
      set.insert(static_cast<unsigned>(pu));
    else
      break;
  return set;
}

/// Calls `take` for each object of a type, in hwloc's logical order.
template <class Take>
void each(hwloc_topology_t topology, hwloc_obj_type_t type, Take take) {
  for (hwloc_obj_t object = hwloc_get_next_obj_by_type(topology, type, nullptr); object != nullptr;
       object = hwloc_get_next_obj_by_type(topology, type, object))
    take(*object);
}

}  // namespace

Result<CpuParts> read_cpus(const Sysfs& sysfs) {
  const Handle topology = load(sysfs.root());
  if (!topology)
    return Failure{FailureKind::unsupported,
                   "libhwloc cannot read this machine's CPUs",
                   "run hwloc's lstopo to see why",
                   errno_code(errno)};
  CpuParts parts;
  each(topology.get(), HWLOC_OBJ_PACKAGE, [&](const hwloc_obj& object) {
    const char* model = hwloc_obj_get_info_by_name(const_cast<hwloc_obj_t>(&object), "CPUModel");
    parts.packages.push_back({object.os_index,
                              to_set(object.cpuset),
                              std::string(trim(model == nullptr ? "" : model)),
                              false});
  });
  each(topology.get(), HWLOC_OBJ_NUMANODE, [&](const hwloc_obj& object) {
    // Memory of a GPU that the kernel shows as a node (Grace-Hopper, POWER9): hwloc leaves it out
    // or, from 2.11 on, marks it.
    const bool gpu_memory =
        object.subtype != nullptr && std::string_view(object.subtype) == "GPUMemory";
    parts.nodes.push_back({NumaNode{object.os_index},
                           to_set(object.cpuset),
                           object.attr->numanode.local_memory,
                           gpu_memory,
                           std::nullopt});
  });
  each(topology.get(), HWLOC_OBJ_L3CACHE, [&](const hwloc_obj& object) {
    parts.l3.push_back(to_set(object.cpuset));
  });
  CpuSet in_cores;
  each(topology.get(), HWLOC_OBJ_CORE, [&](const hwloc_obj& object) {
    parts.cores.push_back(to_set(object.cpuset));
    in_cores |= parts.cores.back();
  });
  each(topology.get(), HWLOC_OBJ_PU, [&](const hwloc_obj& object) {
    if (!in_cores.contains(object.os_index)) parts.cores.push_back(CpuSet{object.os_index});
  });
  return parts;
}

}  // namespace holdfast::affinity
