// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/kernel_log/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::health {

/// What a ring holds, in two numbers. While the oldest record is the same, each record that is
/// written makes the bytes more.
struct RingExtent {
  std::uint64_t oldest{};  ///< the number of its first record
  std::uint64_t bytes{};   ///< as syslog(2) would give it out; 0: not known

  friend bool operator==(const RingExtent&, const RingExtent&) = default;
};

/// How far the kernel log has been read: everything below `next` in that boot was counted already.
struct KernelLogCursor {
  std::string boot_id;
  std::uint64_t next{};
  std::uint64_t newest_us{};  ///< when the last record that was counted was written; 0: not known
  RingExtent extent{};        ///< of the ring before it was read

  friend bool operator==(const KernelLogCursor&, const KernelLogCursor&) = default;
};

/// Where to go on: at the cursor, or at the beginning when it belongs to another boot. The kernel
/// numbers its records from 0 after each boot, so an old number would hide the new records.
[[nodiscard]] KernelLogCursor resume_at(const KernelLogCursor& last, std::string_view boot_id);

/// What a record means to a reader at `cursor`, which it moves on.
enum class RecordNews {
  counted_before,
  fresh,
  fresh_after_gap,  ///< the ring ran over: records between were never seen by anyone
};
[[nodiscard]] RecordNews advance(KernelLogCursor& cursor, const KernelRecord& record);

/// One line for a file: "3f6c…-…-… 1234 5140900 310 98304"; read also without the last two numbers,
/// as earlier versions wrote it.
[[nodiscard]] std::string to_text(const KernelLogCursor& cursor);
[[nodiscard]] Result<KernelLogCursor> parse_kernel_log_cursor(std::string_view text);

}  // namespace holdfast::health
