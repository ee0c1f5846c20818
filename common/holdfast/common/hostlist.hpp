// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// The most hosts one list may name; larger than any Slurm cluster (65,536 nodes), small enough
/// that "n[0-4294967295]" cannot eat the memory.
inline constexpr std::size_t max_hosts = 131072;

/// Spells out Slurm's host list "n[01-03,7],login" as n01 n02 n03 n7 login, in that order.
/// Several brackets in one name multiply ("r[1-2]n[1-2]").
[[nodiscard]] Result<std::vector<std::string>> parse_hostlist(std::string_view text);

}  // namespace holdfast
