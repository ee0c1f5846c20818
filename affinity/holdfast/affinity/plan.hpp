// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/memory_policy.hpp"
#include "holdfast/affinity/topology.hpp"
#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/id.hpp"
#include "holdfast/common/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// What Slurm granted to this step on this node. A plan never reaches outside it.
struct Grant {
  std::optional<CpuSet> pus;               ///< the step's cpuset (not the node's); none = every PU
  std::optional<std::vector<GpuId>> gpus;  ///< none = every GPU; empty = no GPU; an id without
                                           ///< partition means all partitions of that function
};

enum class Mode {
  full,   ///< all granted cores, equal shares ±1, least distance (within 0.05, which buys that far
          ///< cores are spread evenly over the ranks): data loaders use the remote ones
  local,  ///< only cores local to the rank's GPU, as fairly as they can be shared
};

/// What the user and the site want.
struct Wish {
  unsigned local_ranks{1};
  Mode mode{Mode::full};
  unsigned threads_per_core{};  ///< PUs used of each core; 0 = all of them
  CpuSet kept_for_system;       ///< PUs no rank gets (left out unless nothing else would remain)
  std::vector<GpuId> without_gpus;  ///< dead or sick: planned around
  std::vector<std::string> without_nics;
};

/// The place of one rank. `gpus` and `nics` are indices into the topology.
struct Placement {
  LocalRank rank;
  CpuSet pus;                      ///< never empty
  std::vector<std::size_t> cores;  ///< indices of the cores the PUs belong to, ascending
  MemoryPolicy memory;
  std::vector<std::size_t> gpus;  ///< own GPUs, in the runtime's order
  std::vector<std::size_t> nics;  ///< in the order of the GPUs they serve; empty on a node without
                                  ///< a usable NIC
  std::string why;                ///< one sentence

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// A plan for one node. Ranks are complete and in order: ranks[i].rank is i.
struct Plan {
  std::vector<Placement> ranks;
  std::vector<std::size_t> granted_gpus;  ///< what Slurm gave, in the runtime's order, sick too
  std::vector<std::size_t> gpus;          ///< granted and well, in the runtime's order
  std::vector<std::size_t>
      rails;  ///< usable NICs, ordered by the first GPU they serve: the same list for every rank
  std::vector<std::string>
      notes;  ///< what was left out and why, a sentence each: "mlx5_3 left out: port 1 is down"

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// Pure: same arguments, same plan; the order in which a reader met devices changes nothing. Fails
/// only on a wish or grant that cannot be met at all (no rank, more ranks than `max_local_ranks`,
/// no core left, a granted GPU this node has not).
[[nodiscard]] Result<Plan> plan(const Topology& topology, const Grant& grant, const Wish& wish);

/// More than any node runs; a bound keeps a typo from planning for hours.
inline constexpr unsigned max_local_ranks = 4096;

/// The NICs that may carry a job's traffic, in PCI order: not left out, a port not known to be
/// down, of the fastest fabric there is (InfiniBand, Slingshot, Omni-Path, EFA before RoCE, plain
/// Ethernet only where nothing else is). `notes` receives what was left out.
[[nodiscard]] std::vector<std::size_t> usable_nics(const Topology& topology,
                                                   const std::vector<std::string>& without,
                                                   std::vector<std::string>& notes);

}  // namespace holdfast::affinity
