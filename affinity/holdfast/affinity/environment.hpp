// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// Which GPUs a rank's runtime sees. Hiding peers breaks CUDA IPC and NCCL's P2P detection in many
/// set-ups, so `all` is the default.
enum class Visible {
  all,    ///< every GPU of the step, in unchanged order: LOCAL_RANK picks
  first,  ///< own GPU rotated to device 0, peers still visible
  only,   ///< own GPU alone: for codes that take device 0
};

/// Who reads per-rank NIC variables. NCCL never gets a list that differs between ranks of a node.
struct EnvironmentWish {
  Visible visible{Visible::all};
  bool rank_nics{};  ///< set UCX_NET_DEVICES, FI_*: asked for, or the job is MPI
  bool nvshmem{};    ///< set NVSHMEM_* NIC mapping
};

/// Where a rank stands in its step.
struct RankFacts {
  GlobalRank rank;
  unsigned world_size{1};
  LocalRank local_rank;
  unsigned local_size{1};
  unsigned node_rank{};
  unsigned nodes{1};
  std::string master_addr;                   ///< empty: not known, then not set
  std::optional<std::uint16_t> master_port;  ///< none: not known, then not set
};

using Environment = std::map<std::string, std::string, std::less<>>;

/// One change to a rank's environment, and why.
struct EnvironmentEdit {
  std::string name;
  std::string value;
  std::string receiver;  ///< who reads it: "NCCL", "torch.distributed", "OpenMP"
  std::string reason;    ///< one sentence
  bool kept{};  ///< the user had set it: `value` is what would have been set, nothing is changed

  friend bool operator==(const EnvironmentEdit&, const EnvironmentEdit&) = default;
};

/// Everything holdfast sets for one rank, in a fixed order; pure. `present` is the environment the
/// rank would have without us: what the user set there stays, and the visible-devices list Slurm
/// left there is the list that is reordered or cut (its entries may be indices, UUIDs or MIG
/// names). Variables that must be equal on all ranks of a node are.
[[nodiscard]] std::vector<EnvironmentEdit> environment_for(const Topology& topology,
                                                           const Plan& plan,
                                                           const RankFacts& rank,
                                                           const EnvironmentWish& wish,
                                                           const Environment& present);

}  // namespace holdfast::affinity
