// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::testing {

/// The machines of our own (tests/machines), made in memory from their specs. An unknown name or a
/// broken spec throws std::runtime_error: it is a mistake in the tests.
[[nodiscard]] std::vector<std::string> machine_names();
[[nodiscard]] std::string machine_about(std::string_view name);  ///< what is odd about it
[[nodiscard]] std::string machine_xml(std::string_view name);    ///< hwloc XML 2.0
[[nodiscard]] affinity::Topology machine(std::string_view name);

}  // namespace holdfast::testing
