// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/severity.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::health {

/// "nvidia-nvswitch3: SXid (PCI:0000:07:00.0): 12028, Non-fatal, Link 32 …" taken apart.
struct SxidLine {
  std::string nvswitch;  ///< "0000:07:00.0"
  unsigned code{};
  std::optional<bool> fatal;  ///< the driver's own word
  std::optional<unsigned> link;

  friend bool operator==(const SxidLine&, const SxidLine&) = default;
};

[[nodiscard]] std::optional<SxidLine> parse_sxid_line(std::string_view text);

struct Sxid {
  unsigned first{}, last{};
  Severity severity{Severity::note};
  Action action{Action::none};
  std::string_view meaning;
};

[[nodiscard]] const Sxid* find_sxid(unsigned code);
[[nodiscard]] std::span<const Sxid> all_sxids();

/// For a code in no row, or one that is only watched: the driver's word decides, fatal or not.
struct SxidVerdict {
  Severity severity{Severity::note};
  Action action{Action::none};
  std::string meaning;
};
[[nodiscard]] SxidVerdict judge_sxid(const SxidLine& line);

}  // namespace holdfast::health
