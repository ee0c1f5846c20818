// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>

namespace holdfast {

/// A number with a meaning. A local rank is no global rank and a NUMA node is no PU, even where the
/// bits agree: mixing them does not compile (tests/compile_fail).
template <class Kind>
struct Id {
  unsigned value{};

  Id() = default;
  explicit constexpr Id(unsigned number) : value(number) {}
  friend constexpr auto operator<=>(Id, Id) = default;
};

using LocalRank = Id<struct LocalRankKind>;    ///< rank within its node, 0-based
using GlobalRank = Id<struct GlobalRankKind>;  ///< rank within its step, 0-based
using NumaNode = Id<struct NumaNodeKind>;      ///< NUMA node by OS index (P#)

}  // namespace holdfast
