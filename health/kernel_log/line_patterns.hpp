// SPDX-License-Identifier: Apache-2.0
// The lines of the kernel log that are known by their words, one row each. Xid, SXid and machine
// checks carry numbers to be read and have parsers of their own.
#pragma once

#include "holdfast/health/kernel_event.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast::health {

/// How a line begins, and so where its subject stands.
enum class LineShape : std::uint8_t {
  plain,   ///< with words of the kernel: "EXT4-fs error (device sda1): …"
  driver,  ///< with a driver and a PCI address: "mlx5_core 0000:18:00.0 eth0: …"
};

struct LinePattern {
  KernelEventKind kind;
  LineShape shape;
  std::string_view starts;    ///< the first words; of a driver line the driver, or any when empty
  std::string_view contains;  ///< words further on; empty: none needed
  std::string_view after;     ///< plain: the subject is the word behind this; empty: no subject
  Severity severity;
  Action action;
  std::string_view meaning;
  bool by_program{false};
  bool recovered{false};
};

/// In the order they are tried: the first that fits is meant.
[[nodiscard]] std::span<const LinePattern> line_patterns();

}  // namespace holdfast::health
