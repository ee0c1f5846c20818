// SPDX-License-Identifier: Apache-2.0
// How the GPUs and NICs of two nodes differ, and the paths between them.
#include "cli/node_difference.hpp"
#include "cli/printable.hpp"
#include "cli/render/words.hpp"
#include "holdfast/affinity/distance.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast::cli {

using affinity::Gpu;
using affinity::Locality;
using affinity::Nic;
using affinity::Topology;

namespace {

std::string key_of(const Topology&, const Gpu& gpu) { return to_text(gpu.id); }

/// Two ports of one function may be two NICs.
bool alone_at_address(const Topology& topology, const Nic& nic) {
  return nic.at && std::ranges::count(topology.nics, nic.at, &Nic::at) == 1;
}

std::string key_of(const Topology& topology, const Nic& nic) {
  return alone_at_address(topology, nic) ? to_text(*nic.at) : printable(nic.name);
}

template <class Device>
struct Matched {
  std::vector<std::pair<const Device*, const Device*>> both;
  std::vector<const Device*> only_first;
  std::vector<const Device*> only_second;
};

template <class Device>
Matched<Device> match(const NamedNode& a, const NamedNode& b, std::vector<Device> Topology::*list) {
  Matched<Device> out;
  std::map<std::string, const Device*> in_b;
  for (const Device& device : b.topology.*list)
    in_b.emplace(key_of(b.topology, device), &device);
  for (const Device& device : a.topology.*list) {
    const auto found = in_b.find(key_of(a.topology, device));
    if (found == in_b.end()) {
      out.only_first.push_back(&device);
      continue;
    }
    out.both.emplace_back(&device, found->second);
    in_b.erase(found);
  }
  // In the order of the second node, not of the map.
  for (const Device& device : b.topology.*list)
    if (in_b.contains(key_of(b.topology, device))) out.only_second.push_back(&device);
  return out;
}

std::string told(const Topology& topology, const Gpu& gpu) {
  const auto index = static_cast<std::size_t>(&gpu - topology.gpus.data());
  return cat("GPU ", index, gpu.model.empty() ? "" : cat(", ", printable(gpu.model)));
}

std::string told(const Topology&, const Nic& nic) {
  return cat("NIC ", printable(nic.name), ", ", to_words(nic.kind));
}

std::string named_by_key(const Topology& topology, const Gpu& gpu) {
  return cat("GPU at ", key_of(topology, gpu));
}

std::string named_by_key(const Topology& topology, const Nic& nic) {
  return cat(alone_at_address(topology, nic) ? "NIC at " : "NIC called ", key_of(topology, nic));
}

/// What a difference is called when the second node lacks a device, and when only it has one.
struct LossKinds {
  std::string_view missing, extra;
};
LossKinds loss_kinds(const Gpu&) { return {"gpu_missing", "gpu_extra"}; }
LossKinds loss_kinds(const Nic&) { return {"nic_missing", "nic_extra"}; }

template <class Device>
void tell_missing(const NamedNode& a,
                  const NamedNode& b,
                  const Matched<Device>& devices,
                  std::vector<Difference>& out) {
  const auto sentence = [](const NamedNode& has, const NamedNode& lacks, const Device& device) {
    return cat(lacks.name,
               " has no ",
               named_by_key(has.topology, device),
               " (",
               has.name,
               " has: ",
               told(has.topology, device),
               ')');
  };
  for (const Device* device : devices.only_first)
    out.push_back({loss_kinds(*device).missing,
                   key_of(a.topology, *device),
                   told(a.topology, *device),
                   "",
                   sentence(a, b, *device)});
  for (const Device* device : devices.only_second)
    out.push_back({loss_kinds(*device).extra,
                   key_of(b.topology, *device),
                   "",
                   told(b.topology, *device),
                   sentence(b, a, *device)});
}

/// A value of one device that is not the same in both nodes.
class DeviceComparison {
 public:
  DeviceComparison(const NamedNode& a, const NamedNode& b, std::vector<Difference>& out)
      : a_(a), b_(b), out_(out) {}

  void compare(std::string_view kind,
               const std::string& device,
               std::string_view subject,
               const std::string& first,
               const std::string& second) {
    if (first == second) return;
    const auto shown = [](const std::string& text) { return text.empty() ? "unknown" : text; };
    out_.push_back({kind,
                    device,
                    first,
                    second,
                    cat(subject,
                        " is ",
                        shown(first),
                        " in ",
                        a_.name,
                        " and ",
                        shown(second),
                        " in ",
                        b_.name)});
  }

 private:
  const NamedNode& a_;
  const NamedNode& b_;
  std::vector<Difference>& out_;
};

std::string place_of(const Locality& near) {
  if (near.pus.empty() && !near.numa) return "near every core";
  std::string out = near.numa ? cat("near NUMA node ", near.numa->value) : std::string("near");
  if (!near.pus.empty()) out += cat(near.numa ? ", PUs " : " PUs ", short_list(near.pus));
  return out;
}

void compare_gpus(const NamedNode& a,
                  const NamedNode& b,
                  const Matched<Gpu>& gpus,
                  bool strict_ids,
                  std::vector<Difference>& out) {
  DeviceComparison values(a, b, out);
  for (const auto& [first, second] : gpus.both) {
    const std::string device = to_text(first->id);
    const std::string gpu = cat("GPU ", device);
    values.compare("gpu_model", device, gpu, printable(first->model), printable(second->model));
    values.compare("gpu_place", device, gpu, place_of(first->near), place_of(second->near));
    if (strict_ids)
      values.compare("gpu_uuid", device, gpu, printable(first->uuid), printable(second->uuid));
  }
  std::vector<const Gpu*> order;
  for (const auto& [first, second] : gpus.both)
    order.push_back(second);
  if (std::ranges::is_sorted(order)) return;  // both point into one array, in the runtime's order
  const auto listed = [](const std::vector<const Gpu*>& list) {
    std::vector<std::string> ids;
    ids.reserve(list.size());
    for (const Gpu* gpu : list)
      ids.push_back(to_text(gpu->id));
    return join(ids, " ");
  };
  std::vector<const Gpu*> mine;
  for (const auto& [first, second] : gpus.both)
    mine.push_back(first);
  std::ranges::sort(order);
  values.compare("gpu_order", "", "the order of the GPUs", listed(mine), listed(order));
}

void compare_nics(const NamedNode& a,
                  const NamedNode& b,
                  const Matched<Nic>& nics,
                  std::vector<Difference>& out) {
  DeviceComparison values(a, b, out);
  for (const auto& [first, second] : nics.both) {
    const std::string device = key_of(a.topology, *first);
    const std::string name = printable(first->name);
    values.compare("nic_name", device, cat("the NIC at ", device), name, printable(second->name));
    values.compare(
        "nic_kind", device, cat("NIC ", name), to_words(first->kind), to_words(second->kind));
    values.compare(
        "nic_port", device, cat("NIC ", name), ports_in_words(*first), ports_in_words(*second));
    values.compare(
        "nic_place", device, cat("NIC ", name), place_of(first->near), place_of(second->near));
  }
}

/// Paths differ in crowds (a moved switch moves every pair), so a few stand for all.
void compare_paths(const NamedNode& a,
                   const NamedNode& b,
                   const Matched<Gpu>& gpus,
                   const Matched<Nic>& nics,
                   std::vector<Difference>& out) {
  constexpr std::size_t told_apart = 4;
  std::vector<Difference> found;
  DeviceComparison values(a, b, found);
  for (const auto& [gpu_a, gpu_b] : gpus.both)
    for (const auto& [nic_a, nic_b] : nics.both)
      values.compare(
          "pci_path",
          to_text(gpu_a->id),
          cat("the path from GPU ", to_text(gpu_a->id), " to NIC ", printable(nic_a->name)),
          std::string(to_text(path_between(a.topology, *gpu_a, *nic_a))),
          std::string(to_text(path_between(b.topology, *gpu_b, *nic_b))));
  const std::size_t total = found.size();
  if (total > told_apart + 1) found.resize(told_apart);
  const std::size_t more = total - found.size();
  for (Difference& difference : found)
    out.push_back(std::move(difference));
  if (more != 0)
    out.push_back(
        {"pci_path", "", "", "", cat("so are ", more, " more paths between GPUs and NICs")});
}

}  // namespace

std::vector<Difference> device_differences(const NamedNode& first,
                                           const NamedNode& second,
                                           bool strict_ids) {
  std::vector<Difference> out;
  const auto gpus = match(first, second, &Topology::gpus);
  const auto nics = match(first, second, &Topology::nics);
  tell_missing(first, second, gpus, out);
  compare_gpus(first, second, gpus, strict_ids, out);
  tell_missing(first, second, nics, out);
  compare_nics(first, second, nics, out);
  compare_paths(first, second, gpus, nics, out);
  return out;
}

}  // namespace holdfast::cli
