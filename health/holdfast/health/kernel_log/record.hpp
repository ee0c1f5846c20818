// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::health {

/// One line the kernel wrote.
struct KernelRecord {
  std::uint64_t sequence{};  ///< its number since the boot; 0 where the text does not carry one
  std::uint64_t at_us{};     ///< microseconds since the boot
  unsigned facility{};       ///< 0 is the kernel; everything else was written by a program
  unsigned level{};          ///< 0 emergency … 7 debug
  /// The rest of a line another processor's words came into: it may be a user's name and no more.
  bool fragment{};
  std::string text;  ///< one line of printable ASCII

  friend bool operator==(const KernelRecord&, const KernelRecord&) = default;
};

/// A longer line is cut: nothing that is read from a message lies further back.
inline constexpr std::size_t max_record_text = 1024;

/// A message as such a line, whatever bytes the kernel or the name of a process put there.
[[nodiscard]] std::string printable(std::string_view text);

/// What one read() of /dev/kmsg gives: "6,339,5140900,-;NET: Registered …", with the continuation
/// lines of the device after it, which are left out.
[[nodiscard]] std::optional<KernelRecord> parse_kmsg_record(std::string_view bytes);

/// The number of such a record alone: a reader that goes on from a cursor passes over thousands.
[[nodiscard]] std::optional<std::uint64_t> kmsg_sequence(std::string_view bytes);

/// A line of `dmesg`, `dmesg --raw` or a log file made from it: "<3>[ 12.345678] text" or without
/// the level. It carries no sequence number, so it can be read once and not gone on with.
[[nodiscard]] std::optional<KernelRecord> parse_dmesg_line(std::string_view line);

}  // namespace holdfast::health
