// SPDX-License-Identifier: Apache-2.0
#include "why.hpp"

#include "holdfast/affinity/distance.hpp"
#include "holdfast/common/text.hpp"
#include "nearest.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace holdfast::affinity {

namespace {

std::string counted(std::size_t count, std::string_view thing) {
  return cat(count, ' ', thing, count == 1 ? "" : "s");
}

/// "GPU 2 (0000:a1:00.0)", "GPUs 2 (…) and 3 (…)".
std::string gpu_names(const Topology& topology, const std::vector<std::size_t>& gpus) {
  std::string names = gpus.size() == 1 ? "GPU " : "GPUs ";
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    if (i != 0) names += i + 1 == gpus.size() ? " and " : ", ";
    names += cat(gpus[i], " (", to_text(topology.gpus[gpus[i]].id), ')');
  }
  return names;
}

std::string where(const Topology& topology, const Placement& placement) {
  const Locality& first = topology.gpus[placement.gpus.front()].near;
  const bool same_place = std::ranges::all_of(
      placement.gpus, [&](std::size_t gpu) { return topology.gpus[gpu].near == first; });
  const bool single = placement.gpus.size() == 1;
  if (!same_place) return "are local to different cores";
  if (first == Locality{}) return single ? "has no known locality" : "have no known locality";
  if (first.numa) return cat(single ? "is" : "are", " local to NUMA node ", first.numa->value);
  return cat(single ? "is" : "are", " local to PUs ", to_list(first.pus));
}

/// How many cores lie at each distance from the nearest of the rank's GPUs.
std::array<std::size_t, 5> cores_by_distance(const Topology& topology, const Placement& placement) {
  std::array<std::size_t, 5> count{};
  for (const std::size_t core : placement.cores) {
    unsigned nearest = 4;
    for (const std::size_t gpu : placement.gpus)
      nearest =
          std::min(nearest, half_distance(topology, topology.cores[core], topology.gpus[gpu].near));
    ++count.at(nearest);
  }
  return count;
}

std::string cores_phrase(const Topology& topology, const Placement& placement) {
  const auto count = cores_by_distance(topology, placement);
  const bool known = std::ranges::any_of(
      placement.gpus, [&](std::size_t gpu) { return topology.gpus[gpu].near != Locality{}; });
  if (!known) return counted(placement.cores.size(), "core");
  std::string phrase =
      count[0] != 0 ? cat(counted(count[0], "core"), " there") : "none of its own cores is left";
  const std::array<std::string_view, 5> place{
      "", "behind another L3 cache", "on other NUMA nodes", "", "in another package"};
  for (std::size_t d = 1; d < count.size(); ++d)
    if (count.at(d) != 0) phrase += cat(", ", count.at(d), ' ', place.at(d));
  return phrase;
}

/// Who has a thing besides one rank. Ranks are kept as sets because a list of them is read as
/// "1-7".
class Sharers {
 public:
  explicit Sharers(const Plan& plan) {
    for (const Placement& placement : plan.ranks) {
      for (const std::size_t gpu : placement.gpus)
        of_gpu_[gpu].insert(placement.rank.value);
      for (const unsigned pu : placement.pus)
        of_pu_[pu].insert(placement.rank.value);
    }
  }

  [[nodiscard]] std::string phrase(const Placement& placement) const {
    CpuSet gpu_peers;
    CpuSet pu_peers;
    for (const std::size_t gpu : placement.gpus)
      gpu_peers |= of_gpu_.at(gpu);
    for (const unsigned pu : placement.pus)
      pu_peers |= of_pu_.at(pu);
    gpu_peers.erase(placement.rank.value);
    pu_peers.erase(placement.rank.value);
    std::string phrase;
    if (!gpu_peers.empty()) phrase += cat("; GPU shared with ", ranks_in_words(gpu_peers));
    if (!pu_peers.empty())
      phrase += cat("; PUs shared with ", ranks_in_words(pu_peers), ", more ranks than PUs");
    return phrase;
  }

 private:
  static std::string ranks_in_words(const CpuSet& ranks) {
    return cat(ranks.size() == 1 ? "rank " : "ranks ", to_list(ranks));
  }

  std::map<std::size_t, CpuSet> of_gpu_;
  std::map<unsigned, CpuSet> of_pu_;
};

std::string nic_phrase(const Topology& topology, const Placement& placement) {
  std::string phrase;
  for (const std::size_t i : placement.nics) {
    const Nic& nic = topology.nics[i];
    phrase += cat("; ", nic.name);
    if (placement.gpus.empty()) {
      phrase += " serves it";
      continue;
    }
    const auto nearest = std::ranges::min_element(placement.gpus, {}, [&](std::size_t gpu) {
      return path_weight(topology, topology.gpus[gpu], nic);
    });
    phrase += cat(' ', path_in_words(topology, topology.gpus[*nearest], nic));
  }
  return phrase;
}

}  // namespace

std::string path_in_words(const Topology& topology, const Gpu& gpu, const Nic& nic) {
  const PciPath path = path_between(topology, gpu, nic);
  const std::string name = cat(" (", to_text(path), ')');
  switch (path) {
    case PciPath::same:
      return "is on its PCI function" + name;
    case PciPath::pix:
      return "shares its PCIe switch" + name;
    case PciPath::pxb:
      return "is some PCIe switches away" + name;
    case PciPath::phb:
      return "shares its host bridge" + name;
    case PciPath::node:
      return nic.near.pus.empty() || gpu.near.pus.empty() ? "is as near as is known" + name
                                                          : "shares its NUMA node" + name;
    case PciPath::sys:
      break;
  }
  return "is on another NUMA node" + name;
}

void tell_why(const Topology& topology, Plan& plan) {
  const Sharers sharers(plan);
  for (Placement& placement : plan.ranks) {
    if (placement.gpus.empty())
      placement.why = cat(topology.gpus.empty()       ? "the node has no GPU: "
                          : plan.granted_gpus.empty() ? "no GPU is granted: "
                                                      : "no GPU is left: ",
                          counted(placement.cores.size(), "core"),
                          placement.cores.size() == 1 ? "" : " side by side");
    else
      placement.why = cat(gpu_names(topology, placement.gpus),
                          ' ',
                          where(topology, placement),
                          ": ",
                          cores_phrase(topology, placement));
    placement.why += sharers.phrase(placement) + nic_phrase(topology, placement);
  }
}

}  // namespace holdfast::affinity
