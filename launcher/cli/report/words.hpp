// SPDX-License-Identifier: Apache-2.0
// How times, figures and names of a run are written for people. All text is printable afterwards.
#pragma once

#include "holdfast/events/run_state.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// "2026-11-22 23:05:01", local time, as Slurm tells it.
[[nodiscard]] std::string shown_moment(std::int64_t at_ms);

/// "0.4 s", "12.3 s", "4 min 10 s", "3 h 12 min", "2 d 4 h".
[[nodiscard]] std::string shown_span(std::uint64_t ms);

/// The same between two moments; "0 s" where the second is not later.
[[nodiscard]] std::string shown_span(std::int64_t begin_ms, std::int64_t end_ms);

/// "86.6 %"; "-" for nothing.
[[nodiscard]] std::string shown_share(std::optional<double> share);

/// A word of the log: "node_lost" is "node lost".
[[nodiscard]] std::string shown_word(std::string_view word);

/// "n1, n2, n3 and 12 others".
[[nodiscard]] std::string shown_names(std::span<const std::string> names, std::size_t most = 8);

/// The user's line; words with blanks in quotes.
[[nodiscard]] std::string shown_command(std::span<const std::string> words);

/// "step 200", its path where it has no step; "the beginning" for nothing.
[[nodiscard]] std::string shown_resume(const std::optional<events::ResumePoint>& point);

/// How an attempt ended, in some words: "well", "node lost", "exit 1", "still running".
[[nodiscard]] std::string shown_end(const events::AttemptState& attempt);

/// A label and what it says, one below the other.
struct Fact {
  std::string label;
  std::string text;
};

/// Rows whose first has the headings; the last column is not padded.
using Table = std::vector<std::vector<std::string>>;

[[nodiscard]] std::string aligned_facts(std::span<const Fact> facts, std::string_view indent);
[[nodiscard]] std::string aligned_table(const Table& table, std::string_view indent);

}  // namespace holdfast::cli
