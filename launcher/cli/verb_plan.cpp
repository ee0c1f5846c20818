// SPDX-License-Identifier: Apache-2.0
// `holdfast plan`: who would get which cores, GPU and NIC, and why. With --for-step it answers the
// plugin instead of a person (plan_for_step.cpp). It changes nothing.
#include "cli/plan_for_step.hpp"
#include "cli/planning.hpp"
#include "cli/render/plan.hpp"
#include "cli/render/svg.hpp"
#include "cli/result_file.hpp"
#include "cli/verbs.hpp"
#include "holdfast/affinity/apply.hpp"
#include "holdfast/affinity/explain.hpp"
#include "holdfast/common/text.hpp"

#include <unistd.h>

namespace holdfast::cli {

namespace {

using step::Planned;

constexpr std::array own_options{
    OptionSpec{"ranks", Takes::number, "R", "ranks on this node; one per GPU unless said"},
    OptionSpec{"json", Takes::nothing, "", "print the plan as JSON, see holdfast-plan-json(5)"},
    OptionSpec{"explain", Takes::nothing, "", "say why: distances, alternatives, every variable"},
    OptionSpec{"svg", Takes::file, "FILE", "draw it; - is standard output"},
};
constexpr auto person_options = with_planning_options(own_options);
constexpr auto options_of_plan = with_step_options(person_options);

std::string node_name(const Planned& planned, bool recorded) {
  if (recorded) return planned.machine.topology.origin;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "this node";
  return name.data();
}

/// What a rank of a one-node job would get: a person asks before there is a step.
std::vector<std::vector<affinity::EnvironmentEdit>> environments(
    const Planned& planned, const affinity::Environment& present) {
  std::vector<std::vector<affinity::EnvironmentEdit>> all;
  const auto size = static_cast<unsigned>(planned.plan.ranks.size());
  for (unsigned rank = 0; rank < size; ++rank) {
    affinity::RankFacts facts;
    facts.rank = GlobalRank(rank);
    facts.local_rank = LocalRank(rank);
    facts.world_size = facts.local_size = size;
    all.push_back(affinity::environment_for(
        planned.machine.topology, planned.plan, facts, planned.environment, present));
  }
  return all;
}

void show_for_people(const PlanView& view, bool explain, Caller& caller) {
  caller.out << draw_plan_table(view);
  if (explain) {
    caller.out << '\n' << affinity::explain(view.topology, view.grant, view.wish, view.plan);
    for (std::size_t rank = 0; rank < view.environment.size(); ++rank)
      caller.out << "\nenvironment of rank " << rank << '\n'
                 << explain_environment(view.environment[rank]);
    return;
  }
  caller.out << '\n';
  for (const auto& place : view.plan.ranks)
    caller.out << "rank " << place.rank.value << ": " << place.why << '\n';
  for (const std::string& note : view.plan.notes)
    caller.out << "note: " << note << '\n';
}

Result<ExitStatus> run_plan(const ParsedOptions& options, Caller& caller) {
  if (options.has("for-step")) return plan_for_step(options, caller);
  auto request = planning_request(options, caller.environment);
  if (!request) return request.error();
  const bool recorded = request->machine.topology.has_value();
  request->whole_node = recorded;
  request->in_step = !recorded && caller.environment.contains("SLURM_STEP_ID");
  if (!recorded)
    if (auto allowed = affinity::read_allowed_cpus()) request->allowed = std::move(*allowed);
  const auto ranks = options.number("ranks");
  if (ranks) {
    request->local_ranks = *ranks;
  } else {
    auto machine = step::read_machine(request->settings, request->machine);
    if (!machine) return machine.error();
    request->local_ranks =
        std::max<unsigned>(1, static_cast<unsigned>(machine->topology.gpus.size()));
  }
  auto planned = step::make_planned(*request, caller.environment);
  if (!planned) return caller.voice.refuse(planned.error(), ExitStatus::no_plan);
  for (const std::string& note : planned->notes)
    caller.voice.warning(note);
  const affinity::Environment nobodys;
  const PlanView view{planned->machine.topology,
                      planned->grant,
                      planned->wish,
                      planned->plan,
                      environments(*planned, recorded ? nobodys : caller.environment),
                      node_name(*planned, recorded)};
  if (const auto file = options.value("svg")) {
    const auto drawn = write_result(caller, *file, draw_svg(view.topology, &view.plan));
    if (!drawn) return drawn.error();
    if (*file == "-") return ExitStatus::ok;
  }
  if (options.has("json"))
    caller.out << plan_json(view);
  else
    show_for_people(view, options.has("explain"), caller);
  return ExitStatus::ok;
}

}  // namespace

const Verb plan_verb{
    .name = "plan",
    .summary = "say who would get which cores, GPU and NIC, and why",
    .about = "Plans the placement of R ranks on this node, or on a recorded one. Changes nothing.",
    .operands = {},
    .options = options_of_plan,
    .examples = "holdfast plan --ranks 8\nholdfast plan --ranks 8 --topology node.xml --explain",
    .run = run_plan,
};

}  // namespace holdfast::cli
