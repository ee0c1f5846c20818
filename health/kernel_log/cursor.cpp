// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/cursor.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <optional>

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
  KernelLogCursor beginning;
  beginning.boot_id = boot_id;
  return beginning;
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
  return cat(cursor.boot_id,
             ' ',
             cursor.next,
             ' ',
             cursor.newest_us,
             ' ',
             cursor.extent.oldest,
             ' ',
             cursor.extent.bytes);
}

Result<KernelLogCursor> parse_kernel_log_cursor(std::string_view text) {
  const auto parts = split(trim(text), ' ');
  if ((parts.size() == 3 || parts.size() == 5) && is_boot_id(parts[0])) {
    const auto number = [&parts](std::size_t at) {
      return at < parts.size() ? parse_number<std::uint64_t>(parts[at])
                               : std::optional<std::uint64_t>(0);
    };
    const auto next = number(1);
    const auto newest = number(2);
    const auto oldest = number(3);
    const auto bytes = number(4);
    if (next && newest && oldest && bytes)
      return KernelLogCursor{std::string(parts[0]), *next, *newest, {*oldest, *bytes}};
  }
  return Failure{FailureKind::unreadable,
                 "the place reached in the kernel log is not \"BOOT-ID NUMBER TIME OLDEST BYTES\"",
                 "remove the file; the log of this boot is then read again from its beginning",
                 {}};
}

}  // namespace holdfast::health
