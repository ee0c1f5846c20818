// SPDX-License-Identifier: Apache-2.0
// Which GPUs a rank's runtime sees. A mask by environment keeps CUDA IPC and NCCL's P2P working, a
// per-task device cgroup does not; so everything here is environment. Slurm (or an outer launcher)
// may already have left a list whose entries are indices, UUIDs or MIG names, counted from the
// job's own devices: entry k is the k-th granted GPU, and only those entries are used.
#include "visibility.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast::affinity {

namespace {

struct Runtime {
  Vendor vendor;
  const char* variable;  ///< one per vendor: two masks for one runtime would be applied on top of
                         ///< each other
  const char* receiver;
};
constexpr std::array runtimes{Runtime{Vendor::nvidia, "CUDA_VISIBLE_DEVICES", "CUDA"},
                              Runtime{Vendor::amd, "ROCR_VISIBLE_DEVICES", "ROCm"},
                              Runtime{Vendor::intel, "ZE_AFFINITY_MASK", "Level Zero"}};

const Runtime* runtime_of(const Topology& topology, const Plan& plan) {
  if (plan.granted_gpus.empty()) return nullptr;
  const Vendor vendor = topology.gpus[plan.granted_gpus.front()].vendor;
  const auto other = [&](std::size_t gpu) { return topology.gpus[gpu].vendor != vendor; };
  if (std::ranges::any_of(plan.granted_gpus, other))
    return nullptr;  // mixed vendors: no order of one is the order of all
  const auto found = std::ranges::find(runtimes, vendor, &Runtime::vendor);
  return found == runtimes.end() ? nullptr : &*found;
}

/// What the runtime calls each granted GPU, in granted order; nothing when that cannot be known.
std::optional<std::vector<std::string>> names_of_granted(const Topology& topology,
                                                         const Plan& plan,
                                                         const Runtime& runtime,
                                                         const Environment& present) {
  std::vector<std::string> names;
  if (const auto list = present.find(runtime.variable); list != present.end()) {
    for (const auto entry : split(list->second, ','))
      names.emplace_back(trim(entry));
    if (names.size() != plan.granted_gpus.size()) return std::nullopt;
    return names;
  }
  for (const std::size_t gpu : plan.granted_gpus) {
    const auto same_vendor = [&](const Gpu& other) { return other.vendor == runtime.vendor; };
    const auto before =
        std::ranges::count_if(topology.gpus.begin(),
                              topology.gpus.begin() + static_cast<std::ptrdiff_t>(gpu),
                              same_vendor);
    const bool mig = topology.gpus[gpu].id.partition && topology.gpus[gpu].uuid.starts_with("MIG-");
    names.push_back(mig ? topology.gpus[gpu].uuid : cat(before));
  }
  return names;
}

/// The GPUs this rank should see, in order.
std::vector<std::size_t> seen(const Plan& plan, const Placement& place, Visible visible) {
  if (visible == Visible::all || place.gpus.empty()) return plan.gpus;
  std::vector<std::size_t> order = place.gpus;
  if (visible == Visible::only) return order;
  const auto mine = std::ranges::find(plan.gpus, place.gpus.back());
  const auto start = mine == plan.gpus.end() ? plan.gpus.begin() : mine + 1;
  std::vector<std::size_t> others(start, plan.gpus.end());
  others.insert(others.end(), plan.gpus.begin(), start);
  for (const std::size_t gpu : others)
    if (std::ranges::find(place.gpus, gpu) == place.gpus.end()) order.push_back(gpu);
  return order;
}

const char* reason_for(Visible visible) {
  switch (visible) {
    case Visible::all:
      return "a granted GPU is left out: without this a rank would pick it by its number";
    case Visible::first:
      return "own GPU is device 0, the peers stay visible";
    case Visible::only:
      return "own GPU alone, as asked";
  }
  return "";
}

}  // namespace

std::vector<GpuVisibility> gpu_visibility(const Topology& topology,
                                          const Plan& plan,
                                          const Placement& place,
                                          Visible visible,
                                          const Environment& present) {
  std::vector<GpuVisibility> out;
  const Runtime* runtime = runtime_of(topology, plan);
  if (runtime == nullptr) return out;
  if (runtime->vendor == Vendor::nvidia)
    out.push_back({"CUDA_DEVICE_ORDER",
                   "PCI_BUS_ID",
                   "CUDA",
                   "device numbers follow PCI addresses, as NVML's and Slurm's do",
                   false});
  if (visible == Visible::all && plan.gpus == plan.granted_gpus) return out;
  const auto names = names_of_granted(topology, plan, *runtime, present);
  if (!names) return out;
  std::vector<std::string> value;
  for (const std::size_t gpu : seen(plan, place, visible)) {
    const auto at = std::ranges::find(plan.granted_gpus, gpu) - plan.granted_gpus.begin();
    value.push_back((*names)[static_cast<std::size_t>(at)]);
  }
  out.push_back(
      {runtime->variable, join(value, ","), runtime->receiver, reason_for(visible), true});
  return out;
}

}  // namespace holdfast::affinity
