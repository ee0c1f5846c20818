// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/recovery/evidence.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace holdfast::recovery {

/// Who printed a line, and the line without the labels that say so.
struct Speaker {
  std::string node;  ///< empty where it cannot be known
  std::optional<unsigned> rank;
  std::string_view text;
};

/// The ranks of an attempt, to look up by number and by name.
class RankIndex {
 public:
  explicit RankIndex(std::vector<RankBlock> blocks);

  [[nodiscard]] bool has(unsigned rank) const { return block_of(rank) != nullptr; }
  [[nodiscard]] std::string node_of(unsigned rank) const;
  [[nodiscard]] bool is_node(std::string_view name) const;
  [[nodiscard]] std::size_t nodes() const { return names_.size(); }
  [[nodiscard]] const std::vector<RankBlock>& blocks() const { return blocks_; }

  /// By what the line's collector knows, else by the labels that srun -l ("3: "), PyTorch
  /// ("[rank3]: ") and NCCL ("host:pid:tid ") print. A rank or a host the attempt does not have is
  /// no label.
  [[nodiscard]] Speaker speaker_of(const Line& line) const;

 private:
  [[nodiscard]] const RankBlock* block_of(unsigned rank) const;

  std::vector<RankBlock> blocks_;  // by first rank
  std::unordered_set<std::string> names_;
};

}  // namespace holdfast::recovery
