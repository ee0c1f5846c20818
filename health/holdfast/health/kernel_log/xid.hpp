// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/severity.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::health {

/// What a Xid of an NVLink 5 unit (144–150) says besides its number.
struct NvlinkXid {
  std::string unit;     ///< the driver's word: "RLW_SRC_TRACK"
  unsigned sub_code{};  ///< six bits of the interrupt word
  bool fatal{};
  std::optional<unsigned> link;

  friend bool operator==(const NvlinkXid&, const NvlinkXid&) = default;
};

/// "NVRM: Xid (PCI:0000:18:00 GPU-I:02 GPU-CI:00): 31, pid=7, name=python, …" taken apart.
struct XidLine {
  std::string gpu;  ///< "0000:18:00.0"
  unsigned code{};
  std::optional<unsigned> gpu_instance, compute_instance;  ///< under MIG
  std::optional<unsigned> pid;
  std::string process;
  std::optional<unsigned> caused_by;  ///< the earlier Xid this one follows from
  std::optional<unsigned> action;   ///< Xid 154: what the driver now asks for, as NVML's field 230
  std::optional<NvlinkXid> nvlink;  ///< Xid 144–150

  friend bool operator==(const XidLine&, const XidLine&) = default;
};

[[nodiscard]] std::optional<XidLine> parse_xid_line(std::string_view text);

/// What a Xid means and what is done about it when it comes once; what repetition makes of it is
/// for the history of the node.
struct Xid {
  unsigned first{}, last{};  ///< codes that mean the same
  Severity severity{Severity::note};
  Action action{Action::none};
  bool by_program{};  ///< the running program causes it as a rule: never a drain
  std::string_view meaning;
};

/// The row of a code; none for a code nobody has named yet.
[[nodiscard]] const Xid* find_xid(unsigned code);
[[nodiscard]] std::span<const Xid> all_xids();

/// What is made of a whole line: the row, or for 144–150 and 154 what the line says.
struct XidVerdict {
  Severity severity{Severity::note};
  Action action{Action::none};
  bool by_program{};
  std::string meaning;

  friend bool operator==(const XidVerdict&, const XidVerdict&) = default;
};
[[nodiscard]] XidVerdict judge_xid(const XidLine& line);

/// The recovery action the driver asks for (NVML field 230, Xid 154) in the words of this house.
/// Numbers beyond the known ones are `unfit`: a newer driver asks for something.
[[nodiscard]] XidVerdict judge_recovery_action(std::uint64_t number);

}  // namespace holdfast::health
