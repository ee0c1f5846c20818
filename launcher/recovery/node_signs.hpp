// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/recovery/evidence.hpp"
#include "holdfast/recovery/loss.hpp"

#include <cstddef>
#include <optional>

namespace holdfast::recovery {

/// What a sign by itself ends an attempt for; nothing where it only goes along with other evidence:
/// an Xid that the program causes or that another error brings, a port that came back, a process of
/// somebody else.
[[nodiscard]] std::optional<Cause> cause_of(const NodeSign& sign);

/// The number in "NVRM: Xid (PCI:0000:17:00 GPU-I:05): 79, …"; nothing where there is none.
[[nodiscard]] std::optional<unsigned> xid_of(std::string_view text);

/// The loss that the nodes themselves tell of: gone, broken, out of memory, without storage. A sign
/// that most of `nodes` nodes show has its cause elsewhere: then none is blamed.
[[nodiscard]] std::optional<Loss> loss_by_nodes(const Evidence& evidence, std::size_t nodes);

}  // namespace holdfast::recovery
