// SPDX-License-Identifier: Apache-2.0
// The planner against brute force on thousands of tiny random nodes. What the planner finds by
// flows and rationed trials must be what looking at every way finds.
#include "brute_force.hpp"
#include "dealing.hpp"
#include "ground.hpp"
#include "holdfast/affinity/cost.hpp"
#include "holdfast/affinity/distance.hpp"
#include "holdfast/common/text.hpp"
#include "plan_text.hpp"
#include "random_node.hpp"
#include "regrouping.hpp"
#include "resources.hpp"
#include "sharing.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using testing::Chance;
using testing::Distances;
using testing::PlanCase;

constexpr double rounding = 1e-9;

/// Cases that had something to compare: a check that skips everything proves nothing.
unsigned compared = 0;

/// At most 8 cores, so that every way can be looked at.
testing::NodeLimits tiny() {
  testing::NodeLimits limits;
  limits.cores_per_l3 = 3;
  limits.cores = 8;
  return limits;
}

/// Usable cores as the judge of this test sees them, in any order.
std::vector<std::size_t> usable_cores(const PlanCase& one) {
  CpuSet pus = one.topology.pus();
  if (one.grant.pus) pus &= *one.grant.pus;
  if (!(pus - one.wish.kept_for_system).empty()) pus -= one.wish.kept_for_system;
  std::vector<std::size_t> cores;
  for (std::size_t i = 0; i < one.topology.cores.size(); ++i)
    if (one.topology.cores[i].pus.intersects(pus)) cores.push_back(i);
  return cores;
}

Distances distances_for(const Topology& node,
                        const std::vector<std::size_t>& cores,
                        const std::vector<std::vector<std::size_t>>& gpus_of_rank) {
  Distances all;
  for (const auto& gpus : gpus_of_rank) {
    std::vector<double>& row = all.emplace_back();
    for (const std::size_t core : cores) {
      unsigned halves = 0;
      for (const std::size_t gpu : gpus)
        halves += half_distance(node, node.cores[core], node.gpus[gpu].near);
      row.push_back(gpus.empty() ? 0 : halves / 2.0 / static_cast<double>(gpus.size()));
    }
  }
  return all;
}

/// Whether ranks get whole cores, which is what brute force is done for.
bool has_core_for_each(const PlanCase& one) {
  return one.wish.local_ranks <= usable_cores(one).size();
}

/// The least mean distance over all fair dealings and all full sharings.
double least_distance(const PlanCase& one, const std::vector<std::size_t>& gpus) {
  const auto cores = usable_cores(one);
  double least = INFINITY;
  for (auto dealing : testing::fair_dealings(gpus.size(), one.wish.local_ranks)) {
    for (auto& own : dealing)
      for (std::size_t& gpu : own)
        gpu = gpus[gpu];
    least = std::min(least, testing::least_full(distances_for(one.topology, cores, dealing)));
  }
  return least / one.wish.local_ranks;
}

/// What the planner's search finds as the least mean distance, before packages are kept apart and
/// far cores evened out. Fewer ranks than GPUs: from a bad start.
double planned_least(const PlanCase& one) {
  const auto resources = resources_of(one.topology, one.grant, one.wish);
  const unsigned ranks = one.wish.local_ranks;
  const Ground ground = ground_of(one.topology, *resources, ranks);
  Effort effort{trial_steps};
  const std::size_t gpus = resources->gpus.size();
  const Dealing dealing =
      ranks < gpus ? regrouped(ground, testing::fair_dealings(gpus, ranks).back(), effort)
                   : deal_gpus(ground, ranks, effort);
  const auto kinds = kinds_of(ground, dealing).kinds;
  const auto cost = share_in_full(ground, kinds, UINT64_MAX, effort).cost;
  const auto share = ground.units.size() / ranks;
  return static_cast<double>(cost) / 2.0 /
         static_cast<double>(distance_scale(kinds) * share * (share + 1) * ranks);
}

std::optional<std::string> check_full(const PlanCase& one) {
  PlanCase full = one;
  full.wish.mode = Mode::full;
  if (!has_core_for_each(full)) return std::nullopt;
  const auto made = plan(full.topology, full.grant, full.wish);
  if (!made) return made.error().sentence();
  if (made->gpus.empty()) return std::nullopt;
  ++compared;
  const double least = least_distance(full, made->gpus);
  if (const double found = planned_least(full); std::abs(found - least) > rounding)
    return cat("planner's least ", decimal(found, 6), ", brute force ", decimal(least, 6));
  const Cost cost = cost_of(full.topology, full.grant, full.wish, made->ranks);
  const double tolerance = full.wish.local_ranks < made->gpus.size() ? 0.1 : 0.05;
  if (cost.distance > least + tolerance + rounding)
    return cat("evened out to ",
               decimal(cost.distance, 6),
               " from ",
               decimal(least, 6),
               "\n",
               testing::plan_text(full.topology, *made));
  const auto units = usable_cores(full).size();
  const auto ranks = full.wish.local_ranks;
  const double imbalance =
      units % ranks == 0 ? 0 : 1 - std::floor(units / ranks) / (std::floor(units / ranks) + 1);
  if (cost.idle > 0 || cost.oversharing > 0 || std::abs(cost.imbalance - imbalance) > rounding)
    return cat("cores idle, GPUs overshared or shares uneven\n",
               testing::plan_text(full.topology, *made));
  return std::nullopt;
}

std::optional<std::string> check_local(const PlanCase& one) {
  PlanCase local = one;
  local.wish.mode = Mode::local;
  if (!has_core_for_each(local)) return std::nullopt;
  const auto made = plan(local.topology, local.grant, local.wish);
  if (!made) return made.error().sentence();
  if (made->gpus.empty()) return std::nullopt;
  ++compared;
  const auto cores = usable_cores(local);
  std::vector<std::vector<std::size_t>> gpus;
  std::vector<std::vector<std::size_t>> units;
  for (const Placement& rank : made->ranks) {
    gpus.push_back(rank.gpus);
    auto& own = units.emplace_back();
    for (const std::size_t core : rank.cores)
      own.push_back(static_cast<std::size_t>(std::ranges::find(cores, core) - cores.begin()));
  }
  const auto distances = distances_for(local.topology, cores, gpus);
  const auto kept = testing::promise_of(distances, units);
  const auto best = testing::best_local(distances);
  if (!best.beats(kept) && !kept.beats(best)) return std::nullopt;
  std::string sizes;
  for (const std::size_t size : best.sizes)
    sizes += cat(' ', size);
  return cat("brute force has sizes",
             sizes,
             " and ",
             best.strangers,
             " ranks with a far core, the plan is\n",
             testing::plan_text(local.topology, *made));
}

std::optional<std::string> check_nics(const PlanCase& one) {
  const auto made = plan(one.topology, one.grant, one.wish);
  if (!made) return made.error().sentence();
  std::vector<std::string> notes;
  const auto nics = usable_nics(one.topology, one.wish.without_nics, notes);
  if (made->gpus.empty() || nics.empty()) return std::nullopt;
  ++compared;
  std::vector<std::vector<std::vector<std::int64_t>>> weights;
  for (const std::size_t nic : nics) {
    auto& row = weights.emplace_back();
    for (const std::size_t gpu : made->gpus)
      row.push_back({path_weight(one.topology, one.topology.gpus[gpu], one.topology.nics[nic])});
  }
  const std::size_t capacity = (made->gpus.size() + nics.size() - 1) / nics.size();
  const auto least = testing::least_assignment(weights, capacity);
  const double mean = static_cast<double>(least[0]) / static_cast<double>(made->gpus.size());
  const Cost cost = cost_of(one.topology, one.grant, one.wish, made->ranks);
  if (std::abs(cost.nic_weight - mean) < rounding && cost.nic_overload == 0) return std::nullopt;
  return cat("NIC weight ",
             decimal(cost.nic_weight, 4),
             ", overload ",
             decimal(cost.nic_overload, 4),
             ", brute force ",
             decimal(mean, 4),
             "\n",
             testing::plan_text(one.topology, *made));
}

void compare(unsigned cases, const testing::Check& check) {
  compared = 0;
  for (unsigned seed = 1; seed <= cases; ++seed) {
    Chance chance(seed);
    const PlanCase one = testing::random_case(chance, tiny());
    ASSERT_FALSE(inconsistency(one.topology)) << "seed " << seed;
    const std::string failure = testing::smallest_failure(one, check);
    ASSERT_EQ(failure, "") << "seed " << seed;
  }
  EXPECT_GT(compared, cases / 3);
}

TEST(Oracle, FullSharingCostsTheLeastOverAllDealingsAndAllSharings) { compare(5000, check_full); }

TEST(Oracle, LocalSharingKeepsItsPromiseAsWellAsItCanBeKept) { compare(2000, check_local); }

TEST(Oracle, NicsWeighTheLeastThatCapacitiesAllow) { compare(5000, check_nics); }

}  // namespace
}  // namespace holdfast::affinity
