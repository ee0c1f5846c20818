// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ground.hpp"
#include "sharing.hpp"

#include <vector>

namespace holdfast::affinity {

/// The shares of a full sharing in which no rank carries all of the far units where another could
/// carry some of them as well: the slowest rank sets the pace of a job. Sizes stay as they are, and
/// the mean distance stays within 0.05 of the least; where evenness costs more, the least wins.
[[nodiscard]] std::vector<Share> evened_out(const Ground& ground,
                                            const std::vector<RankKind>& kinds,
                                            FullSharing least);

}  // namespace holdfast::affinity
