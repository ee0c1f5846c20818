// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <string>

namespace holdfast::testing {

/// Two packages, each one NUMA node of four cores with two threads (core i has PUs i and i + 8),
/// two GPUs behind one switch with one NIC: GPUs 0 and 1 and mlx5_0 on node 0, GPUs 2 and 3 and
/// mlx5_1 on node 1.
[[nodiscard]] inline affinity::Topology small_node() {
  affinity::Topology node;
  node.origin = "small node";
  for (unsigned package = 0; package < 2; ++package) {
    const CpuSet pus = CpuSet::range(4 * package, 4 * package + 4) |
                       CpuSet::range(4 * package + 8, 4 * package + 12);
    const affinity::Locality near{NumaNode{package}, pus};
    node.packages.push_back({package, pus, "CPU"});
    node.memory.push_back({NumaNode{package}, pus, package, std::uint64_t{1} << 36U, false});
    for (unsigned core = 4 * package; core < 4 * package + 4; ++core)
      node.cores.push_back({{core, core + 8}, package, NumaNode{package}, package});
    const std::size_t host = node.bridges.size();
    node.bridges.push_back({"host " + std::to_string(package), std::nullopt});
    node.bridges.push_back({"0000:" + std::to_string(package) + "0:00.0", host});
    const auto bus = static_cast<std::uint8_t>(0x11 + 0x10 * package);
    for (std::uint8_t gpu = 0; gpu < 2; ++gpu) {
      affinity::Gpu& one = node.gpus.emplace_back();
      one.id.at = {0, static_cast<std::uint8_t>(bus + gpu), 0, 0};
      one.near = near;
      one.behind = host + 1;
    }
    affinity::Nic& nic = node.nics.emplace_back();
    nic.name = "mlx5_" + std::to_string(package);
    nic.kind = affinity::NicKind::infiniband;
    nic.at = affinity::PciAddress{0, static_cast<std::uint8_t>(bus + 2), 0, 0};
    nic.ports.push_back({1, affinity::PortState::active, 400});
    nic.near = near;
    nic.behind = host + 1;
  }
  return node;
}

}  // namespace holdfast::testing
