// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/hostlist.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <cstdint>

namespace holdfast {

namespace {

Failure bad_hostlist(std::string_view text, std::string_view why) {
  return {FailureKind::bad_input,
          cat("host list \"", text.substr(0, 120), "\" ", why),
          "write it as Slurm does: n[1-4,7],login",
          {}};
}

/// Splits at commas outside brackets; false when the brackets do not pair.
bool split_hosts(std::string_view text, std::vector<std::string_view>& parts) {
  bool inside = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[' || c == ']') {
      if (inside == (c == '[')) return false;
      inside = !inside;
    } else if (c == ',' && !inside) {
      parts.push_back(text.substr(from, i - from));
      from = i + 1;
    }
  }
  parts.push_back(text.substr(from));
  return !inside;
}

/// The numbers of "01-03,7" with their leading zeros; false when unreadable or too many.
bool spell_numbers(std::string_view ranges, std::vector<std::string>& numbers) {
  for (const std::string_view range : split(ranges, ',')) {
    const auto dash = range.find('-');
    const std::string_view low = range.substr(0, dash);
    const std::string_view high = dash == std::string_view::npos ? low : range.substr(dash + 1);
    const auto first = parse_number<std::uint32_t>(low);
    const auto last = parse_number<std::uint32_t>(high);
    if (!first || !last || *last < *first || *last - *first >= max_hosts) return false;
    for (std::uint64_t number = *first; number <= *last; ++number) {
      std::string digits = std::to_string(number);
      if (digits.size() < low.size()) digits.insert(0, low.size() - digits.size(), '0');
      numbers.push_back(std::move(digits));
      if (numbers.size() > max_hosts) return false;
    }
  }
  return !numbers.empty();
}

bool spell_host(std::string_view pattern, std::vector<std::string>& hosts) {
  std::vector<std::string> names{std::string()};
  while (!pattern.empty()) {
    const auto open = pattern.find('[');
    for (std::string& name : names)
      name += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = pattern.find(']', open);
    std::vector<std::string> numbers;
    if (!spell_numbers(pattern.substr(open + 1, close - open - 1), numbers)) return false;
    if (numbers.size() * names.size() + hosts.size() > max_hosts) return false;
    std::vector<std::string> longer;
    for (const std::string& name : names)
      for (const std::string& number : numbers)
        longer.push_back(name + number);
    names = std::move(longer);
    pattern = pattern.substr(close + 1);
  }
  std::ranges::move(names, std::back_inserter(hosts));
  return hosts.size() <= max_hosts;
}

}  // namespace

Result<std::vector<std::string>> parse_hostlist(std::string_view text) {
  const std::string_view whole = trim(text);
  std::vector<std::string> hosts;
  if (whole.empty()) return hosts;
  std::vector<std::string_view> parts;
  if (!split_hosts(whole, parts)) return bad_hostlist(text, "has brackets that do not pair");
  for (const std::string_view part : parts) {
    if (part.empty()) return bad_hostlist(text, "has an empty name");
    if (!spell_host(part, hosts))
      return bad_hostlist(text, cat("has the unreadable part \"", part.substr(0, 80), "\""));
  }
  return hosts;
}

}  // namespace holdfast
