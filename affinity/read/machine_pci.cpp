// SPDX-License-Identifier: Apache-2.0
// The PCI tree from sysfs. The directory of a function says all: its path runs through the bridges
// above it, and small files tell class, vendor and NUMA node, 0.02 ms a function.
#include "holdfast/common/text.hpp"
#include "machine_parts.hpp"

namespace holdfast::affinity {

namespace {

bool may_matter(std::uint32_t class_code) {
  const unsigned base = class_code >> 8U;
  constexpr std::uint32_t infiniband_serial = 0x0c06;
  return base == 0x02 || base == 0x03 || base == 0x12 || class_code == infiniband_serial;
}

/// "pci0000:40": where a PCI domain begins in a sysfs path; also below a bridge (Intel VMD).
bool is_root_complex(std::string_view name) {
  return name.starts_with("pci") && name.find(':') != std::string_view::npos;
}

}  // namespace

PciFunctions::PciFunctions(const Sysfs& sysfs, const Topology& topology)
    : sysfs_(sysfs), topology_(topology), all_(topology.pus()) {}

void PciFunctions::read_all() {
  for (const std::string& name : sysfs_.names("sys/bus/pci/devices")) {
    const auto at = parse_pci_address(name);
    const auto class_code = sysfs_.number(cat("sys/bus/pci/devices/", name, "/class"));
    // the file has the programming interface as a third byte
    if (at && class_code && may_matter(*class_code >> 8U)) add(*at, *class_code >> 8U);
  }
}

PciFunction* PciFunctions::find(const PciAddress& at) {
  const auto found = index_.find(at);
  return found == index_.end() ? nullptr : &devices_.functions[found->second];
}

PciFunction* PciFunctions::on_path(std::string_view path) {
  std::optional<PciAddress> last;
  for (const std::string_view part : split(path, '/'))
    if (const auto at = parse_pci_address(part)) last = *at;
  if (!last) return nullptr;
  if (PciFunction* known = find(*last)) return known;
  const auto class_code = sysfs_.number(cat("sys/bus/pci/devices/", to_text(*last), "/class"));
  return &add(*last, class_code.value_or(0) >> 8U);
}

PciFunction& PciFunctions::add(const PciAddress& at, std::uint32_t class_code) {
  const std::string directory = cat("sys/bus/pci/devices/", to_text(at));
  PciFunction function;
  function.at = at;
  function.class_code = static_cast<std::uint16_t>(class_code);
  function.vendor =
      static_cast<std::uint16_t>(sysfs_.number(cat(directory, "/vendor")).value_or(0));
  function.device =
      static_cast<std::uint16_t>(sysfs_.number(cat(directory, "/device")).value_or(0));
  // numa_node is -1 where firmware says nothing; local_cpulist is then every CPU and means nothing
  if (const auto numa = sysfs_.number(cat(directory, "/numa_node"))) {
    const auto pus = parse_cpu_list(sysfs_.text(cat(directory, "/local_cpulist")).value_or(""));
    function.near = locality_near(topology_, all_, pus ? *pus : CpuSet{}, {NumaNode{*numa}});
    function.near.numa = NumaNode{*numa};
  }
  function.bridge = bridges_above(sysfs_.link(directory));
  index_[at] = devices_.functions.size();
  devices_.functions.push_back(std::move(function));
  return devices_.functions.back();
}

std::optional<std::size_t> PciFunctions::bridges_above(std::string_view path) {
  std::optional<std::size_t> parent;
  auto parts = split(path, '/');
  if (!parts.empty()) parts.pop_back();  // the function itself
  for (const std::string_view part : parts) {
    const bool root = is_root_complex(part);
    if (!root && !parse_pci_address(part)) continue;
    const auto known = bridge_index_.find(part);
    if (known != bridge_index_.end()) {
      parent = known->second;
      continue;
    }
    devices_.bridges.push_back({std::string(part), parent, root && !parent});
    parent = devices_.bridges.size() - 1;
    bridge_index_.emplace(part, *parent);
  }
  return parent;
}

}  // namespace holdfast::affinity
