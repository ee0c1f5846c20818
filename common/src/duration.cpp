// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/duration.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace holdfast {

namespace {

using std::chrono::milliseconds;
constexpr std::uint64_t longest = 10ULL * 366 * 24 * 3600 * 1000;

struct Unit {
  std::string_view suffix;
  std::uint64_t milliseconds;
};
constexpr std::array units{
    Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};

std::optional<std::uint64_t> with_suffix(std::string_view text) {
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.suffix)) continue;
    const auto number =
        parse_number<std::uint32_t>(text.substr(0, text.size() - unit.suffix.size()));
    if (number) return *number * unit.milliseconds;
  }
  return std::nullopt;
}

/// Slurm's forms: [D-]HH[:MM[:SS]] with days, [HH:]MM:SS without.
std::optional<std::uint64_t> with_colons(std::string_view text) {
  std::uint64_t days = 0;
  const auto dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto number = parse_number<std::uint32_t>(text.substr(0, dash));
    if (!number) return std::nullopt;
    days = *number;
    text = text.substr(dash + 1);
  }
  std::array<std::uint64_t, 3> fields{};
  const auto parts = split(text, ':');
  if (parts.empty() || parts.size() > 3) return std::nullopt;
  // With days the first field is hours; without, the last is seconds.
  const std::size_t first = dash != std::string_view::npos ? 0 : 3 - parts.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = parse_number<std::uint32_t>(parts[i]);
    if (!number) return std::nullopt;
    fields[first + i] = *number;
  }
  return (((days * 24 + fields[0]) * 60 + fields[1]) * 60 + fields[2]) * 1000;
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  const std::string_view whole = trim(text);
  const auto suffixed = with_suffix(whole);
  const auto found = suffixed ? suffixed : with_colons(whole);
  if (!found || *found > longest)
    return Failure{FailureKind::bad_input,
                   cat("duration \"", whole.substr(0, 80), "\" is unreadable"),
                   "write it as 500ms, 90s, 10m, 1h or 1-12:00:00",
                   {}};
  return milliseconds(static_cast<std::int64_t>(*found));
}

}  // namespace holdfast
