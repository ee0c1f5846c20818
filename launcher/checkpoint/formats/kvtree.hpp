// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// A tree of names as LLNL's KVTree keeps it on disk: SCR's index.scr and summary.scr. A value is a
/// branch without branches of its own: COMPLETE -> "1".
struct KvTree {
  std::string key;
  std::vector<KvTree> branches;

  [[nodiscard]] const KvTree* find(std::string_view name) const;
  /// The one thing below `name`, as SCR writes values: value("COMPLETE") is "1".
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
};

/// Reads a whole file of that form. Magic, declared size and CRC-32 must agree, so success means
/// that the file is as it was written.
[[nodiscard]] Result<KvTree> parse_kvtree(std::string_view file);

}  // namespace holdfast::checkpoint
