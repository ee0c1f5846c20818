// SPDX-License-Identifier: Apache-2.0
// The lines of the kernel log that are known by their words, one row each. Xid, SXid, machine
// checks, hung tasks and PCIe errors carry numbers to be read and have parsers of their own.
#pragma once

#include "holdfast/health/kernel_event.hpp"

#include <span>
#include <string_view>

namespace holdfast::health {

struct LinePattern {
  KernelEventKind kind;
  /// "mlx5_core" of "mlx5_core 0000:18:00.0 eth0: …"; `any_driver`; empty: no driver begins the
  /// line
  std::string_view driver;
  /// How the line begins, of a driver's what follows its address: see match_form().
  std::string_view form;
  Severity severity;
  Action action;
  std::string_view meaning;
  bool by_program{false};
  bool recovered{false};
};

inline constexpr std::string_view any_driver = "*";

/// In the order they are tried: the first that fits is meant.
[[nodiscard]] std::span<const LinePattern> line_patterns();

}  // namespace holdfast::health
