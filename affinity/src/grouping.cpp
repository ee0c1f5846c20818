// SPDX-License-Identifier: Apache-2.0
#include "grouping.hpp"

#include "cut.hpp"
#include "regrouping.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

namespace holdfast::affinity {

std::vector<std::size_t> place_order(const Ground& ground) {
  std::vector<std::size_t> order(ground.place_of.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t gpu) { return ground.place_of[gpu]; });
  return order;
}

namespace {

/// What is lost when one rank owns GPUs at both places.
unsigned seam_between(const Ground& ground, std::size_t one, std::size_t other) {
  if (one == other) return 0;
  if (ground.package_of_place[one] != ground.package_of_place[other]) return 4;
  return ground.places[one].numa == ground.places[other].numa ? 1 : 2;
}

/// Neighbours in place order, cut where that parts the fewest that are near each other.
Dealing group_neighbours(const Ground& ground,
                         const std::vector<std::size_t>& order,
                         std::size_t ranks) {
  std::vector<unsigned> seams;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    seams.push_back(seam_between(ground, ground.place_of[order[i]], ground.place_of[order[i + 1]]));
  }
  Dealing dealing;
  auto next = order.begin();
  for (const std::size_t size : cut(seams, ranks)) {
    const auto end = next + static_cast<std::ptrdiff_t>(size);
    dealing.emplace_back(next, end);
    next = end;
  }
  return dealing;
}

/// Whether some group has GPUs of two packages.
bool tears_packages(const Ground& ground, const Dealing& dealing) {
  return std::ranges::any_of(dealing, [&](const std::vector<std::size_t>& group) {
    const auto package = [&](std::size_t gpu) {
      return ground.package_of_place[ground.place_of[gpu]];
    };
    return std::ranges::any_of(
        group, [&](std::size_t gpu) { return package(gpu) != package(group.front()); });
  });
}

/// Groups inside packages, ranks by the number of GPUs; nothing where a package is unknown or a
/// rank would get fewer than floor(G/R) GPUs.
std::optional<Dealing> group_by_package(const Ground& ground, unsigned ranks) {
  struct Part {
    std::vector<std::size_t> gpus;
    std::size_t ranks{1};
  };
  std::map<unsigned, Part> parts;
  for (const std::size_t gpu : place_order(ground)) {
    const auto package = ground.package_of_place[ground.place_of[gpu]];
    if (!package) return std::nullopt;
    parts[*package].gpus.push_back(gpu);
  }
  const std::size_t fewest = ground.place_of.size() / ranks;
  if (parts.size() > ranks) return std::nullopt;
  for (std::size_t left = ranks - parts.size(); left != 0; --left) {
    const auto emptier = [](const auto& a, const auto& b) {
      return a.second.gpus.size() * b.second.ranks < b.second.gpus.size() * a.second.ranks;
    };
    ++std::ranges::max_element(parts, emptier)->second.ranks;
  }
  Dealing dealing;
  for (const auto& [_, part] : parts) {
    if (part.gpus.size() / part.ranks < fewest) return std::nullopt;
    const Dealing groups = group_neighbours(ground, part.gpus, part.ranks);
    dealing.insert(dealing.end(), groups.begin(), groups.end());
  }
  return dealing;
}

double mean_distance(const Ground& ground, const Dealing& dealing, Effort& effort) {
  const auto kinds = kinds_of(ground, dealing).kinds;
  const auto cost = share_in_full(ground, kinds, UINT64_MAX, effort).cost;
  const auto share = ground.units.size() / dealing.size();
  return static_cast<double>(cost) / 2 /
         static_cast<double>(distance_scale(kinds) * share * (share + 1) * dealing.size());
}

}  // namespace

Dealing group_gpus(const Ground& ground, unsigned ranks, Effort& effort) {
  Dealing fair = group_neighbours(ground, place_order(ground), ranks);
  if (ground.places.size() == 1) return fair;
  fair = regrouped(ground, std::move(fair), effort);
  if (!tears_packages(ground, fair) || ranks > ground.units.size()) return fair;
  auto apart = group_by_package(ground, ranks);
  if (!apart) return fair;
  constexpr double tolerance = 0.05;
  const double price = mean_distance(ground, *apart, effort) - mean_distance(ground, fair, effort);
  return price <= tolerance ? *std::move(apart) : fair;
}

}  // namespace holdfast::affinity
