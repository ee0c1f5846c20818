// SPDX-License-Identifier: Apache-2.0
// From a request to a plan, and from a plan to one rank's orders. Called by the verbs `plan` and
// `exec`; both therefore place alike, and so does the plugin, which asks `plan --for-step`.
#include "holdfast/step/planned.hpp"

#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::step {

namespace {

using affinity::Environment;
using affinity::GpuId;
using affinity::Topology;

Failure no_such_gpu(std::string_view word, const Topology& topology) {
  return {FailureKind::bad_input,
          cat("there is no GPU \"",
              word.substr(0, 60),
              "\" among the ",
              topology.gpus.size(),
              " of ",
              topology.origin),
          "name it by number or PCI address as `holdfast topo` shows it",
          {}};
}

Result<GpuId> gpu_called(const Topology& topology, std::string_view word) {
  if (const auto index = parse_number<std::size_t>(word)) {
    if (*index < topology.gpus.size()) return topology.gpus[*index].id;
    return no_such_gpu(word, topology);
  }
  const auto id = affinity::parse_gpu_id(word);
  const auto is_it = [&](const affinity::Gpu& gpu) { return id && gpu.id == *id; };
  if (std::ranges::none_of(topology.gpus, is_it)) return no_such_gpu(word, topology);
  return *id;
}

Result<std::vector<GpuId>> gpus_called(const Topology& topology, std::string_view list) {
  std::vector<GpuId> ids;
  for (const auto word : split(list, ',')) {
    const std::string_view name = trim(word);
    // "0-3" is a range of numbers; a PCI address has colons.
    if (name.find('-') != std::string_view::npos && name.find(':') == std::string_view::npos) {
      const auto range = parse_cpu_list(name);
      if (!range) return no_such_gpu(name, topology);
      for (const unsigned index : *range) {
        if (index >= topology.gpus.size()) return no_such_gpu(cat(index), topology);
        ids.push_back(topology.gpus[index].id);
      }
      continue;
    }
    const auto id = gpu_called(topology, name);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  return ids;
}

/// Sorts "leave these out" into GPUs and NICs; a name that is neither is a mistake worth telling.
std::optional<Failure> leave_out(affinity::Wish& wish,
                                 const Topology& topology,
                                 const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (std::ranges::any_of(topology.nics,
                            [&](const affinity::Nic& nic) { return nic.name == word; })) {
      wish.without_nics.push_back(word);
    } else {
      const auto id = gpu_called(topology, word);
      if (!id)
        return Failure{
            FailureKind::bad_input,
            cat('"', word.substr(0, 60), "\" is neither a GPU nor a NIC of ", topology.origin),
            "name it as `holdfast topo` shows it",
            {}};
      wish.without_gpus.push_back(*id);
    }
  }
  return std::nullopt;
}

affinity::Wish wish_of(const PlanRequest& request) {
  affinity::Wish wish;
  wish.local_ranks = request.local_ranks;
  wish.mode = request.mode.value_or(request.settings.mode);
  wish.threads_per_core = request.threads_per_core.value_or(request.settings.threads_per_core);
  wish.kept_for_system = request.settings.kept_for_system;
  wish.without_gpus = request.settings.without_gpus;
  wish.without_nics = request.settings.without_nics;
  return wish;
}

GrantRead read_grant(const PlanRequest& request,
                     const Machine& machine,
                     const Environment& environment) {
  const Topology& topology = machine.topology;
  if (request.whole_node) return {};
  GrantFacts facts;
  if (request.allowed)
    facts.allowed = machine.stand_in.to_recorded(*request.allowed, topology.pus());
  facts.cores = request.cores;
  facts.in_step = request.in_step;
  if (!request.machine.topology)
    facts.closed = affinity::read_closed_gpus(topology, request.machine.root);
  facts.gpus_without_gres = request.settings.gpus_without_gres;
  return grant_of(topology, environment, facts);
}

bool set_by_user(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found != environment.end() && !found->second.empty();
}

/// --mem-bind as stepd passes it on; "none" and plain verbosity bind nothing.
bool memory_is_users(const Environment& environment) {
  const auto type = environment.find("SLURM_MEM_BIND_TYPE");
  return type != environment.end() && !type->second.empty() && !type->second.starts_with("none");
}

std::string step_name(const Environment& environment) {
  const auto job = environment.find("SLURM_JOB_ID");
  const auto step = environment.find("SLURM_STEP_ID");
  if (job == environment.end() || step == environment.end()) return {};
  return cat(job->second, '.', step->second);
}

}  // namespace

Result<Planned> make_planned(const PlanRequest& request, const Environment& environment) {
  Planned planned;
  auto machine = read_machine(request.settings, request.machine);
  if (!machine) return machine.error();
  planned.machine = std::move(*machine);
  const Topology& topology = planned.machine.topology;

  GrantRead read = read_grant(request, planned.machine, environment);
  planned.grant = std::move(read.grant);
  planned.notes = std::move(read.notes);
  if (!planned.machine.warning.empty()) planned.notes.push_back(planned.machine.warning);
  planned.narrowed = read.narrowed;
  if (request.cpus) {
    const auto cpus = parse_cpu_list(*request.cpus);
    if (!cpus) return cpus.error();
    planned.grant.pus = *cpus;
  }
  if (request.gpus) {
    auto gpus = gpus_called(topology, *request.gpus);
    if (!gpus) return gpus.error();
    planned.grant.gpus = std::move(*gpus);
  }

  planned.wish = wish_of(request);
  if (auto failure = leave_out(planned.wish, topology, request.without)) return std::move(*failure);
  planned.environment = {request.visible.value_or(request.settings.visible),
                         request.rank_nics || request.settings.rank_nics,
                         request.nvshmem};
  auto plan = affinity::plan(topology, planned.grant, planned.wish);
  if (!plan) return plan.error();
  planned.plan = std::move(*plan);
  if (!planned.machine.note.empty()) planned.plan.notes.push_back(planned.machine.note);
  return planned;
}

affinity::RankOrders orders_for(const Planned& planned,
                                const affinity::RankFacts& rank,
                                const Environment& environment) {
  affinity::RankOrders orders;
  orders.local_rank = rank.local_rank.value;
  if (orders.local_rank >= planned.plan.ranks.size()) return orders;
  const affinity::Placement& place = planned.plan.ranks[orders.local_rank];
  const StandIn& stand_in = planned.machine.stand_in;
  const bool own_binding = set_by_user(environment, "HOLDFAST_CPU_BIND_IS_USERS");
  if (!own_binding) {
    orders.cpus = stand_in.to_real(place.pus);
    if (!memory_is_users(environment)) orders.memory = stand_in.to_real(place.memory);
  }
  for (auto& edit : affinity::environment_for(
           planned.machine.topology, planned.plan, rank, planned.environment, environment)) {
    // Where the user chose the CPUs, ours would be told and not be true.
    if (edit.kept || (own_binding && edit.name == "HOLDFAST_CPUS")) continue;
    orders.environment.emplace_back(std::move(edit.name), std::move(edit.value));
  }
  // A command inside this rank (`holdfast exec` below torchrun) finds only the rank's own mask: it
  // needs the step's.
  if (const std::string step = step_name(environment); !step.empty()) {
    const CpuSet granted = planned.grant.pus.value_or(planned.machine.topology.pus());
    orders.environment.emplace_back("HOLDFAST_STEP", step);
    orders.environment.emplace_back("HOLDFAST_STEP_CPUS", to_list(granted));
  }
  orders.why = place.why;
  return orders;
}

std::string pus_in_words(const Planned& planned, LocalRank rank) {
  const CpuSet& pus = planned.plan.ranks.at(rank.value).pus;
  std::string words = cat("PUs ", to_list(pus));
  const StandIn& stand_in = planned.machine.stand_in;
  if (stand_in.active()) words += cat(" (played by ", to_list(stand_in.to_real(pus)), ')');
  return words;
}

std::string narrowed_warning(const Planned& planned) {
  if (!planned.narrowed) return {};
  return "Slurm gives every rank its own GPU (--gpus-per-task or --gpu-bind), which hides peers "
         "from NCCL; ask with --gpus-per-node or "
         "--gres, or add --gres-flags=allow-task-sharing from Slurm 23.11 on";
}

}  // namespace holdfast::step
