// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

/// A number a site may change, as a check ships it.
struct Limit {
  std::string_view name;  ///< "margin": written check.limit."gpu.temp.margin"
  double standard{};
  std::string_view help;  ///< "degrees below the slowdown temperature"
};

/// What nodes of one kind are expected to have. Zero and empty mean "nothing is said about it", and
/// then the check that compares skips it.
struct NodeClass {
  std::string name;       ///< empty: no class fits this node
  std::string hosts;      ///< host list; empty fits by model or feature alone
  std::string feature;    ///< a Slurm feature of the node
  std::string gpu_model;  ///< what the detected model begins with
  unsigned gpus{};
  unsigned nvlinks{};  ///< active ones of each GPU
  unsigned pcie_width{};
  std::string driver;  ///< the exact version
  std::string vbios;
  bool ecc{};     ///< must be on
  bool fabric{};  ///< NVSwitch system: registration must be complete
  std::optional<bool> mig;
  unsigned ib_ports{};
  unsigned ib_gigabits{};
  std::string ib_layer;  ///< "InfiniBand" or "Ethernet"
  std::string ib_firmware;
  std::vector<std::string> ib_devices;  ///< ports that must be there: "mlx5_0/1"
  std::string pkey;                     ///< "0x8001"
  std::vector<std::string> nets;        ///< interfaces that must be up
  unsigned net_megabits{};
  unsigned mtu{};
  unsigned cpus{};
  unsigned memory_gib{};
  unsigned huge_pages{};
  std::string transparent_huge_pages;  ///< "always", "madvise", "never"
  std::string governor;
  std::vector<std::string> mounts;
  std::vector<std::string> modules;
  std::vector<std::string> services;
  std::string kernel;

  friend bool operator==(const NodeClass&, const NodeClass&) = default;
};

/// The numbers the checks compare with: the class of the node, and the limits a site changed.
struct Limits {
  NodeClass node;
  std::map<std::string, double, std::less<>> changed;  ///< "gpu.temp.margin" → 5
};

}  // namespace holdfast::health
