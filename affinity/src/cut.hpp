// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace holdfast::affinity {

/// Cuts a row of seams.size() + 1 things into `parts` runs, equal ±1, so that the seams left uncut
/// weigh least: `seams[i]` is what it costs to keep thing i and thing i + 1 in one run. Bigger runs
/// come first where that is equal. There are at least as many things as parts, and at least one
/// part.
[[nodiscard]] std::vector<std::size_t> cut(const std::vector<unsigned>& seams, std::size_t parts);

}  // namespace holdfast::affinity
