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
  std::string_view rest = text.substr(closing + 2);
  constexpr int flags_field = 6;  // field 9 of proc(5), counted from the state
  constexpr int start_field = 19;
  constexpr std::uint32_t is_kernel_thread = 0x00200000;  // PF_KTHREAD, as proc(5) promises
  if (!pid || rest.size() < 2 || rest[1] != ' ') return std::nullopt;
  stat.state = rest[0];
  for (int field = 0; field < start_field; ++field) {
    const auto blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
    if (field + 1 != flags_field) continue;
    const auto flags = parse_number<std::uint32_t>(rest.substr(0, rest.find(' ')));
    stat.kernel_thread = flags && (*flags & is_kernel_thread) != 0;
  }
  const auto started = parse_number<std::uint64_t>(rest.substr(0, rest.find(' ')));
  if (!started) return std::nullopt;
  stat.pid = *pid;
  stat.name = std::string(text.substr(opening + 2, closing - opening - 2));
  stat.started = *started;
  return stat;
}

}  // namespace holdfast::health
