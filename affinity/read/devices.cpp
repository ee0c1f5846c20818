// SPDX-License-Identifier: Apache-2.0
// From what a reader found to the device side of a topology: the order of GPUs, and the bridges
// that lead to something.
#include "devices.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace holdfast::affinity {

namespace {

/// A device on its way into the topology, with the bridge the reader saw it behind.
struct FoundGpu {
  Gpu gpu;
  std::optional<std::size_t> bridge;
  std::optional<unsigned> number;  ///< in the runtime's own enumeration, where that is known
};

/// The enumeration that orders the GPUs of a vendor, where every one of them is in it. NVIDIA's
/// order is by PCI address: that is NVML's, and CUDA's under CUDA_DEVICE_ORDER=PCI_BUS_ID; a CUDA
/// number recorded without that setting means nothing. An NCCL file has its own "dev".
std::vector<GpuFace::Backend> ordering(Vendor vendor) {
  using Backend = GpuFace::Backend;
  switch (vendor) {
    case Vendor::nvidia:
      return {Backend::nccl};
    case Vendor::amd:
      return {Backend::nccl, Backend::kfd, Backend::rsmi};
    case Vendor::intel:
      return {Backend::nccl, Backend::level_zero};
    case Vendor::unknown:
      return {Backend::nccl};
  }
  return {};
}

/// The numbers the GPUs of one function have in a backend, in order; empty when it is not in it.
std::vector<unsigned> numbers_in(const PciFunction& function, GpuFace::Backend backend) {
  std::vector<unsigned> numbers;
  for (const GpuFace& face : function.gpus)
    if (face.backend == backend) numbers.push_back(face.number);
  std::ranges::sort(numbers);
  return numbers;
}

/// The GPUs of one vendor in the order in which its runtime numbers them.
std::vector<FoundGpu> in_runtime_order(const std::vector<const PciFunction*>& functions,
                                       Vendor vendor) {
  std::vector<FoundGpu> found;
  std::optional<GpuFace::Backend> backend;
  for (const GpuFace::Backend candidate : ordering(vendor))
    if (!backend && std::ranges::all_of(functions, [candidate](const PciFunction* function) {
          return numbers_in(*function, candidate).size() == gpus_of(*function).size();
        }))
      backend = candidate;
  for (const PciFunction* function : functions) {
    const auto numbers = backend ? numbers_in(*function, *backend) : std::vector<unsigned>{};
    for (Gpu& gpu : gpus_of(*function)) {
      const auto part = gpu.id.partition.value_or(0);
      found.push_back({std::move(gpu),
                       function->bridge,
                       part < numbers.size() ? std::optional(numbers[part]) : std::nullopt});
    }
  }
  std::ranges::stable_sort(found, {}, [](const FoundGpu& one) {
    return std::tuple(one.number.value_or(0), one.gpu.id);
  });
  return found;
}

/// Copies the bridges above devices into the topology, each before its children, host bridges
/// named by the order in which devices (by PCI address) need them.
class BridgeKeeper {
 public:
  BridgeKeeper(Topology& topology, const Devices& devices)
      : topology_(topology), devices_(devices) {}

  std::optional<std::size_t> keep(std::optional<std::size_t> bridge) {
    std::vector<std::size_t> way;
    for (auto at = bridge; at && !kept_.contains(*at); at = devices_.bridges[*at].parent)
      way.push_back(*at);
    for (; !way.empty(); way.pop_back())
      add(way.back());
    return bridge ? std::optional(kept_.at(*bridge)) : std::nullopt;
  }

 private:
  void add(std::size_t index) {
    const BridgeSeen& seen = devices_.bridges[index];
    std::optional<std::size_t> parent;
    if (seen.parent) {
      parent = kept_.at(*seen.parent);
    } else if (!seen.host) {
      // A recording that left out the host bridge: without one, a top-level switch would look like
      // the root complex.
      parent = topology_.bridges.size();
      topology_.bridges.push_back({cat("host ", hosts_++), std::nullopt});
    }
    kept_[index] = topology_.bridges.size();
    topology_.bridges.push_back({seen.host ? cat("host ", hosts_++) : seen.name, parent});
  }

  Topology& topology_;
  const Devices& devices_;
  std::map<std::size_t, std::size_t> kept_;  // index in devices_ → index in topology_
  unsigned hosts_{};
};

/// Device names are unique in a node; a recording that repeats one (containers, bonds) keeps both
/// devices apart by their address.
void name_apart(std::vector<Nic>& nics) {
  std::set<std::string> names;
  for (Nic& nic : nics)
    if (!names.insert(nic.name).second && nic.at) {
      nic.name = cat(nic.name, '@', to_text(*nic.at));
      names.insert(nic.name);
    }
}

}  // namespace

void add_devices(Topology& topology, const Devices& devices) {
  std::map<Vendor, std::vector<const PciFunction*>> gpu_functions;
  std::vector<const PciFunction*> by_address;
  for (const PciFunction& function : devices.functions)
    by_address.push_back(&function);
  std::ranges::stable_sort(by_address, {}, &PciFunction::at);

  BridgeKeeper bridges(topology, devices);
  for (const PciFunction* function : by_address) {
    if (is_gpu(*function, devices.gpu_vendors)) {
      static_cast<void>(bridges.keep(function->bridge));
      gpu_functions[vendor_of(*function)].push_back(function);
      continue;
    }
    auto nic = nic_of(*function);
    if (!nic) continue;
    nic->behind = bridges.keep(function->bridge);
    topology.nics.push_back(std::move(*nic));
  }
  for (const Vendor vendor : {Vendor::nvidia, Vendor::amd, Vendor::intel, Vendor::unknown})
    for (FoundGpu& found : in_runtime_order(gpu_functions[vendor], vendor)) {
      found.gpu.behind = bridges.keep(found.bridge);
      topology.gpus.push_back(std::move(found.gpu));
    }
  topology.nics.insert(topology.nics.end(), devices.elsewhere.begin(), devices.elsewhere.end());
  name_apart(topology.nics);
  normalize(topology);
}

}  // namespace holdfast::affinity
