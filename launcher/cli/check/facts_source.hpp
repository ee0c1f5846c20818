// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/facts.hpp"

#include <chrono>
#include <string>

namespace holdfast::cli {

/// Facts that `--save-facts` wrote, "-" being standard input.
[[nodiscard]] Result<health::Facts> read_facts_file(const std::string& file);

/// The facts of another node, asked for by a step of one task there.
[[nodiscard]] Result<health::Facts> ask_node_facts(const std::string& node,
                                                   std::chrono::milliseconds deadline);

}  // namespace holdfast::cli
