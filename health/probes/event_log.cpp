// SPDX-License-Identifier: Apache-2.0
// What a program printed of the service processor's log. The words are a vendor's: they are counted
// and shown, not understood.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

/// As ipmitool and ipmi-sel say it of a log without any entry, and of the entry that says it was
/// cleared (IPMI 2.0, table 42-3, sensor type 10h): who cleared it need not be told.
bool says_nothing(std::string_view entry) {
  return entry.empty() || entry == "SEL has no entries" ||
         lower(entry).find("log area reset/cleared") != std::string::npos;
}

}  // namespace

void read_event_log(const Result<std::string>& text, Facts& facts) {
  SystemFacts& system = facts.system;
  if (!text) {
    system.event_log_entries = Fact<std::uint64_t>::unseen(text.error().what);
    return;
  }
  std::uint64_t entries = 0;
  for (const std::string_view line : split(*text, '\n')) {
    const std::string_view entry = trim(line);
    if (says_nothing(entry)) continue;
    ++entries;
    system.event_log_last = std::string(entry.substr(0, 160));
  }
  std::ranges::replace_if(
      system.event_log_last, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
  system.event_log_entries = entries;
}

}  // namespace holdfast::health
