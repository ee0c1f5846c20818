// SPDX-License-Identifier: Apache-2.0
// What holds for every plan, on random nodes of real size with random grants.
#include "holdfast/affinity/cost.hpp"
#include "holdfast/common/text.hpp"
#include "plan_text.hpp"
#include "random_node.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using testing::Chance;
using testing::PlanCase;

testing::NodeLimits real_size() {
  testing::NodeLimits limits;
  limits.packages = 3;
  limits.numa_per_package = 3;
  limits.l3_per_numa = 3;
  limits.cores_per_l3 = 4;
  limits.gpus = 9;
  limits.nics = 11;
  limits.ranks = 36;
  return limits;
}

void hold(unsigned first_seed, unsigned cases, const testing::Check& check) {
  for (unsigned seed = first_seed; seed < first_seed + cases; ++seed) {
    Chance chance(seed);
    const PlanCase one = testing::random_case(chance, real_size());
    ASSERT_FALSE(inconsistency(one.topology)) << "seed " << seed;
    const std::string failure = testing::smallest_failure(one, check);
    ASSERT_EQ(failure, "") << "seed " << seed;
  }
}

std::optional<std::string> violations(const PlanCase& one, const Plan& made) {
  const auto found = violations_of(one.topology, one.grant, one.wish, made.ranks);
  if (found.empty()) return std::nullopt;
  return join(found, "; ") + "\n" + testing::plan_text(one.topology, made);
}

std::optional<std::string> check_promises(const PlanCase& one) {
  const auto made = plan(one.topology, one.grant, one.wish);
  if (!made) return made.error().sentence();
  if (auto found = violations(one, *made)) return found;
  std::vector<std::string> notes;
  const auto nics = usable_nics(one.topology, one.wish.without_nics, notes);
  for (const Placement& rank : made->ranks) {
    if (rank.why.empty()) return cat("rank ", rank.rank.value, " has no reason");
    if (rank.nics.empty() != nics.empty())
      return cat("NICs of rank ", rank.rank.value, " are wrong");
    for (const unsigned node : rank.memory.nodes)
      for (const MemoryNode& memory : one.topology.memory)
        if (memory.id.value == node && (memory.gpu_memory || memory.pus.empty()))
          return cat("rank ", rank.rank.value, " takes memory without CPUs");
  }
  if (cost_of(one.topology, one.grant, one.wish, made->ranks).oversharing > 0)
    return "a GPU has more ranks than its share";
  return std::nullopt;
}

/// In full mode the ranks have all usable PUs together, so their union tells how many cores there
/// are.
std::optional<std::string> check_fair_sizes(const PlanCase& one) {
  PlanCase full = one;
  full.wish.mode = Mode::full;
  const auto made = plan(full.topology, full.grant, full.wish);
  if (!made) return made.error().sentence();
  std::map<unsigned, std::size_t> ranks_on;
  std::set<std::size_t> all_cores;
  std::vector<std::size_t> cores;
  std::vector<std::size_t> pus;
  for (const Placement& rank : made->ranks) {
    cores.push_back(rank.cores.size());
    pus.push_back(rank.pus.size());
    all_cores.insert(rank.cores.begin(), rank.cores.end());
    for (const unsigned pu : rank.pus)
      ++ranks_on[pu];
  }
  const auto is_even = [](const std::vector<std::size_t>& counts) {
    const auto [least, most] = std::ranges::minmax(counts);
    return most - least <= 1;
  };
  std::vector<std::size_t> users;
  for (const auto& [_, count] : ranks_on)
    users.push_back(count);
  if (cost_of(full.topology, full.grant, full.wish, made->ranks).idle > 0)
    return "cores stay idle in full mode";
  if (!is_even(users)) return "some PUs serve more ranks than others";
  if (!is_even(made->ranks.size() <= all_cores.size() ? cores : pus))
    return "shares differ by more than one";
  return std::nullopt;
}

template <class Thing>
void shuffle(Chance& chance, std::vector<Thing>& things) {
  for (std::size_t i = things.size(); i > 1; --i)
    std::swap(things[i - 1], things[chance.up_to(static_cast<unsigned>(i - 1))]);
}

/// The same machine as another reader might have met it.
Topology shuffled(Chance& chance, const Topology& node) {
  Topology other = node;
  shuffle(chance, other.cores);
  shuffle(chance, other.memory);
  shuffle(chance, other.nics);
  // Bridges: any order that keeps parents first. Hosts and switches are drawn one by one.
  std::vector<std::size_t> place(node.bridges.size(), node.bridges.size());
  other.bridges.clear();
  while (other.bridges.size() < node.bridges.size()) {
    const std::size_t next = chance.up_to(static_cast<unsigned>(node.bridges.size() - 1));
    const auto& parent = node.bridges[next].parent;
    if (place[next] != node.bridges.size()) continue;
    if (parent && place[*parent] == node.bridges.size()) continue;
    place[next] = other.bridges.size();
    other.bridges.push_back(
        {node.bridges[next].name, parent ? std::optional(place[*parent]) : std::nullopt});
  }
  for (Gpu& gpu : other.gpus)
    if (gpu.behind) gpu.behind = place[*gpu.behind];
  for (Nic& nic : other.nics)
    if (nic.behind) nic.behind = place[*nic.behind];
  return other;
}

/// All that a plan says, without indices.
std::string told(const Topology& node, const Plan& made) {
  std::string text = testing::plan_text(node, made) + testing::rails_text(node, made) + "\n";
  for (const Placement& rank : made.ranks)
    text += cat(to_list(rank.pus), ' ', rank.why, "\n");
  return text + join(made.notes, "\n");
}

std::optional<std::string> check_order_does_not_matter(const PlanCase& one) {
  Chance chance(one.topology.cores.size() * 31 + one.wish.local_ranks);
  PlanCase other = one;
  other.topology = shuffled(chance, one.topology);
  const auto made = plan(one.topology, one.grant, one.wish);
  const auto again = plan(other.topology, other.grant, other.wish);
  if (!made || !again) return made ? again.error().sentence() : made.error().sentence();
  const std::string first = told(one.topology, *made);
  const std::string second = told(other.topology, *again);
  if (first == second) return std::nullopt;
  return cat("two orders of one node, two plans:\n", first, "\nand\n", second);
}

std::optional<std::string> check_losses(const PlanCase& one) {
  for (const Gpu& gpu : one.topology.gpus) {
    PlanCase less = one;
    less.wish.without_gpus.push_back(gpu.id);
    const auto made = plan(less.topology, less.grant, less.wish);
    if (!made) return made.error().sentence();
    if (auto found = violations(less, *made)) return found;
  }
  for (const Nic& nic : one.topology.nics) {
    PlanCase less = one;
    less.wish.without_nics.push_back(nic.name);
    const auto made = plan(less.topology, less.grant, less.wish);
    if (!made) return made.error().sentence();
    if (auto found = violations(less, *made)) return found;
  }
  return std::nullopt;
}

TEST(EveryPlan, HasNoViolationAndAReasonForEachRank) { hold(1, 1000, check_promises); }

TEST(EveryPlan, SharesFairlyAndLeavesNoCoreIdleInFullMode) { hold(10'001, 800, check_fair_sizes); }

TEST(EveryPlan, IsTheSameWhateverOrderAReaderMetThingsIn) {
  hold(20'001, 800, check_order_does_not_matter);
}

TEST(EveryPlan, SurvivesTheLossOfAnyGpuOrNic) { hold(30'001, 200, check_losses); }

}  // namespace
}  // namespace holdfast::affinity
