// SPDX-License-Identifier: Apache-2.0
// Slow and plain on purpose: nothing here is clever enough to be wrong in the way the planner could
// be.
#include "brute_force.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace holdfast::testing {

namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

/// All ways to choose `count` of `total` things.
std::vector<std::vector<bool>> choices(std::size_t total, std::size_t count) {
  std::vector<std::vector<bool>> all;
  for (std::size_t bits = 0; bits < (std::size_t{1} << total); ++bits) {
    std::vector<bool> chosen(total);
    for (std::size_t i = 0; i < total; ++i)
      chosen[i] = ((bits >> i) & 1U) != 0;
    if (static_cast<std::size_t>(std::ranges::count(chosen, true)) == count) all.push_back(chosen);
  }
  return all;
}

/// Unit after unit to every rank that still lacks one.
double least_for_sizes(const Distances& distances, const std::vector<std::size_t>& sizes) {
  std::map<std::vector<std::size_t>, double> states{{sizes, 0}};
  for (std::size_t unit = 0; unit < distances.front().size(); ++unit) {
    std::map<std::vector<std::size_t>, double> next;
    for (const auto& [lacking, sum] : states) {
      for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
        if (lacking[rank] == 0) continue;
        auto then = lacking;
        --then[rank];
        const double more = sum + distances[rank][unit] / static_cast<double>(sizes[rank]);
        const auto [at, is_new] = next.emplace(std::move(then), more);
        if (!is_new) at->second = std::min(at->second, more);
      }
    }
    states = std::move(next);
  }
  return states.begin()->second;
}

}  // namespace

double least_full(const Distances& distances) {
  const std::size_t ranks = distances.size();
  const std::size_t units = distances.front().size();
  double least = endless;
  for (const auto& bigger : choices(ranks, units % ranks)) {
    std::vector<std::size_t> sizes(ranks, units / ranks);
    for (std::size_t rank = 0; rank < ranks; ++rank)
      sizes[rank] += bigger[rank] ? 1 : 0;
    least = std::min(least, least_for_sizes(distances, sizes));
  }
  return least;
}

std::vector<std::vector<std::vector<std::size_t>>> fair_dealings(std::size_t gpus,
                                                                 std::size_t ranks) {
  std::vector<std::vector<std::vector<std::size_t>>> all;
  if (ranks >= gpus) {
    for (const auto& more : choices(gpus, ranks % gpus)) {
      auto& dealing = all.emplace_back();
      for (std::size_t gpu = 0; gpu < gpus; ++gpu)
        dealing.insert(dealing.end(), ranks / gpus + (more[gpu] ? 1 : 0), {gpu});
    }
    return all;
  }
  std::size_t ways = 1;
  for (std::size_t gpu = 0; gpu < gpus; ++gpu)
    ways *= ranks;
  for (std::size_t way = 0; way < ways; ++way) {
    std::vector<std::vector<std::size_t>> dealing(ranks);
    for (std::size_t gpu = 0, rest = way; gpu < gpus; ++gpu, rest /= ranks)
      dealing[rest % ranks].push_back(gpu);
    const auto [least, most] = std::ranges::minmax(
        dealing, {}, [](const std::vector<std::size_t>& group) { return group.size(); });
    if (!least.empty() && most.size() - least.size() <= 1) all.push_back(std::move(dealing));
  }
  return all;
}

bool LocalPromise::beats(const LocalPromise& other) const {
  if (strangers != other.strangers) return strangers < other.strangers;
  if (std::abs(way - other.way) > 1e-9) return way < other.way;
  return sizes > other.sizes;  // both ascending: the first difference decides
}

namespace {

double least_distance(const std::vector<double>& of_rank) {
  return *std::ranges::min_element(of_rank);
}

}  // namespace

LocalPromise promise_of(const Distances& distances,
                        const std::vector<std::vector<std::size_t>>& units) {
  LocalPromise promise;
  for (std::size_t rank = 0; rank < units.size(); ++rank) {
    promise.sizes.push_back(units[rank].size());
    for (const std::size_t unit : units[rank]) {
      if (distances[rank][unit] <= least_distance(distances[rank])) continue;
      ++promise.strangers;
      promise.way += distances[rank][unit] - least_distance(distances[rank]);
    }
  }
  std::ranges::sort(promise.sizes);
  return promise;
}

LocalPromise best_local(const Distances& distances) {
  // How many units each rank has (a stranger has one and gets no more), and the strangers' way.
  using State = std::pair<std::vector<std::size_t>, std::vector<bool>>;
  std::map<State, double> states;
  const std::size_t ranks = distances.size();
  states[{std::vector<std::size_t>(ranks), std::vector<bool>(ranks)}] = 0;
  for (std::size_t unit = 0; unit < distances.front().size(); ++unit) {
    std::map<State, double> next = states;  // nobody gets it
    for (const auto& [state, way] : states) {
      for (std::size_t rank = 0; rank < ranks; ++rank) {
        const bool is_local = distances[rank][unit] <= least_distance(distances[rank]);
        if (state.second[rank] || (!is_local && state.first[rank] != 0)) continue;
        State then = state;
        ++then.first[rank];
        then.second[rank] = !is_local;
        const double far = way + distances[rank][unit] - least_distance(distances[rank]);
        const auto [at, is_new] = next.emplace(std::move(then), far);
        if (!is_new) at->second = std::min(at->second, far);
      }
    }
    states = std::move(next);
  }
  std::optional<LocalPromise> best;
  for (const auto& [state, way] : states) {
    LocalPromise promise{
        static_cast<std::size_t>(std::ranges::count(state.second, true)), way, state.first};
    std::ranges::sort(promise.sizes);
    if (promise.sizes.front() != 0 && (!best || promise.beats(*best))) best = std::move(promise);
  }
  return *best;
}

std::vector<std::int64_t> least_assignment(
    const std::vector<std::vector<std::vector<std::int64_t>>>& weights, std::size_t capacity) {
  const std::size_t rows = weights.size();
  const std::size_t columns = weights.front().size();
  std::size_t ways = 1;
  for (std::size_t column = 0; column < columns; ++column)
    ways *= rows;
  std::vector<std::int64_t> least;
  for (std::size_t way = 0; way < ways; ++way) {
    std::vector<std::size_t> load(rows);
    std::vector<std::int64_t> sum(weights.front().front().size());
    for (std::size_t column = 0, rest = way; column < columns; ++column, rest /= rows) {
      ++load[rest % rows];
      for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] += weights[rest % rows][column][i];
    }
    if (std::ranges::max(load) <= capacity && (least.empty() || sum < least)) least = sum;
  }
  return least;
}

}  // namespace holdfast::testing
