// SPDX-License-Identifier: Apache-2.0
// Which NICs may carry a job's traffic. Only one kind of fabric is chosen: a list that mixes
// InfiniBand with RoCE or a management port makes a communication library pair NICs that cannot
// reach each other. Inside the kind a slow NIC is told, not dropped: leaving out a rail on one node
// only makes the lists of the nodes differ in length, which is worse.
#include "holdfast/affinity/plan.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace holdfast::affinity {

namespace {

/// Fastest first.
constexpr std::array preference{NicKind::infiniband,
                                NicKind::slingshot,
                                NicKind::omni_path,
                                NicKind::efa,
                                NicKind::roce,
                                NicKind::ethernet};

std::string_view fabric_name(NicKind kind) {
  constexpr std::array<std::string_view, 6> names{
      "InfiniBand", "RoCE", "EFA", "Slingshot", "Omni-Path", "Ethernet"};
  return names.at(static_cast<std::size_t>(kind));
}

std::vector<std::size_t> in_pci_order(const Topology& topology) {
  std::vector<std::size_t> order(topology.nics.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) {
    const Nic& nic = topology.nics[i];
    return std::tuple(!nic.at, nic.at.value_or(PciAddress{}), nic.name);
  });
  return order;
}

bool is_down(const NicPort& port) { return port.state == PortState::down; }

std::string why_down(const Nic& nic) {
  if (nic.ports.size() == 1) return cat("port ", nic.ports.front().number, " is down");
  return "all its ports are down";
}

/// The fastest link of the NIC that may be up, in Gbit/s; 0 when unknown.
std::uint32_t speed_of(const Nic& nic) {
  std::uint32_t best = 0;
  for (const NicPort& port : nic.ports)
    if (!is_down(port)) best = std::max(best, port.gigabits);
  return best;
}

bool is_named(const Nic& nic, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return !name.empty() && (name == nic.name || name == nic.netdev);
  });
}

void note_slow(const Topology& topology,
               const std::vector<std::size_t>& usable,
               std::vector<std::string>& notes) {
  std::uint32_t fastest = 0;
  for (const std::size_t i : usable)
    fastest = std::max(fastest, speed_of(topology.nics[i]));
  for (const std::size_t i : usable) {
    const std::uint32_t speed = speed_of(topology.nics[i]);
    if (speed != 0 && speed < fastest / 2)
      notes.push_back(cat(topology.nics[i].name,
                          " kept although its link runs at ",
                          speed,
                          " of ",
                          fastest,
                          " Gbit/s"));
  }
}

}  // namespace

std::vector<std::size_t> usable_nics(const Topology& topology,
                                     const std::vector<std::string>& without,
                                     std::vector<std::string>& notes) {
  std::vector<std::size_t> up;
  for (const std::size_t i : in_pci_order(topology)) {
    const Nic& nic = topology.nics[i];
    if (is_named(nic, without))
      notes.push_back(cat(nic.name, " left out as asked"));
    else if (std::ranges::all_of(nic.ports, is_down))
      notes.push_back(cat(nic.name, " left out: ", why_down(nic)));
    else
      up.push_back(i);
  }
  const auto has_kind = [&](NicKind kind) {
    return std::ranges::any_of(up, [&](std::size_t i) { return topology.nics[i].kind == kind; });
  };
  const auto best = std::ranges::find_if(preference, has_kind);
  std::vector<std::size_t> usable;
  for (const std::size_t i : up) {
    const Nic& nic = topology.nics[i];
    if (nic.kind == *best)
      usable.push_back(i);
    else
      notes.push_back(cat(nic.name,
                          " left out: ",
                          fabric_name(nic.kind),
                          " on a node that has ",
                          fabric_name(*best)));
  }
  note_slow(topology, usable, notes);
  return usable;
}

}  // namespace holdfast::affinity
