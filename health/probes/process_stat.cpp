// SPDX-License-Identifier: Apache-2.0
#include "process_stat.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::health {

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const auto opening = text.find(" (");
  const auto closing = text.rfind(") ");  // the name may hold parentheses, what follows does not
  if (opening == std::string_view::npos || closing == std::string_view::npos || closing < opening)
    return std::nullopt;
  ProcessStat stat;
  const auto pid = parse_number<std::uint32_t>(text.substr(0, opening));
  const auto fields = split(text.substr(closing + 2), ' ');
  constexpr std::size_t start_field = 19;  // field 22 of proc(5), counted from the state
  if (!pid || fields.size() <= start_field || fields[0].size() != 1) return std::nullopt;
  const auto started = parse_number<std::uint64_t>(fields[start_field]);
  if (!started) return std::nullopt;
  stat.pid = *pid;
  stat.name = std::string(text.substr(opening + 2, closing - opening - 2));
  stat.state = fields[0][0];
  stat.started = *started;
  return stat;
}

}  // namespace holdfast::health
