// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/environment.hpp"
#include "holdfast/affinity/plan.hpp"
#include "holdfast/common/cpu_set.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::step {

/// What was granted, and what was odd about it.
struct GrantRead {
  affinity::Grant grant;
  std::vector<std::string> notes;  ///< one sentence each
  bool narrowed{};  ///< Slurm already gave every rank its own GPU (--gpus-per-task, --gpu-bind)
};

/// What else is known besides the environment. PUs and cores are numbered as in the topology (a
/// stand-in is translated before).
struct GrantFacts {
  std::optional<CpuSet> allowed{};               ///< what the kernel lets this process use
  std::optional<std::vector<unsigned>> cores{};  ///< Slurm's abstract core numbers of the step
  bool in_step{};                                ///< started by srun
  std::vector<affinity::GpuId> closed{};         ///< GPUs this process may not open
  bool gpus_without_gres{};  ///< the site does not count GPUs: a step may use all of them
};

/// The CPUs and GPUs this step may use on this node, from Slurm's variables and the kernel's
/// answer; pure. SLURM_STEP_GPUS holds device minors (the N of /dev/nvidiaN in gres.conf); outside
/// Slurm the visible-devices list of the vendor says which GPUs there are to use. What is granted
/// and cannot be opened is left out, for the runtime will not number it either.
[[nodiscard]] GrantRead grant_of(const affinity::Topology& topology,
                                 const affinity::Environment& environment,
                                 const GrantFacts& facts);

/// All PUs of the step on this node by SLURM_CPU_BIND_LIST: Slurm binds each task to its own mask,
/// a plan needs their union. Nothing when Slurm bound nothing.
[[nodiscard]] std::optional<CpuSet> cpus_bound_by_slurm(const affinity::Environment& environment);

}  // namespace holdfast::step
