// SPDX-License-Identifier: Apache-2.0
#include "cli/report/words.hpp"

#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace holdfast::cli {

namespace {

constexpr std::uint64_t second = 1000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t day = 24 * hour;

std::string two_units(std::uint64_t ms,
                      std::uint64_t large,
                      std::string_view large_name,
                      std::uint64_t small,
                      std::string_view small_name) {
  return cat(ms / large, ' ', large_name, ' ', ms % large / small, ' ', small_name);
}

}  // namespace

std::string shown_moment(std::int64_t at_ms) {
  const std::time_t at = at_ms / 1000;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&at, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0)
    return cat(at_ms, " ms");
  return text.data();
}

std::string shown_span(std::uint64_t ms) {
  if (ms == 0) return "0 s";
  if (ms < minute) return cat(decimal(static_cast<double>(ms) / second, 1), " s");
  if (ms < hour) return two_units(ms, minute, "min", second, "s");
  if (ms < day) return two_units(ms, hour, "h", minute, "min");
  return two_units(ms, day, "d", hour, "h");
}

std::string shown_span(std::int64_t begin_ms, std::int64_t end_ms) {
  return shown_span(end_ms > begin_ms ? static_cast<std::uint64_t>(end_ms - begin_ms) : 0);
}

std::string shown_share(std::optional<double> share) {
  return share ? cat(decimal(*share * 100, 1), " %") : "-";
}

std::string shown_word(std::string_view word) {
  std::string out = printable(word);
  std::ranges::replace(out, '_', ' ');
  return out;
}

std::string shown_names(std::span<const std::string> names, std::size_t most) {
  std::string out;
  const std::size_t shown = names.size() > most + 1 ? most : names.size();
  for (std::size_t index = 0; index < shown; ++index)
    out += cat(index == 0 ? "" : ", ", printable(names[index]));
  if (shown < names.size()) out += cat(" and ", names.size() - shown, " others");
  return out;
}

std::string shown_command(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$`") == std::string::npos;
    out += cat(out.empty() ? "" : " ", plain ? "" : "'", printable(word), plain ? "" : "'");
  }
  return out;
}

std::string shown_resume(const std::optional<events::ResumePoint>& point) {
  if (!point) return "the beginning";
  return point->step ? cat("step ", *point->step) : printable(point->path);
}

std::string shown_end(const events::AttemptState& attempt) {
  if (attempt.loss) return shown_word(attempt.loss->cause);
  if (!attempt.ended_ms) return "still running";
  if (attempt.ended_well()) return "well";
  if (attempt.signal) return cat("signal ", *attempt.signal);
  return attempt.exit ? cat("exit ", *attempt.exit) : "unknown";
}

std::string aligned_facts(std::span<const Fact> facts, std::string_view indent) {
  std::size_t width = 0;
  for (const Fact& fact : facts)
    width = std::max(width, width_of(fact.label));
  std::string out;
  for (const Fact& fact : facts)
    out += cat(indent, padded(fact.label, width + 2), fact.text, '\n');
  return out;
}

std::string aligned_table(const Table& table, std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], width_of(row[column]));
  }
  std::string out;
  for (const auto& row : table) {
    out += indent;
    for (std::size_t column = 0; column < row.size(); ++column)
      out += column + 1 == row.size() ? row[column] : padded(row[column], widths[column] + 2);
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

}  // namespace holdfast::cli
