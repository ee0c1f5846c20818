// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/plan.hpp"

#include <string>

namespace holdfast::affinity {

/// Writes into each rank of an otherwise complete plan one sentence on why it is where it is, for a
/// person who has never seen the node.
void tell_why(const Topology& topology, Plan& plan);

/// "PIX" in words: "shares its PCIe switch".
[[nodiscard]] std::string path_in_words(const Topology& topology, const Gpu& gpu, const Nic& nic);

}  // namespace holdfast::affinity
