// SPDX-License-Identifier: Apache-2.0
// NICs to GPUs. "The nearest" alone stacks up to eight GPUs on one NIC wherever distances tie, and
// "the i-th" alone is wrong wherever names or ports are out of order; a transportation problem with
// capacities is neither.
#include "nics.hpp"

#include "flow.hpp"
#include "holdfast/affinity/distance.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <compare>
#include <map>

namespace holdfast::affinity {

namespace {

/// Compared from left to right.
struct Closeness {
  std::int64_t weight{};
  std::int64_t slowness{};      ///< Gbit/s less than the fastest
  std::int64_t displacement{};  ///< squared: then the only best pairing of equals keeps their order

  friend auto operator<=>(const Closeness&, const Closeness&) = default;
  friend Closeness operator+(const Closeness& a, const Closeness& b) {
    return {a.weight + b.weight, a.slowness + b.slowness, a.displacement + b.displacement};
  }
  friend Closeness operator-(const Closeness& a, const Closeness& b) {
    return {a.weight - b.weight, a.slowness - b.slowness, a.displacement - b.displacement};
  }
};

std::size_t ceiling(std::size_t things, std::size_t by) { return (things + by - 1) / by; }

std::vector<std::int64_t> slowness_of(const Topology& topology,
                                      const std::vector<std::size_t>& nics) {
  std::vector<std::int64_t> speed;
  for (const std::size_t nic : nics) {
    std::int64_t best = 0;
    for (const NicPort& port : topology.nics[nic].ports)
      if (port.state != PortState::down) best = std::max<std::int64_t>(best, port.gigabits);
    speed.push_back(best);
  }
  const std::int64_t fastest = *std::ranges::max_element(speed);
  for (std::int64_t& one : speed)
    one = fastest - one;
  return speed;
}

/// The place of each GPU among the GPUs in PCI order.
std::vector<std::size_t> pci_places(const Topology& topology,
                                    const std::vector<std::size_t>& gpus) {
  std::vector<std::size_t> order(gpus.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return topology.gpus[gpus[i]].id; });
  std::vector<std::size_t> place(gpus.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    place[order[i]] = i;
  return place;
}

/// Rows are NICs, columns are GPUs.
Transport<Closeness> pair_up(const Topology& topology,
                             const std::vector<std::size_t>& gpus,
                             const std::vector<std::size_t>& nics) {
  const auto slowness = slowness_of(topology, nics);
  const auto place = pci_places(topology, gpus);
  std::vector<Closeness> price;
  for (std::size_t n = 0; n < nics.size(); ++n) {
    for (std::size_t g = 0; g < gpus.size(); ++g) {
      // The middles of the n-th of N and the g-th of G equal parts of one line.
      const auto apart = static_cast<std::int64_t>((2 * n + 1) * gpus.size()) -
                         static_cast<std::int64_t>((2 * place[g] + 1) * nics.size());
      const auto weight = path_weight(topology, topology.gpus[gpus[g]], topology.nics[nics[n]]);
      price.push_back({weight, slowness[n], apart * apart});
    }
  }
  return {std::vector<std::uint64_t>(nics.size(), ceiling(gpus.size(), nics.size())),
          std::vector<std::uint64_t>(gpus.size(), 1),
          std::move(price)};
}

/// Storage and login fabrics use the same kind of NIC as the compute fabric. Where there are more
/// NICs than GPUs, an idle one that is farther from every GPU of the node (granted to us or not)
/// than any NIC in use is taken for such.
bool is_bystander(const Topology& topology, const Nic& nic, std::int64_t worst_used) {
  return std::ranges::none_of(
      topology.gpus, [&](const Gpu& gpu) { return path_weight(topology, gpu, nic) <= worst_used; });
}

std::vector<std::size_t> rails_of(const Topology& topology,
                                  const std::vector<std::size_t>& gpus,
                                  const std::vector<std::size_t>& nics,
                                  const Transport<Closeness>& pairing,
                                  std::vector<std::string>& notes) {
  std::vector<std::size_t> rails;
  std::vector<bool> used(nics.size());
  std::int64_t worst_used = 0;
  for (std::size_t g = 0; g < gpus.size(); ++g) {
    for (std::size_t n = 0; n < nics.size(); ++n) {
      if (pairing.sent(n, g) == 0) continue;
      worst_used = std::max(worst_used, pairing.cost(n, g).weight);
      if (!used[n]) rails.push_back(nics[n]);
      used[n] = true;
    }
  }
  for (std::size_t n = 0; n < nics.size(); ++n) {
    if (used[n]) continue;
    if (nics.size() > gpus.size() && is_bystander(topology, topology.nics[nics[n]], worst_used))
      notes.push_back(cat(topology.nics[nics[n]].name,
                          " is no rail: no GPU needs it and it is farther from all of them than "
                          "the NICs that serve them"));
    else
      rails.push_back(nics[n]);
  }
  return rails;
}

/// Ranks that are equally far from every NIC: thousands of ranks make a few of these.
struct Equals {
  std::vector<std::int64_t> distance;  ///< to each NIC
  std::vector<std::size_t> ranks;
};

/// In the order of their first ranks.
std::vector<Equals> equals_of(const Topology& topology,
                              const std::vector<std::vector<std::size_t>>& cores,
                              const std::vector<std::size_t>& nics) {
  std::map<std::vector<std::int64_t>, std::size_t> known;
  std::vector<Equals> groups;
  for (std::size_t rank = 0; rank < cores.size(); ++rank) {
    std::vector<std::int64_t> distance;
    for (const std::size_t nic : nics) {
      std::int64_t sum = 0;
      for (const std::size_t core : cores[rank])
        sum += half_distance(topology, topology.cores[core], topology.nics[nic].near);
      constexpr std::int64_t parts = 1024;  // of a half distance: the mean is rarely whole
      distance.push_back(sum * parts / static_cast<std::int64_t>(cores[rank].size()));
    }
    const auto [at, is_new] = known.emplace(distance, groups.size());
    if (is_new) groups.push_back({std::move(distance), {}});
    groups[at->second].ranks.push_back(rank);
  }
  return groups;
}

}  // namespace

NicDeal deal_nics(const Topology& topology,
                  const std::vector<std::size_t>& gpus,
                  const std::vector<std::size_t>& nics,
                  std::vector<std::string>& notes) {
  if (nics.empty() || gpus.empty()) return {{}, nics};
  const auto pairing = pair_up(topology, gpus, nics);
  NicDeal deal{{}, rails_of(topology, gpus, nics, pairing, notes)};
  for (std::size_t g = 0; g < gpus.size(); ++g)
    for (std::size_t n = 0; n < nics.size(); ++n)
      if (pairing.sent(n, g) != 0) deal.of_gpu.push_back(nics[n]);
  return deal;
}

std::vector<std::size_t> deal_nics_to_ranks(const Topology& topology,
                                            const std::vector<std::vector<std::size_t>>& cores,
                                            const std::vector<std::size_t>& nics) {
  if (nics.empty()) return {};
  const auto groups = equals_of(topology, cores, nics);
  const auto slowness = slowness_of(topology, nics);
  std::vector<Closeness> price;
  price.reserve(nics.size() * groups.size());
  for (std::size_t n = 0; n < nics.size(); ++n)
    for (const auto& [distance, _] : groups)
      price.push_back({distance[n], slowness[n], 0});
  std::vector<std::uint64_t> demand;
  demand.reserve(groups.size());
  for (const auto& [_, ranks] : groups)
    demand.push_back(ranks.size());
  const Transport<Closeness> pairing(
      std::vector<std::uint64_t>(nics.size(), ceiling(cores.size(), nics.size())),
      std::move(demand),
      std::move(price));
  std::vector<std::size_t> of_rank(cores.size());
  for (std::size_t column = 0; column < groups.size(); ++column) {
    auto rank = groups[column].ranks.begin();
    for (std::size_t n = 0; n < nics.size(); ++n)
      for (std::uint64_t left = pairing.sent(n, column); left != 0; --left)
        of_rank[*rank++] = nics[n];
  }
  return of_rank;
}

}  // namespace holdfast::affinity
