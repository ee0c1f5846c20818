// SPDX-License-Identifier: Apache-2.0
// Network devices from /sys/class. Their entries are links whose path tells the PCI function; what
// runs through none is virtual.
#include "holdfast/common/text.hpp"
#include "machine_parts.hpp"

namespace holdfast::affinity {

namespace {

constexpr std::string_view verbs_class = "sys/class/infiniband";
constexpr std::string_view slingshot_class = "sys/class/cxi";
constexpr std::string_view net_class = "sys/class/net";

/// The path of a device of a class: the entry itself is a link in sysfs; `device` below it points
/// to the parent.
std::string path_of(const Sysfs& sysfs, std::string_view device_class, const std::string& name) {
  const std::string entry = cat(device_class, '/', name);
  std::string path = sysfs.link(entry);
  return path.empty() ? sysfs.link(cat(entry, "/device")) : path;
}

/// "400 Gb/sec (4X NDR)": the whole part.
std::uint32_t gigabits(std::string_view rate) {
  return parse_number<std::uint32_t>(rate.substr(0, rate.find_first_not_of("0123456789")))
      .value_or(0);
}

NicFace verbs_face(const Sysfs& sysfs, const std::string& name) {
  NicFace face{name, true, false, NicFace::Link::unknown, {}};
  const std::string ports = cat(verbs_class, '/', name, "/ports");
  for (const std::string& port : sysfs.names(ports)) {
    const auto number = parse_number<unsigned>(port);
    if (!number) continue;
    const std::string directory = cat(ports, '/', port);
    const std::string state = sysfs.text(cat(directory, "/state")).value_or("");
    const std::string rate = sysfs.text(cat(directory, "/rate")).value_or("");
    face.ports.push_back(
        {*number, verbs_port_state(state).value_or(PortState::unknown), gigabits(rate)});
    const std::string layer = sysfs.text(cat(directory, "/link_layer")).value_or("");
    if (layer == "InfiniBand") face.link = NicFace::Link::infiniband;
    if (layer == "Ethernet") face.link = NicFace::Link::ethernet;
  }
  return face;
}

/// Soft-RoCE (rxe, siw) has no device of its own: it stands on a netdev, which may have one.
PciFunction* below_soft_roce(const Sysfs& sysfs,
                             const std::string& name,
                             PciFunctions& functions,
                             std::string& netdev) {
  netdev = sysfs.text(cat(verbs_class, '/', name, "/ports/1/gid_attrs/ndevs/0")).value_or("");
  if (netdev.empty() || netdev.find('/') != std::string::npos) return nullptr;
  return functions.on_path(path_of(sysfs, net_class, netdev));
}

void read_verbs(const Sysfs& sysfs, PciFunctions& functions) {
  for (const std::string& name : sysfs.names(std::string(verbs_class))) {
    NicFace face = verbs_face(sysfs, name);
    PciFunction* function = functions.on_path(path_of(sysfs, verbs_class, name));
    std::string netdev;
    if (function == nullptr) function = below_soft_roce(sysfs, name, functions, netdev);
    if (function != nullptr) {
      function->nics.push_back(std::move(face));
      continue;
    }
    Nic nic{name, netdev, NicKind::roce, std::nullopt, face.ports, {}, std::nullopt};
    functions.devices().elsewhere.push_back(std::move(nic));
  }
}

/// A netdev's port. `speed` may be read only while it is up.
NicPort net_port(const Sysfs& sysfs, const std::string& directory) {
  NicPort port;
  const std::string state = sysfs.text(cat(directory, "/operstate")).value_or("");
  if (state == "up") {
    port.state = PortState::active;
    port.gigabits = sysfs.number(cat(directory, "/speed")).value_or(0) / 1000;
  } else if (state == "down" || state == "lowerlayerdown" || state == "notpresent") {
    port.state = PortState::down;
  }
  return port;
}

void read_netdevs(const Sysfs& sysfs, PciFunctions& functions) {
  constexpr unsigned arp_infiniband = 32;  // ARPHRD_INFINIBAND
  for (const std::string& name : sysfs.names(std::string(net_class))) {
    PciFunction* function = functions.on_path(path_of(sysfs, net_class, name));
    if (function == nullptr) continue;  // lo, bridges, bonds, tunnels
    const std::string directory = cat(net_class, '/', name);
    NicFace face{name, false, false, NicFace::Link::ethernet, {net_port(sysfs, directory)}};
    if (sysfs.number(cat(directory, "/type")) == arp_infiniband)
      face.link = NicFace::Link::infiniband;
    function->nics.push_back(std::move(face));
  }
}

}  // namespace

void read_nics(const Sysfs& sysfs, PciFunctions& functions) {
  read_verbs(sysfs, functions);
  for (const std::string& name : sysfs.names(std::string(slingshot_class)))
    if (PciFunction* function = functions.on_path(path_of(sysfs, slingshot_class, name)))
      function->nics.push_back({name, true, true, NicFace::Link::unknown, {}});
  read_netdevs(sysfs, functions);
}

}  // namespace holdfast::affinity
