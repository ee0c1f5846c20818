// SPDX-License-Identifier: Apache-2.0
// NCCL's topology XML: what clouds ship for their VMs (NCCL_TOPO_FILE) and what NCCL dumps. Two
// callers: a file as a whole machine, and a file that corrects one known otherwise
// (file_locality.cpp). Such a file knows NUMA nodes, switches, GPUs and NICs; it knows no cores and
// no packages.
#include "nccl_xml.hpp"

#include "cpu_parts.hpp"
#include "formats.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::affinity {

namespace {

std::uint16_t hex16(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return parse_number<std::uint16_t>(text.substr(0, 4), 16).value_or(0);
}

/// One port from a <net>; its speed stands in Mbit/s. The file says nothing about the link being
/// up.
NicPort port_of(const XmlElement& net) {
  const auto number = parse_number<unsigned>(net["port"]);
  const auto megabits = parse_number<std::uint32_t>(net["speed"]).value_or(0);
  return {number.value_or(0) == 0 ? 1 : *number, PortState::unknown, megabits / 1000};
}

class NcclWalk {
 public:
  Result<NcclFile> walk(const XmlElement& root) {
    for (const XmlElement& cpu : root.children)
      if (cpu.name == "cpu")
        if (auto failure = add_cpu(cpu)) return std::move(*failure);
    return std::move(file_);
  }

 private:
  using Bridge = std::optional<std::size_t>;

  std::optional<Failure> add_cpu(const XmlElement& element) {
    NcclCpu cpu;
    if (const auto numa = parse_number<unsigned>(element["numaid"])) {
      if (*numa >= max_numa_nodes)
        return Failure{FailureKind::unreadable,
                       cat("a cpu has the impossible numaid ", *numa),
                       "dump the topology again",
                       {}};
      cpu.numa = NumaNode{*numa};
    }
    // Masks are taken strictly as written, a typo too: OCI's file for BM.GPU.B4.8 has a word of 7
    // digits and so lacks 4 of 32 PUs. Guessing which digit is missing could place a rank on PUs of
    // another node; lacking 4 PUs costs nothing like that.
    if (const std::string_view mask = element["affinity"]; !trim(mask).empty()) {
      auto pus = parse_cpu_mask(mask);
      if (!pus) return pus.error();
      cpu.pus = std::move(*pus);
    }
    cpu.model = element["vendor"];
    // Without a NUMA node the mask is the whole machine's: a VM that does not say what is near
    near_ = cpu.numa ? Locality{cpu.numa, cpu.pus} : Locality{};
    file_.cpus.push_back(std::move(cpu));
    for (const XmlElement& child : element.children) {
      if (child.name == "pci") {
        // The file has no host bridges. Each top-level entry gets one of its own, so that what
        // meets only in the CPU counts as such.
        file_.devices.bridges.push_back({{}, std::nullopt, true});
        if (auto failure = add_pci(child, file_.devices.bridges.size() - 1)) return failure;
      } else if (child.name == "nic") {
        add_virtual(child);
      }
    }
    return std::nullopt;
  }

  std::optional<Failure> add_pci(const XmlElement& element, Bridge bridge) {
    const bool is_bridge = element["class"].starts_with("0x0604") ||
                           std::ranges::any_of(element.children, [](const XmlElement& child) {
                             return child.name == "pci";
                           });
    if (is_bridge) {
      file_.devices.bridges.push_back({std::string(element["busid"]), bridge, false});
      bridge = file_.devices.bridges.size() - 1;
      for (const XmlElement& child : element.children)
        if (child.name == "pci")
          if (auto failure = add_pci(child, bridge)) return failure;
      return std::nullopt;
    }
    const auto at = parse_pci_address(element["busid"]);
    if (!at) return at.error();
    PciFunction function;
    function.at = *at;
    function.class_code = hex16(element["class"]);
    function.vendor = hex16(element["vendor"]);
    function.device = hex16(element["device"]);
    function.near = near_;
    function.bridge = bridge;
    for (const XmlElement& child : element.children) {
      if (child.name == "gpu") add_gpu(child, function);
      if (child.name == "nic") add_nets(child, function);
    }
    // Short files give a class alone: it is NVIDIA's library that reads them
    if (function.vendor == 0 && function.class_code >> 8U == 0x03) function.vendor = 0x10de;
    name_bare_nic(function);
    if (file_.devices.functions.size() >= max_functions)
      return Failure{FailureKind::unreadable,
                     cat("it has more than ", max_functions, " PCI functions"),
                     "dump the topology again",
                     {}};
    file_.devices.functions.push_back(std::move(function));
    return std::nullopt;
  }

  /// "dev" is the device number the ranks of the dumping job used; AMD's RCCL writes "gcn".
  static void add_gpu(const XmlElement& gpu, PciFunction& function) {
    GpuFace face;
    face.backend = GpuFace::Backend::nccl;
    face.number = parse_number<unsigned>(gpu["dev"]).value_or(0);
    if (function.vendor == 0) function.vendor = gpu.find("gcn") != nullptr ? 0x1002 : 0x10de;
    function.gpus.push_back(std::move(face));
  }

  static void add_port(std::vector<NicPort>& ports, NicPort port) {
    constexpr std::size_t most = 64;
    if (ports.size() >= most) return;
    if (std::ranges::find(ports, port.number, &NicPort::number) != ports.end())
      port.number = std::ranges::max(ports, {}, &NicPort::number).number + 1;
    ports.push_back(port);
  }

  /// NCCL lists the ports of one function, each under the name of its verbs device (mlx5_0 and
  /// mlx5_1): one NIC, called by the first name, with a port each.
  static void add_nets(const XmlElement& nic, PciFunction& function) {
    for (const XmlElement& net : nic.children) {
      if (net.name != "net") continue;
      if (!function.nics.empty()) {
        add_port(function.nics.front().ports, port_of(net));
        continue;
      }
      const std::string name(net["name"]);
      if (name.empty()) continue;
      function.nics.push_back({name, is_fabric_name(name), false, {}, {port_of(net)}});
    }
  }

  /// A cloud's file names no network device: it goes by its PCI address. It stands in the file
  /// because NCCL uses it, so an Ethernet function is a verbs device (RoCE).
  static void name_bare_nic(PciFunction& function) {
    if (function.class_code >> 8U != 0x02 || !function.nics.empty()) return;
    function.nics.push_back({to_text(function.at), true, false, {}, {}});
  }

  /// A <nic> straight below <cpu>: a socket transport (eth0), whose function NCCL did not find.
  void add_virtual(const XmlElement& nic) {
    PciFunction none;
    none.near = near_;
    add_nets(nic, none);
    if (auto found = nic_of(none)) {
      found->at = std::nullopt;
      file_.devices.elsewhere.push_back(std::move(*found));
    }
  }

  NcclFile file_;
  Locality near_;
};

/// CPUs as parts: one package per <cpu>, for the file does not tell sockets, and one core per PU,
/// for it does not tell siblings. Where masks overlap, the first <cpu> has the PU.
CpuParts parts_of(const NcclFile& file) {
  CpuParts parts;
  CpuSet seen;
  for (const NcclCpu& cpu : file.cpus) {
    const CpuSet own = cpu.pus - seen;
    seen |= own;
    parts.packages.push_back(
        {static_cast<unsigned>(parts.packages.size()), own, cpu.model, cpu.numa.has_value()});
    if (cpu.numa) parts.nodes.push_back({*cpu.numa, own, 0, false, parts.packages.size() - 1});
    for (const unsigned pu : own)
      parts.cores.push_back(CpuSet{pu});
  }
  return parts;
}

}  // namespace

Result<NcclFile> nccl_file(const XmlElement& root) { return NcclWalk().walk(root); }

Result<Topology> read_nccl_xml(const XmlElement& root, std::string_view origin) {
  auto file = nccl_file(root);
  if (!file) return Failure(file.error()).within(origin);
  CpuParts parts = parts_of(*file);
  if (parts.cores.empty())
    return Failure{FailureKind::unsupported,
                   cat(origin, " is an NCCL topology file without affinity masks: it has no CPUs"),
                   "use it on the machine itself, where it adds locality to what the kernel says",
                   {}};
  Topology topology;
  topology.origin = cat("NCCL topology ", origin);
  add_cpus(topology, std::move(parts));
  const CpuSet all = topology.pus();
  for (PciFunction& function : file->devices.functions)
    function.near.pus &= all;
  add_devices(topology, file->devices);
  if (auto failure = inconsistency(topology)) return std::move(*failure).within(origin);
  return topology;
}

}  // namespace holdfast::affinity
