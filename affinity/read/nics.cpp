// SPDX-License-Identifier: Apache-2.0
// What kind of NIC a PCI function is, and which of its names counts.
#include "devices.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace holdfast::affinity {

namespace {

constexpr std::uint16_t class_ethernet = 0x0200;
constexpr std::uint16_t class_infiniband = 0x0207;
constexpr std::uint16_t class_fabric = 0x0208;
constexpr std::uint16_t class_infiniband_serial = 0x0c06;  // ConnectX and older
constexpr std::uint16_t amazon = 0x1d0f;
constexpr std::uint16_t cray = 0x17db;
constexpr std::uint16_t hpe = 0x1590;

bool is_slingshot(const PciFunction& function, const NicFace& face) {
  return face.slingshot || face.name.starts_with("cxi") || function.vendor == cray ||
         (function.vendor == hpe && function.device >= 0x0371 && function.device <= 0x037f);
}

NicKind kind_of(const PciFunction& function, const NicFace& face, bool infiniband_netdev) {
  if (is_slingshot(function, face)) return NicKind::slingshot;
  if (face.name.starts_with("hfi1") || face.name.starts_with("opa") ||
      function.class_code == class_fabric)
    return NicKind::omni_path;
  if (function.vendor == amazon && (function.device >> 4U) == 0xefa) return NicKind::efa;
  // Cisco's usNIC and Atos' BXI stand in the verbs class and speak no verbs.
  if (face.name.starts_with("usnic") || face.name.starts_with("bxi")) return NicKind::ethernet;
  const bool infiniband_class =
      function.class_code == class_infiniband || function.class_code == class_infiniband_serial;
  if (!face.fabric)
    return infiniband_class || infiniband_netdev ? NicKind::infiniband : NicKind::ethernet;
  if (face.link == NicFace::Link::infiniband) return NicKind::infiniband;
  if (face.link == NicFace::Link::ethernet || function.class_code == class_ethernet)
    return NicKind::roce;
  return infiniband_class || infiniband_netdev ? NicKind::infiniband : NicKind::roce;
}

/// The face a function goes by: a fabric one before a netdev, then by name. A function with dozens
/// of netdevs (representors of virtual functions) is still one NIC.
const NicFace* chosen(const PciFunction& function, bool fabric) {
  const NicFace* best = nullptr;
  for (const NicFace& face : function.nics)
    if (face.fabric == fabric && (best == nullptr || natural_less(face.name, best->name)))
      best = &face;
  return best;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::optional<PortState> verbs_port_state(std::string_view value) {
  const auto number = parse_number<unsigned>(value.substr(0, 1));
  if (!number) return std::nullopt;
  // verbs: 1 down, 2 initializing (no subnet manager), 3 armed, 4 active; traffic flows in 4 only
  if (*number == 4) return PortState::active;
  return *number >= 1 && *number <= 3 ? PortState::down : PortState::unknown;
}

bool is_fabric_name(std::string_view name) {
  constexpr std::array<std::string_view, 18> prefixes{"mlx",
                                                      "bnxt_re",
                                                      "irdma",
                                                      "hfi1",
                                                      "opa",
                                                      "efa",
                                                      "rdmap",
                                                      "rocep",
                                                      "ibp",
                                                      "cxi",
                                                      "qedr",
                                                      "hns_",
                                                      "ionic",
                                                      "erdma",
                                                      "rxe",
                                                      "siw",
                                                      "cxgb4",
                                                      "i40iw"};
  return std::ranges::any_of(prefixes,
                             [name](std::string_view prefix) { return name.starts_with(prefix); });
}

std::optional<Nic> nic_of(const PciFunction& function) {
  const NicFace* fabric = chosen(function, true);
  const NicFace* netdev = chosen(function, false);
  const NicFace* face = fabric != nullptr ? fabric : netdev;
  if (face == nullptr) return std::nullopt;
  const bool infiniband_netdev = std::ranges::any_of(function.nics, [](const NicFace& nic) {
    return !nic.fabric && nic.link == NicFace::Link::infiniband;
  });
  Nic nic{face->name,
          {},
          kind_of(function, *face, infiniband_netdev),
          function.at,
          face->ports,
          function.near,
          std::nullopt};
  if (fabric != nullptr && netdev != nullptr) {
    nic.netdev = netdev->name;
    // an InfiniBand function may also carry an Ethernet netdev (old ConnectX): show the IPoIB one
    if (nic.kind == NicKind::infiniband)
      for (const NicFace& other : function.nics)
        if (!other.fabric && other.link == NicFace::Link::infiniband) nic.netdev = other.name;
    // Slingshot's state is known by its netdev only
    if (nic.ports.empty()) nic.ports = netdev->ports;
  }
  return nic;
}

}  // namespace holdfast::affinity
