// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/environment.hpp"
#include "holdfast/common/result.hpp"

#include <optional>
#include <string>

namespace holdfast::step {

/// Where the calling process stands among the ranks of its step, and who says so.
struct StepFacts {
  affinity::RankFacts rank;
  std::string launcher;  ///< "srun", "torchrun", "mpirun", "hydra", "LOCAL_RANK" or "none"
};

/// Reads the calling rank's place from its environment; pure. torchrun's variables win over
/// mpirun's, those over srun's: the innermost launcher knows best, and a batch script inherits
/// SLURM_LOCALID=0 although no srun started it. `workers` is the number of workers this node's
/// launcher starts, where the environment does not say it. Nothing known: one rank, alone.
[[nodiscard]] Result<StepFacts> facts_of(const affinity::Environment& environment,
                                         std::optional<unsigned> workers);

/// This node's place among those of an attempt of `holdfast run` (HOLDFAST_NODE_ORDER), which is
/// the place of its ranks; nothing outside of one.
[[nodiscard]] std::optional<unsigned> place_in_order(const affinity::Environment& environment);

/// Ranks on node `node` by Slurm's compressed list "8(x3),4": 8 8 8 4.
[[nodiscard]] std::optional<unsigned> tasks_on_node(std::string_view tasks_per_node, unsigned node);

/// Where the ranks of a step meet. What the user set counts first, then what the plugin found
/// (HOLDFAST_MASTER_*), then what can be computed; what an outer holdfast step left behind (named
/// in HOLDFAST_SET) does not count.
struct Rendezvous {
  std::string address;                ///< empty: unknown
  std::optional<std::uint16_t> port;  ///< none: unknown
  bool computed{};                    ///< nobody has looked whether the port is free
};
[[nodiscard]] Rendezvous rendezvous_of(const affinity::Environment& environment);

/// A step's port for MASTER_PORT where no plugin found one: SLURM_STEP_RESV_PORTS, else one
/// computed from job and step id, equal on all nodes, below the kernel's ephemeral range. Nobody
/// has looked whether it is free.
[[nodiscard]] std::optional<std::uint16_t> computed_port(const affinity::Environment& environment);

}  // namespace holdfast::step
