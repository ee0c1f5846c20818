// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

namespace holdfast::testing {

/// The CPU side of a machine in numbers.
struct CpuShape {
  std::size_t packages{};
  std::size_t nodes{};  ///< NUMA nodes that add CPUs: nodes of equal CPUs count once
  std::size_t cores{};
  std::size_t pus{};

  friend bool operator==(const CpuShape&, const CpuShape&) = default;
};
std::ostream& operator<<(std::ostream& out, const CpuShape& shape);

[[nodiscard]] CpuShape shape_of(const affinity::Topology& topology);

/// The same as libhwloc itself reads it from the XML; none when it cannot.
[[nodiscard]] std::optional<CpuShape> shape_by_hwloc(const std::string& xml);

}  // namespace holdfast::testing
