// SPDX-License-Identifier: Apache-2.0
// The stable form of a plan. Keys are never renamed; new ones may be added. holdfast-plan-json(5)
// is its page.
#include "cli/render/plan.hpp"
#include "holdfast/affinity/cost.hpp"
#include "holdfast/common/text.hpp"

#include <boost/json.hpp>

namespace holdfast::cli {

namespace {

namespace json = boost::json;
using affinity::MemoryPolicy;
using affinity::Placement;
using affinity::Topology;

json::array numbers_of(const CpuSet& set) {
  json::array out;
  for (const unsigned number : set)
    out.emplace_back(number);
  return out;
}

json::value memory_of(const MemoryPolicy& policy) {
  if (policy.kind == MemoryPolicy::Kind::unchanged) return nullptr;
  const bool many = policy.kind == MemoryPolicy::Kind::preferred_many;
  return json::object{{"policy", many ? "preferred-many" : "preferred"},
                      {"numa", numbers_of(policy.nodes)}};
}

json::object rank_of(const PlanView& view, const Placement& place) {
  const Topology& topology = view.topology;
  json::array cores;
  for (const std::size_t core : place.cores)
    cores.emplace_back(core);
  json::array gpus;
  for (const std::size_t gpu : place.gpus)
    gpus.emplace_back(to_text(topology.gpus[gpu].id));
  json::array nics;
  for (const std::size_t nic : place.nics)
    nics.emplace_back(topology.nics[nic].name);
  json::object environment;
  if (place.rank.value < view.environment.size())
    for (const auto& edit : view.environment[place.rank.value])
      if (!edit.kept) environment[edit.name] = edit.value;
  return {{"rank", place.rank.value},
          {"pus", to_list(place.pus)},
          {"cores", std::move(cores)},
          {"numa", numbers_of(numa_of(topology, place))},
          {"memory", memory_of(place.memory)},
          {"gpus", std::move(gpus)},
          {"nics", std::move(nics)},
          {"env", std::move(environment)},
          {"why", place.why}};
}

json::object cost_of_view(const PlanView& view) {
  const affinity::Cost cost = cost_of(view.topology, view.grant, view.wish, view.plan.ranks);
  return {{"binding", cost.binding()},
          {"total", cost.total()},
          {"unserved", cost.unserved},
          {"distance", cost.distance},
          {"idle", cost.idle},
          {"imbalance", cost.imbalance},
          {"oversharing", cost.oversharing},
          {"nic_weight", cost.nic_weight},
          {"nic_overload", cost.nic_overload}};
}

}  // namespace

std::string plan_json(const PlanView& view) {
  json::array ranks;
  for (const Placement& place : view.plan.ranks)
    ranks.emplace_back(rank_of(view, place));
  json::array rails;
  for (const std::size_t nic : view.plan.rails)
    rails.emplace_back(view.topology.nics[nic].name);
  json::array notes(view.plan.notes.begin(), view.plan.notes.end());
  json::array violations;
  for (auto& sentence : violations_of(view.topology, view.grant, view.wish, view.plan.ranks))
    violations.emplace_back(sentence);
  const json::object plan{{"node", view.node},
                          {"ranks", std::move(ranks)},
                          {"rails", std::move(rails)},
                          {"cost", cost_of_view(view)},
                          {"violations", std::move(violations)},
                          {"notes", std::move(notes)}};
  return json::serialize(plan) + '\n';
}

}  // namespace holdfast::cli
