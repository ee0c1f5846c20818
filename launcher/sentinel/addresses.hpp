// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace holdfast::sentinel {

/// The numeric addresses under which other nodes may reach this one, one per network interface and
/// family, IPv4 first; loopback only where there is nothing else. Link-local ones are left out:
/// they mean nothing on another node.
[[nodiscard]] std::vector<std::string> read_own_addresses();

}  // namespace holdfast::sentinel
