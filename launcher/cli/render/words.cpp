// SPDX-License-Identifier: Apache-2.0
#include "cli/render/words.hpp"

#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::cli {

using affinity::Nic;
using affinity::NicKind;
using affinity::NicPort;
using affinity::PciPath;
using affinity::PortState;
using affinity::Topology;

std::string to_words(NicKind kind) {
  switch (kind) {
    case NicKind::infiniband:
      return "InfiniBand";
    case NicKind::roce:
      return "RoCE";
    case NicKind::efa:
      return "EFA";
    case NicKind::slingshot:
      return "Slingshot";
    case NicKind::omni_path:
      return "Omni-Path";
    case NicKind::ethernet:
      return "Ethernet";
  }
  return "network";
}

std::string to_words(PortState state) {
  switch (state) {
    case PortState::down:
      return "down";
    case PortState::active:
      return "active";
    case PortState::unknown:
      break;
  }
  return "state unknown";
}

std::string_view meaning_of(PciPath path) {
  switch (path) {
    case PciPath::same:
      return "same PCI function";
    case PciPath::pix:
      return "one PCIe switch at most";
    case PciPath::pxb:
      return "several PCIe switches";
    case PciPath::phb:
      return "through the host bridge";
    case PciPath::node:
      return "same NUMA node, or not known";
    case PciPath::sys:
      return "between NUMA nodes";
  }
  return "";
}

std::string bytes_in_words(std::uint64_t bytes) {
  if (bytes == 0) return {};
  constexpr std::uint64_t mebi = std::uint64_t{1} << 20U;
  constexpr std::uint64_t gibi = std::uint64_t{1} << 30U;
  if (bytes < gibi) return cat((bytes + mebi / 2) / mebi, " MiB");
  if (bytes < 10 * gibi)
    return cat(decimal(static_cast<double>(bytes) / static_cast<double>(gibi), 1), " GiB");
  return cat((bytes + gibi / 2) / gibi, " GiB");
}

namespace {

std::string port_in_words(const NicPort& port) {
  const std::string state = to_words(port.state);
  return port.gigabits == 0 ? state : cat(port.gigabits, " Gbit/s ", state);
}

}  // namespace

std::string ports_in_words(const Nic& nic) {
  if (nic.ports.size() == 1) return port_in_words(nic.ports.front());
  std::vector<std::string> parts;
  for (const NicPort& port : nic.ports)
    parts.push_back(cat("port ", port.number, ' ', port_in_words(port)));
  return join(parts, ", ");
}

bool is_down(const Nic& nic) {
  return !nic.ports.empty() && std::ranges::all_of(nic.ports, [](const NicPort& port) {
    return port.state == PortState::down;
  });
}

std::string short_uuid(std::string_view uuid) {
  // "GPU-" or "MIG-" and the first block of eight digits.
  constexpr std::size_t enough = 12;
  return printable(uuid.substr(0, enough));
}

std::string count(std::size_t number, std::string_view thing) {
  return cat(number, ' ', thing, number == 1 ? "" : "s");
}

std::string summary_of(const Topology& topology) {
  return cat(count(topology.packages.size(), "package"),
             ", ",
             count(topology.memory.size(), "NUMA node"),
             ", ",
             count(topology.cores.size(), "core"),
             ", ",
             count(topology.pus().size(), "PU"),
             ", ",
             count(topology.gpus.size(), "GPU"),
             ", ",
             count(topology.nics.size(), "NIC"));
}

std::string short_list(const CpuSet& set) {
  std::string plain = to_list(set);
  if (set.size() < 3) return plain;
  const std::vector<unsigned> members(set.begin(), set.end());
  const unsigned stride = members[1] - members[0];
  for (std::size_t i = 2; i < members.size(); ++i)
    if (members[i] - members[i - 1] != stride) return plain;
  const std::string strided = cat(members.front(), '-', members.back(), ':', stride);
  return strided.size() < plain.size() ? strided : plain;
}

namespace {

template <class Device>
std::size_t count_unknown(const std::vector<Device>& devices) {
  return static_cast<std::size_t>(std::ranges::count_if(
      devices, [](const Device& device) { return device.near.pus.empty() && !device.near.numa; }));
}

}  // namespace

std::vector<std::string> notes_on(const Topology& topology) {
  std::vector<std::string> notes;
  for (const Nic& nic : topology.nics)
    for (const NicPort& port : nic.ports)
      if (port.state == PortState::down)
        notes.push_back(cat("NIC ", printable(nic.name), ": port ", port.number, " is down"));
  // On a machine that is one NUMA node everything is near everything, and nothing is missing.
  if (topology.memory.size() < 2 && topology.packages.size() < 2) return notes;
  for (const auto& [number, thing] : {std::pair(count_unknown(topology.gpus), "GPU"),
                                      std::pair(count_unknown(topology.nics), "NIC")})
    if (number != 0)
      notes.push_back(cat(count(number, thing),
                          number == 1 ? " is" : " are",
                          " taken as near every core: the machine does not tell where ",
                          number == 1 ? "it is" : "they are"));
  return notes;
}

}  // namespace holdfast::cli
