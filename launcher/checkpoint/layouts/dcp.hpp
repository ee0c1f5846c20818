// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/examination.hpp"
#include "holdfast/checkpoint/layout.hpp"

#include <set>
#include <string>
#include <string_view>

namespace holdfast::checkpoint {

/// What is saved, by the first part of the names: "model", "optimizer". Empty above
/// Level::structure.
using DcpRoots = std::set<std::string, std::less<>>;

/// A distributed checkpoint of PyTorch in a directory of the checkpoint ("" is the checkpoint
/// itself), for every layout that has one in it.
DcpRoots check_dcp(Examination& examination, std::string_view directory);

/// Whether a listing looks like such a directory, finished or not.
[[nodiscard]] bool looks_like_dcp(const Listing& listing);

}  // namespace holdfast::checkpoint
