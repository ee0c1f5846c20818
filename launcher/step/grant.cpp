// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/grant.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::step {

namespace {

using affinity::Environment;
using affinity::Gpu;
using affinity::GpuId;
using affinity::Topology;

const std::string* find(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? nullptr : &found->second;
}

/// PUs of Slurm's abstract cores: the topology keeps its cores in that order.
std::optional<CpuSet> pus_of_cores(const Topology& topology, const std::vector<unsigned>& cores) {
  CpuSet pus;
  for (const unsigned core : cores) {
    if (core >= topology.cores.size()) return std::nullopt;  // Slurm was told another machine
    pus |= topology.cores[core].pus;
  }
  return pus;
}

CpuSet granted_pus(const Topology& topology,
                   const GrantFacts& facts,
                   std::vector<std::string>& notes) {
  CpuSet pus = topology.pus();
  if (facts.allowed) pus &= *facts.allowed;
  if (!facts.cores) return pus;
  const auto of_cores = pus_of_cores(topology, *facts.cores);
  if (!of_cores) {
    notes.emplace_back(
        "Slurm's core numbers do not fit this machine; using every CPU the kernel allows");
    return pus;
  }
  // The kernel's mask of the launching daemon may be another job's leftover; Slurm's own account
  // wins then.
  if (!of_cores->intersects(pus)) return *of_cores;
  return pus & *of_cores;
}

/// The GPUs with these numbers. A number is a device minor where minors are known, else the place
/// in the runtime's order.
std::optional<std::vector<GpuId>> gpus_numbered(const Topology& topology, std::string_view list) {
  const auto has_minor = [](const Gpu& gpu) { return gpu.minor.has_value() && !gpu.id.partition; };
  const bool minors = !topology.gpus.empty() && std::ranges::all_of(topology.gpus, has_minor);
  std::vector<GpuId> ids;
  const auto numbers = parse_cpu_list(list);  // Slurm writes 0,1,4-7 here, the form of a CPU list
  if (!numbers) return std::nullopt;
  for (std::size_t i = 0; i < topology.gpus.size(); ++i) {
    const unsigned number = minors ? *topology.gpus[i].minor : static_cast<unsigned>(i);
    if (numbers->contains(number)) ids.push_back(topology.gpus[i].id);
  }
  if (ids.size() != numbers->size()) return std::nullopt;
  return ids;
}

/// The GPUs a visible-devices list names by index or UUID.
std::optional<std::vector<GpuId>> gpus_visible(const Topology& topology, std::string_view list) {
  std::vector<GpuId> ids;
  for (const auto part : split(list, ',')) {
    const std::string_view entry = trim(part);
    const auto index = parse_number<std::size_t>(entry);
    const auto same = [&](const Gpu& gpu) {
      return !gpu.uuid.empty() && gpu.uuid.starts_with(entry);
    };
    if (index && *index < topology.gpus.size()) {
      ids.push_back(topology.gpus[*index].id);
    } else if (const auto found = std::ranges::find_if(topology.gpus, same);
               !index && found != topology.gpus.end()) {
      ids.push_back(found->id);
    } else {
      return std::nullopt;
    }
  }
  return ids;
}

bool gpus_per_task(const Environment& environment) {
  constexpr std::array names{
      "SLURM_GPUS_PER_TASK", "SLURM_GPU_BIND", "SLURM_TRES_BIND", "SLURMD_TRES_BIND"};
  return std::ranges::any_of(names, [&](const char* name) {
    const std::string* value = find(environment, name);
    return value != nullptr && !value->empty() && value->find("none") == std::string::npos;
  });
}

void grant_gpus(const Topology& topology,
                const Environment& environment,
                const GrantFacts& facts,
                GrantRead& read) {
  if (topology.gpus.empty()) return;
  for (const char* name : {"SLURM_STEP_GPUS", "SLURM_JOB_GPUS"}) {
    const std::string* list = find(environment, name);
    if (list == nullptr) continue;
    read.grant.gpus = gpus_numbered(topology, *list);
    if (!read.grant.gpus)
      read.notes.push_back(cat(name,
                               "=",
                               *list,
                               " does not fit the ",
                               topology.gpus.size(),
                               " GPUs of this node; using all of them"));
    return;
  }
  for (const char* name : {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"}) {
    const std::string* list = find(environment, name);
    if (list == nullptr) continue;
    read.grant.gpus = gpus_visible(topology, *list);
    if (!read.grant.gpus)
      read.notes.push_back(
          cat(name, "=", *list, " does not fit the GPUs of this node; using all of them"));
    return;
  }
  // Slurm sets nothing at all for a step without GPUs; a site that does not count GPUs says so.
  if (facts.in_step && !facts.gpus_without_gres) read.grant.gpus.emplace();
}

/// One that cannot be opened is no GPU to the runtime: a rank placed beside it would use another.
void leave_out_closed(const Topology& topology, const std::vector<GpuId>& closed, GrantRead& read) {
  // Where Slurm gave every rank its own GPU, each finds the others' closed: they would plan for
  // different nodes and take each other's cores.
  if (read.narrowed) return;
  std::vector<GpuId> open;
  std::vector<std::string> shut;
  for (const Gpu& gpu : topology.gpus) {
    const auto is_it = [&](const GpuId& id) { return id == gpu.id; };
    if (read.grant.gpus && std::ranges::none_of(*read.grant.gpus, is_it)) continue;
    if (std::ranges::any_of(closed, is_it))
      shut.push_back(to_text(gpu.id));
    else
      open.push_back(gpu.id);
  }
  if (shut.empty()) return;
  const std::string names = join(shut, ", ");
  if (open.empty()) {
    read.notes.push_back(
        cat("no granted GPU can be opened by this process (", names, "); planning for them"));
    return;
  }
  read.notes.push_back(cat("GPU ", names, " is granted but cannot be opened; left out"));
  read.grant.gpus = std::move(open);
}

}  // namespace

std::optional<CpuSet> cpus_bound_by_slurm(const Environment& environment) {
  const std::string* type = find(environment, "SLURM_CPU_BIND_TYPE");
  const std::string* list = find(environment, "SLURM_CPU_BIND_LIST");
  if (type == nullptr || list == nullptr || !type->starts_with("mask_cpu")) return std::nullopt;
  CpuSet all;
  for (const auto mask : split(*list, ',')) {
    const std::string_view digits = mask.starts_with("0x") ? mask.substr(2) : mask;
    // Slurm writes one long hexadecimal number per task: cut it into the 32-bit words a mask is
    // made of.
    std::string words;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      if (i != 0 && (digits.size() - i) % 8 == 0) words += ',';
      words += digits[i];
    }
    const auto set = parse_cpu_mask(words);
    if (!set) return std::nullopt;
    all |= *set;
  }
  if (all.empty()) return std::nullopt;
  return all;
}

GrantRead grant_of(const Topology& topology,
                   const Environment& environment,
                   const GrantFacts& facts) {
  GrantRead read;
  read.grant.pus = granted_pus(topology, facts, read.notes);
  read.narrowed = facts.in_step && gpus_per_task(environment);
  grant_gpus(topology, environment, facts, read);
  leave_out_closed(topology, facts.closed, read);
  return read;
}

}  // namespace holdfast::step
