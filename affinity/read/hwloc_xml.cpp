// SPDX-License-Identifier: Apache-2.0
// hwloc's XML, version 1 and 2, without libhwloc: on hostile or merely odd files the library
// asserts, and its filters drop devices that matter here. Called by parse_topology().
#include "hwloc_xml.hpp"

#include "formats.hpp"
#include "holdfast/common/text.hpp"

#include <array>
#include <utility>

namespace holdfast::affinity {

HwlocType hwloc_type(const XmlElement& object) {
  // Version 1 has "Socket" in old files, and caches as type Cache with a depth.
  static constexpr std::array<std::pair<std::string_view, HwlocType>, 11> types{{
      {"Machine", HwlocType::machine},
      {"System", HwlocType::machine},
      {"Package", HwlocType::package},
      {"Socket", HwlocType::package},
      {"NUMANode", HwlocType::numa_node},
      {"L3Cache", HwlocType::l3},
      {"Core", HwlocType::core},
      {"PU", HwlocType::pu},
      {"Bridge", HwlocType::bridge},
      {"PCIDev", HwlocType::pci_device},
      {"OSDev", HwlocType::os_device},
  }};
  const std::string_view type = object["type"];
  if (type == "Cache" && object["depth"] == "3") return HwlocType::l3;
  for (const auto& [name, known] : types)
    if (name == type) return known;
  return HwlocType::other;
}

std::string_view hwloc_info(const XmlElement& object, std::string_view name) {
  for (const XmlElement& child : object.children)
    if (child.name == "info" && child["name"] == name) return child["value"];
  return {};
}

Result<CpuSet> hwloc_mask(const XmlElement& object, std::string_view attribute) {
  const std::string* text = object.find(attribute);
  if (text == nullptr) return CpuSet{};
  return parse_cpu_mask(*text);
}

Result<Topology> read_hwloc_xml(const XmlElement& root, std::string_view origin) {
  const std::string_view version = root["version"];
  if (!version.empty() && !version.starts_with("1.") && !version.starts_with("2."))
    return Failure{FailureKind::unsupported,
                   cat(origin,
                       " is hwloc XML of version ",
                       version.substr(0, 20),
                       ", and versions 1 and 2 are understood"),
                   "record the machine with hwloc 2, or have hwloc 3 write version 2 "
                   "(lstopo --export-xml-flags v2)",
                   {}};
  const XmlElement* machine = nullptr;
  for (const XmlElement& child : root.children)
    if (machine == nullptr && child.name == "object") machine = &child;
  if (machine == nullptr || hwloc_type(*machine) != HwlocType::machine)
    return not_understood(origin, "has no Machine object");

  auto parts = hwloc_cpus(*machine);
  if (!parts) return std::move(parts.error()).within(origin);
  Topology topology;
  topology.origin = cat("hwloc XML ", origin);
  add_cpus(topology, std::move(*parts));
  const auto devices = hwloc_devices(*machine, topology);
  if (!devices) return Failure(devices.error()).within(origin);
  add_devices(topology, *devices);
  if (auto failure = inconsistency(topology)) return std::move(*failure).within(origin);
  return topology;
}

}  // namespace holdfast::affinity
