// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/fact.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace holdfast::health {

/// A counter the kernel names: "symbol_error", "link_downed".
using Counters = std::map<std::string, std::uint64_t>;

/// One PCI function as sysfs shows it: GPUs, NICs, NVMe drives, and the bridges between them and
/// the root.
struct PciFacts {
  std::string at;                         ///< "0000:17:00.0"
  std::string kind;                       ///< "gpu", "nic", "nvme", "bridge", "nvswitch"
  std::string vendor;                     ///< "10de"
  std::string device;                     ///< "2330"
  std::string above;                      ///< the bridge right above it; empty at a root port
  Fact<bool> gone;                        ///< its configuration space reads all ones
  Fact<std::uint64_t> width, width_most;  ///< lanes
  Fact<std::uint64_t> mega_transfers, mega_transfers_most;  ///< 32000 is 32 GT/s, generation 5
  Fact<std::uint64_t> aer_correctable, aer_nonfatal, aer_fatal;
  Fact<bool> redirects;  ///< a bridge whose ACS sends what peers say to each other through the root

  friend bool operator==(const PciFacts&, const PciFacts&) = default;
};

/// One port of an InfiniBand or RoCE device, /sys/class/infiniband/DEVICE/ports/N.
struct IbPortFacts {
  std::string device;  ///< "mlx5_0"
  std::uint64_t port{1};
  std::string at;                ///< PCI address of the device; empty where unknown
  std::string netdev;            ///< empty where it has none
  Fact<std::string> link_layer;  ///< "InfiniBand", "Ethernet"
  Fact<std::string> state;       ///< "ACTIVE", "DOWN", "INIT", "ARMED"
  Fact<std::string> physical;    ///< "LinkUp", "Polling", "Disabled"
  Fact<std::uint64_t> gigabits;
  Fact<std::uint64_t> lid, sm_lid;
  Fact<std::string> firmware, board;
  Fact<Counters> counters;               ///< counters/ and hw_counters/ together
  Fact<std::vector<std::string>> gids;   ///< "RoCE v2 fe80::…", in order of their index
  Fact<std::vector<std::string>> pkeys;  ///< "0xffff"; zero entries left out

  friend bool operator==(const IbPortFacts&, const IbPortFacts&) = default;
};

/// One network interface.
struct NetFacts {
  std::string name;  ///< "eth0"
  std::string at;
  bool software{};          ///< a bond, a VLAN, a bridge: no hardware right behind it
  Fact<std::string> state;  ///< operstate: "up", "down"
  Fact<std::uint64_t> megabits;
  Fact<std::string> duplex;
  Fact<std::uint64_t> mtu;
  Fact<Counters> counters;  ///< carrier_changes, rx_errors, rx_crc_errors, tx_errors, …

  friend bool operator==(const NetFacts&, const NetFacts&) = default;
};

}  // namespace holdfast::health
