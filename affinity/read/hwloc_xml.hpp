// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cpu_parts.hpp"
#include "devices.hpp"
#include "holdfast/common/result.hpp"
#include "xml.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::affinity {

/// hwloc's object types as far as they matter here; XML version 1 has other names for some.
enum class HwlocType {
  machine,
  package,
  numa_node,
  l3,
  core,
  pu,
  bridge,
  pci_device,
  os_device,
  other
};

[[nodiscard]] HwlocType hwloc_type(const XmlElement& object);

/// Bridges and devices hang below the CPU object they are near, and are none themselves.
[[nodiscard]] constexpr bool is_io(HwlocType type) {
  return type == HwlocType::bridge || type == HwlocType::pci_device || type == HwlocType::os_device;
}

/// The value of an <info name=…> child, empty when absent.
[[nodiscard]] std::string_view hwloc_info(const XmlElement& object, std::string_view name);

/// A mask attribute such as cpuset or nodeset; the empty set when absent.
[[nodiscard]] Result<CpuSet> hwloc_mask(const XmlElement& object, std::string_view attribute);

/// The two halves of reading hwloc's XML, in this order: devices need the CPU side to say what they
/// are near.
[[nodiscard]] Result<CpuParts> hwloc_cpus(const XmlElement& machine);
[[nodiscard]] Result<Devices> hwloc_devices(const XmlElement& machine, const Topology& topology);

}  // namespace holdfast::affinity
