// SPDX-License-Identifier: Apache-2.0
// Which ranks run on which node. Slurm is told by a host file (one line a rank), because any other
// way sorts the nodes and a replaced node would move every rank behind it. Pure.
#pragma once

#include "holdfast/attempt/srun_line.hpp"
#include "holdfast/common/result.hpp"

#include <span>
#include <string>
#include <vector>

namespace holdfast::attempt {

/// One host per rank. Nodes in the order of their lowest rank.
struct RankMap {
  std::vector<std::string> host_of_rank;

  [[nodiscard]] std::vector<std::string> nodes() const;
  [[nodiscard]] unsigned ranks_on(std::string_view node) const;
};

/// How many nodes and ranks an attempt of full size has.
struct Size {
  unsigned nodes{};
  unsigned ranks{};
};

/// From the srun line, else from what sbatch was asked (SLURM_NTASKS, SLURM_NTASKS_PER_NODE as
/// numbers, if any), else one rank a node. `nodes` is --nodes of `holdfast run`, else srun's -N,
/// else the allocation without its spares.
struct SizeWish {
  unsigned allocated{};
  std::optional<unsigned> nodes;  ///< holdfast run --nodes
  unsigned spares{};              ///< holdfast run --spares
  std::optional<unsigned> job_ranks;
  std::optional<unsigned> job_ranks_per_node;
};
[[nodiscard]] Result<Size> size_of(const SrunLine& line, const SizeWish& wish);

/// Deals `ranks` to `nodes` evenly, the first ones one more.
[[nodiscard]] RankMap deal(std::span<const std::string> nodes, unsigned ranks, Dealing dealing);

/// The text of the file that SLURM_HOSTFILE names.
[[nodiscard]] std::string host_file(const RankMap& map);

}  // namespace holdfast::attempt
