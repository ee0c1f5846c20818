// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <string_view>

namespace holdfast::affinity {

/// How far a core is from a device, in halves so that sums are exact: 0 in the device's locality, 1
/// same NUMA node but another L3, 2 same package, 4 another package. (In the cost they count 0,
/// 0.5, 1 and 2.) An unknown locality is near everything.
[[nodiscard]] unsigned half_distance(const Topology& topology,
                                     const Core& core,
                                     const Locality& near);

/// The PCI path between two devices, in NCCL's classes.
enum class PciPath {
  same,  ///< one PCI function
  pix,   ///< through one PCIe switch at most
  pxb,   ///< through several PCIe switches, not through the host bridge
  phb,   ///< through one host bridge
  node,  ///< between host bridges of one NUMA node; also where nothing is known
  sys,   ///< between NUMA nodes
};

[[nodiscard]] PciPath path_between(const Topology& topology, const Gpu& gpu, const Nic& nic);
[[nodiscard]] std::string_view to_text(PciPath path);  ///< "PIX", as in `nvidia-smi topo -m`

/// What a GPU-NIC pair costs: same 0, PIX 1, PXB 2, PHB 3, NODE 4, SYS inside a package 6, SYS
/// between packages 8. Only the order matters; the numbers leave a gap where the path leaves the
/// package.
[[nodiscard]] unsigned path_weight(const Topology& topology, const Gpu& gpu, const Nic& nic);

/// The package a locality lies in, where it lies in exactly one.
[[nodiscard]] std::optional<unsigned> package_of(const Topology& topology, const Locality& near);

}  // namespace holdfast::affinity
