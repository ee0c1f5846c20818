// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::cli {

/// A device, as an index into Topology::gpus or Topology::nics.
struct DeviceRef {
  bool is_gpu{};
  std::size_t index{};
};

/// One node of a PCI tree as it is drawn: a host bridge, a switch, or a device at the end.
struct PciNode {
  std::string name;  ///< of the bridge; empty for a device
  bool is_host{};
  std::vector<DeviceRef> device;  ///< one for a device, none for a bridge
  std::vector<PciNode> below;
};

/// The tree above the given devices, without what carries none of them. A bridge with one way on is
/// no place where paths meet and is left out, but two or more of them in a row are a switch; this
/// is how path_between() counts. Devices whose PCI place is unknown come last, without a parent.
[[nodiscard]] std::vector<PciNode> pci_trees(const affinity::Topology& topology,
                                             const std::vector<DeviceRef>& devices);

}  // namespace holdfast::cli
