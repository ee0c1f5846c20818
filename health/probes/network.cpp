// SPDX-License-Identifier: Apache-2.0
// InfiniBand and RoCE ports, Ethernet interfaces. A NIC whose firmware hangs can make these reads
// wait, so they are taken in a child.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace holdfast::health {

namespace {

constexpr const char* ib_class = "sys/class/infiniband";
constexpr const char* net_class = "sys/class/net";

// In counters/ or hw_counters/. Read by name: a port has sixty of them, and those in hw_counters/
// ask the NIC's firmware.
constexpr std::array ib_counters{"symbol_error",
                                 "link_error_recovery",
                                 "link_downed",
                                 "port_rcv_errors",
                                 "port_xmit_discards",
                                 "excessive_buffer_overrun_errors",
                                 "local_link_integrity_errors",
                                 "VL15_dropped"};
constexpr std::array hardware_counters{"rnr_nak_retry_err",
                                       "local_ack_timeout_err",
                                       "packet_seq_err",
                                       "out_of_sequence",
                                       "roce_slow_restart",
                                       "np_cnp_sent",
                                       "rp_cnp_handled"};
constexpr std::array net_counters{
    "rx_errors", "rx_crc_errors", "tx_errors", "rx_missed_errors", "rx_dropped", "tx_dropped"};

template <std::size_t size>
void read_counters(const Tree& tree,
                   const std::string& folder,
                   const std::array<const char*, size>& names,
                   Counters& out) {
  for (const char* name : names) {
    const auto value = tree.number(cat(folder, '/', std::string_view(name)));
    if (value.known()) out.emplace(name, *value);
  }
}

/// "4: ACTIVE" is "ACTIVE".
Fact<std::string> after_colon(const Fact<std::string>& text) {
  return changed<std::string>(text, [](const std::string& whole) {
    const auto colon = whole.find(':');
    return std::string(trim(colon == std::string::npos ? whole : whole.substr(colon + 1)));
  });
}

/// The PCI address of a class device: the last part of where its "device" link points.
std::string address_of(const Tree& tree, const std::string& folder) {
  const std::string target = tree.link(cat(folder, "/device"));
  const std::string name = std::filesystem::path(target).filename().string();
  return std::ranges::count(name, ':') == 2 ? name : std::string();
}

/// The GIDs in use, "RoCE v2 fe80:…". A table has up to 256 places, of which the first are used.
Fact<std::vector<std::string>> gids(const Tree& tree, const std::string& port, Depth depth) {
  const auto places = tree.names(cat(port, "/gids"));
  if (!places.known()) return Fact<std::vector<std::string>>::missing(places.gap(), places.why());
  constexpr std::size_t first_places = 8;
  const std::size_t count =
      depth == Depth::thorough ? places->size() : std::min(places->size(), first_places);
  std::vector<std::string> out;
  out.reserve(count);
  for (std::size_t place = 0; place < count; ++place) {
    const auto gid = tree.text(cat(port, "/gids/", (*places)[place]));
    if (!gid.known() || gid->find_first_not_of("0:") == std::string::npos) continue;
    const auto type = tree.text(cat(port, "/gid_attrs/types/", (*places)[place]));
    out.push_back(cat(type.value_or("IB"), ' ', *gid));
  }
  return out;
}

Fact<std::vector<std::string>> pkeys(const Tree& tree, const std::string& port) {
  const auto places = tree.names(cat(port, "/pkeys"));
  if (!places.known()) return Fact<std::vector<std::string>>::missing(places.gap(), places.why());
  std::vector<std::string> out;
  for (const std::string& place : *places) {
    auto key = tree.text(cat(port, "/pkeys/", place));
    // keys are filled from the first place on
    if (!key.known() || *key == "0x0000") break;
    out.push_back(std::move(*key));
  }
  return out;
}

IbPortFacts read_port(const Tree& tree,
                      const std::string& device,
                      std::uint64_t number,
                      Depth depth) {
  const std::string folder = cat(ib_class, '/', device);
  const std::string port = cat(folder, "/ports/", number);
  IbPortFacts facts;
  facts.device = device;
  facts.port = number;
  facts.at = address_of(tree, folder);
  facts.netdev = tree.text(cat(port, "/gid_attrs/ndevs/0")).value_or("");
  facts.link_layer = tree.text(cat(port, "/link_layer"));
  facts.state = after_colon(tree.text(cat(port, "/state")));
  facts.physical = after_colon(tree.text(cat(port, "/phys_state")));
  facts.gigabits = leading_number(tree.text(cat(port, "/rate")));
  facts.lid = tree.number(cat(port, "/lid"));
  facts.sm_lid = tree.number(cat(port, "/sm_lid"));
  facts.firmware = tree.text(cat(folder, "/fw_ver"));
  facts.board = tree.text(cat(folder, "/board_id"));
  Counters counters;
  read_counters(tree, cat(port, "/counters"), ib_counters, counters);
  read_counters(tree, cat(port, "/hw_counters"), hardware_counters, counters);
  if (counters.empty() && tree.exists(cat(port, "/counters")))
    facts.counters = Fact<Counters>::unseen("none of its counters can be read");
  else
    facts.counters = std::move(counters);
  facts.gids = gids(tree, port, depth);
  facts.pkeys = pkeys(tree, port);
  return facts;
}

/// Bonds, VLANs, bridges: a class may name one, but it has no cable whose errors could be counted.
NetFacts read_software_net(const Tree& tree, const std::string& name) {
  const std::string folder = cat(net_class, '/', name);
  NetFacts facts;
  facts.name = name;
  facts.software = true;
  facts.state = tree.text(cat(folder, "/operstate"));
  facts.mtu = tree.number(cat(folder, "/mtu"));
  facts.megabits = tree.number(cat(folder, "/speed"));
  if (!facts.megabits.known())  // the kernel refuses it for all but bonds and VLANs
    facts.megabits = Fact<std::uint64_t>::lacking("it has no speed of its own");
  facts.duplex = Fact<std::string>::lacking("it has no cable of its own");
  facts.counters = Fact<Counters>::lacking("it has no cable of its own");
  return facts;
}

/// Left out: the loopback, the ends of containers' pairs, of which there are hundreds, and the
/// file bonding_masters.
bool may_be_meant(const Tree& tree, const std::string& name) {
  return name != "lo" && !name.starts_with("veth") &&
         tree.exists(cat(net_class, '/', name, "/operstate"));
}

NetFacts read_net(const Tree& tree, const std::string& name) {
  const std::string folder = cat(net_class, '/', name);
  NetFacts facts;
  facts.name = name;
  facts.at = address_of(tree, folder);
  facts.state = tree.text(cat(folder, "/operstate"));
  // the kernel answers EINVAL for speed and duplex of a link that is down
  if (facts.state.is("up")) {
    facts.megabits = tree.number(cat(folder, "/speed"));
    facts.duplex = tree.text(cat(folder, "/duplex"));
  } else {
    facts.megabits = Fact<std::uint64_t>::lacking("the link is not up");
    facts.duplex = Fact<std::string>::lacking("the link is not up");
  }
  facts.mtu = tree.number(cat(folder, "/mtu"));
  Counters counters;
  constexpr std::array own{"carrier_changes", "carrier_down_count"};
  read_counters(tree, folder, own, counters);
  read_counters(tree, cat(folder, "/statistics"), net_counters, counters);
  facts.counters = std::move(counters);
  return facts;
}

}  // namespace

void look_at_ib(const Tree& tree, Depth depth, Facts& facts) {
  const auto files = tree.names("dev/infiniband");
  facts.ib_device_files = changed<std::uint64_t>(files, [](const auto& names) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(names, [](const auto& name) { return name.starts_with("uverbs"); }));
  });
  const auto devices = tree.names(ib_class);
  if (!devices.known()) {
    facts.ib_ports = Fact<std::vector<IbPortFacts>>::missing(devices.gap(), devices.why());
    return;
  }
  std::vector<IbPortFacts> ports;
  ports.reserve(devices->size());
  for (const std::string& device : *devices) {
    const auto names = tree.names(cat(ib_class, '/', device, "/ports"));
    if (!names.known()) continue;
    for (const std::string& name : *names)
      if (const auto number = parse_number<std::uint64_t>(name))
        ports.push_back(read_port(tree, device, *number, depth));
  }
  facts.ib_ports = std::move(ports);
}

void look_at_nets(const Tree& tree, Facts& facts) {
  const auto names = tree.names(net_class);
  if (!names.known()) {
    facts.nets = Fact<std::vector<NetFacts>>::missing(names.gap(), names.why());
    return;
  }
  std::vector<NetFacts> nets;
  nets.reserve(names->size());
  for (const std::string& name : *names)
    if (tree.exists(cat(net_class, '/', name, "/device")))
      nets.push_back(read_net(tree, name));
    else if (may_be_meant(tree, name))
      nets.push_back(read_software_net(tree, name));
  facts.nets = std::move(nets);
}

}  // namespace holdfast::health
