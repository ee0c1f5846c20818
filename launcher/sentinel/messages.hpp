// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/sentinel/beat.hpp"

#include <cstdint>
#include <optional>

#include <boost/json.hpp>

namespace holdfast::sentinel {

/// Beats and signs as messages and back; what makes no sense comes back as nothing. Each message
/// has its `kind`. `acknowledged` is the last beat the sentinel knows was heard.
[[nodiscard]] boost::json::object beat_message(const Beat& beat, std::uint64_t acknowledged);
[[nodiscard]] std::optional<Beat> read_beat(const boost::json::object& message);

[[nodiscard]] boost::json::object sign_message(const NodeSign& sign);
[[nodiscard]] std::optional<NodeSign> read_sign(const boost::json::object& message);

}  // namespace holdfast::sentinel
