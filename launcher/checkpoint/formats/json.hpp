// SPDX-License-Identifier: Apache-2.0
// JSON out of checkpoint directories: untrusted, so its depth and size are bounded, and a failure
// is a value.
#pragma once

#include "checkpoint/bytes.hpp"
#include "holdfast/checkpoint/disk.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace holdfast::checkpoint {

/// Empty text, zeros and half a document are bad_input: a save that was cut off.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text);

/// The file as one JSON object.
[[nodiscard]] Result<boost::json::object> read_json_object(const Disk& disk,
                                                           const std::string& path,
                                                           std::size_t most_bytes);

/// A member that is a whole number, not negative.
[[nodiscard]] std::optional<std::uint64_t> natural(const boost::json::object& object,
                                                   std::string_view key);

/// A member that is a text.
[[nodiscard]] std::optional<std::string> text(const boost::json::object& object,
                                              std::string_view key);

}  // namespace holdfast::checkpoint
