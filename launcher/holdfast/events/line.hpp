// SPDX-License-Identifier: Apache-2.0
// A record as one line of JSON, and back. The page holdfast-events(5) describes the lines.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/events/record.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::events {

/// What a record says in words (why, text, evidence) is cut to so many bytes when it is written.
/// Names, paths and commands are never cut.
inline constexpr std::size_t max_text = 4000;

/// The longest line that is written or read: a rank map of 16,384 nodes fits several times.
inline constexpr std::size_t max_line = std::size_t{4} * 1024 * 1024;

/// The record without its line end. The line is UTF-8 without control characters, whatever the
/// record's texts hold; parse_line() gives back the same bytes. Fails (unsupported) when the line
/// would be longer than max_line.
[[nodiscard]] Result<std::string> to_line(const Record& record);

/// Reads one line. Unknown kinds and unknown fields are kept and written again by to_line(). Fails
/// (bad_input) when it is no JSON object, or a known field is of the wrong kind.
[[nodiscard]] Result<Record> parse_line(std::string_view line);

}  // namespace holdfast::events
