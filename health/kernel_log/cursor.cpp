// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/cursor.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

bool is_boot_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || letter == '-';
  });
}

}  // namespace

KernelLogCursor resume_at(const KernelLogCursor& last, std::string_view boot_id) {
  if (last.boot_id == boot_id) return last;
  return {std::string(boot_id), 0, 0};
}

RecordNews advance(KernelLogCursor& cursor, const KernelRecord& record) {
  if (record.sequence < cursor.next) return RecordNews::counted_before;
  // a reader that begins at 0 finds the oldest record there still is: that is no gap it could miss
  const bool gap = cursor.next != 0 && record.sequence > cursor.next;
  cursor.next = record.sequence + 1;
  cursor.newest_us = record.at_us;
  return gap ? RecordNews::fresh_after_gap : RecordNews::fresh;
}

std::string to_text(const KernelLogCursor& cursor) {
  return cat(cursor.boot_id, ' ', cursor.next, ' ', cursor.newest_us);
}

Result<KernelLogCursor> parse_kernel_log_cursor(std::string_view text) {
  const auto parts = split(trim(text), ' ');
  if (parts.size() == 3 && is_boot_id(parts[0])) {
    const auto next = parse_number<std::uint64_t>(parts[1]);
    const auto newest = parse_number<std::uint64_t>(parts[2]);
    if (next && newest) return KernelLogCursor{std::string(parts[0]), *next, *newest};
  }
  return Failure{FailureKind::unreadable,
                 "the place reached in the kernel log is not \"BOOT-ID NUMBER TIME\"",
                 "remove the file; the log of this boot is then read again from its beginning",
                 {}};
}

}  // namespace holdfast::health
