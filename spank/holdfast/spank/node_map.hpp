// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace holdfast::spank {

/// Whether a node map that begins so was written in this boot. Whether it is right in all else is
/// the program's to check; the plugin only keeps a node without a map from staying so. Pure.
[[nodiscard]] bool is_of_boot(std::string_view beginning, std::string_view boot_id);

/// When a map is written anew.
enum class Refresh {
  when_stale,  ///< a step begins: only if there is none of this boot
  always,      ///< slurmd begins: the program or its settings may have changed
};

/// Lets `program` write the node map, as root, in an empty environment. Where somebody else is at
/// it already, goes on without waiting.
[[nodiscard]] Result<void> write_node_map(const std::string& program,
                                          std::chrono::milliseconds deadline,
                                          Refresh refresh);

}  // namespace holdfast::spank
