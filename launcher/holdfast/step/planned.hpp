// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/environment.hpp"
#include "holdfast/affinity/handover.hpp"
#include "holdfast/affinity/plan.hpp"
#include "holdfast/common/result.hpp"
#include "holdfast/step/grant.hpp"
#include "holdfast/step/machine.hpp"
#include "holdfast/step/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::step {

/// Everything a plan for this node depends on. What is not said here is the site's setting.
struct PlanRequest {
  Settings settings;
  MachineWish machine;
  unsigned local_ranks{1};
  std::optional<affinity::Mode> mode;
  std::optional<affinity::Visible> visible;
  std::optional<unsigned> threads_per_core;
  std::optional<std::string> cpus;  ///< CPU list of the planned machine; none: what is granted
  std::optional<std::string>
      gpus;  ///< numbers in the runtime's order or PCI addresses, comma-separated
  std::vector<std::string> without;  ///< GPUs by address, NICs by name, besides the site's
  std::optional<CpuSet> allowed;     ///< what the kernel of this machine allows; none: everything
  std::optional<std::vector<unsigned>> cores;  ///< Slurm's abstract cores of the step
  bool in_step{};     ///< the environment is that of a step: it says which GPUs are granted
  bool whole_node{};  ///< neither environment nor kernel restricts the plan: for recorded machines
  bool rank_nics{};
  bool nvshmem{};
};

/// A plan with all it was made from.
struct Planned {
  Machine machine;
  affinity::Grant grant;
  affinity::Wish wish;
  affinity::EnvironmentWish environment;
  affinity::Plan plan;
  std::vector<std::string> notes;  ///< about machine and grant; the plan has its own
  bool narrowed{};                 ///< Slurm gave every rank its own GPU already
};

[[nodiscard]] Result<Planned> make_planned(const PlanRequest& request,
                                           const affinity::Environment& environment);

/// What one rank gets: its placement as this machine's kernel numbers things, and its environment
/// edits, those that tell the grant included. A CPU or memory binding the user chose (--cpu-bind,
/// --mem-bind) stays: then there is none here.
[[nodiscard]] affinity::RankOrders orders_for(const Planned& planned,
                                              const affinity::RankFacts& rank,
                                              const affinity::Environment& environment);

/// The rank's PUs for people: "PUs 2-3", on a stand-in "PUs 2-3 (played by 0-1)".
[[nodiscard]] std::string pus_in_words(const Planned& planned, LocalRank rank);

/// The warning that Slurm's own per-task GPU binding deserves; empty when there is none.
[[nodiscard]] std::string narrowed_warning(const Planned& planned);

}  // namespace holdfast::step
