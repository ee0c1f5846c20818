// SPDX-License-Identifier: Apache-2.0
// A distributed checkpoint of PyTorch as bytes: one file per rank, and the index over them.
#pragma once

#include "support/checkpoint/python.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::checkpoint::testing {

struct DcpStyle {
  unsigned ranks{4};
  int protocol{4};
  std::string module{"torch.distributed.checkpoint"};  ///< of the classes; 1.13 has another
  std::vector<std::string> tensors{"model.weight", "optimizer.exp_avg", "train_state.loss"};
  std::uint64_t elements{2048};  ///< of each tensor, split over the ranks
  bool common_state{};           ///< Megatron keeps its state in the index
};

struct DcpFiles {
  std::vector<std::string> shards;  ///< by rank: __R_0.distcp
  std::string index;                ///< .metadata
};

[[nodiscard]] DcpFiles dcp_files(std::uint64_t seed, const DcpStyle& style = {});

/// An index alone, with so many entries that lie nowhere: for measuring its reader.
[[nodiscard]] std::string large_dcp_index(std::size_t entries);

}  // namespace holdfast::checkpoint::testing
