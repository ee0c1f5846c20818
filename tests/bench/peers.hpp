// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace holdfast::bench {

/// What was measured of mpibind (LLNL, commit d529180, defaults: greedy, gpu) and of a reference on
/// a recorded machine. The reference is the best binding cost over equal shares and two groupings
/// of the GPUs, worked out once in Python apart from this project; it leaves cores idle where that
/// costs less than uneven shares or far cores.
struct PeerRow {
  std::string_view file;
  double mpibind;    ///< mean binding cost over 1 to 2G ranks
  double reference;  ///< the same
  // mpibind with as many ranks as GPUs; `fails` where some rank has no CPU or no GPU.
  bool fails;
  double distance;
  double fewest;  ///< cores per rank
  double most;
  double used;  ///< share of the cores
  /// The reference takes mpibind's grouping there, which gives three ranks 3, 2 and 1 of 6 GPUs. J
  /// does not count that; we give two each.
  bool uneven_gpus{};
};

/// The least mean path weight and the most GPUs on one NIC, by an assignment with capacities worked
/// out by the same measurement.
struct NicRow {
  std::string_view file;
  double weight;
  unsigned most;
};

/// Facts transcribed from the measurement of November 2026 (reference/affinity.md, 4.3 and 4.4),
/// for those of its machines whose recordings are public files; numbers are rounded as there.
[[nodiscard]] std::span<const PeerRow> peer_rows();
[[nodiscard]] std::span<const NicRow> nic_rows();

}  // namespace holdfast::bench
