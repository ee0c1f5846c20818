// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/topology.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// One GPU as one runtime or driver sees it: nvml0, cuda0, rsmi3, ze1, a KFD node, an entry of
/// NVIDIA's /proc directory. Several faces of one backend on one PCI function are partitions of it
/// (MIG instances, MI300 TPX/CPX partitions, Intel tiles).
struct GpuFace {
  enum class Backend { nccl, kfd, nvidia_driver, rsmi, level_zero, cuda, nvml, opencl };
  Backend backend{};
  unsigned number{};  ///< in the backend's own enumeration
  std::string uuid;
  std::string model;
  std::optional<unsigned> minor;
};

/// One name the system has for a network device.
struct NicFace {
  enum class Link { unknown, infiniband, ethernet };
  std::string name;
  bool fabric{};     ///< a verbs, cxi or hfi1 device, not a netdev
  bool slingshot{};  ///< the recorder said so
  Link link{Link::unknown};
  std::vector<NicPort> ports;
};

/// One PCI function that may be a GPU or a NIC. `class_code` is base class and subclass, 0x0302.
struct PciFunction {
  PciAddress at;
  std::uint16_t class_code{};
  std::uint16_t vendor{};
  std::uint16_t device{};
  Locality near;
  std::optional<std::size_t> bridge;  ///< index into Devices::bridges
  std::vector<GpuFace> gpus;
  std::vector<NicFace> nics;
};

/// A bridge as met; those that lead to no GPU and no NIC are left out of the topology.
struct BridgeSeen {
  std::string name;  ///< PCI address; of a host bridge anything
  std::optional<std::size_t> parent;
  bool host{};  ///< known to be a host bridge (root complex)
};

/// Everything a reader found on the device side, before it is decided what it is.
struct Devices {
  std::vector<BridgeSeen> bridges;  ///< parents before their children
  std::vector<PciFunction> functions;
  std::vector<Nic> elsewhere;                ///< network devices without a PCI function
  std::vector<std::uint16_t> gpu_vendors{};  ///< PCI vendors of GPUs besides the three known
};

/// More GPUs and network functions than any node has, virtual ones included. Each holds a set of
/// PUs, so a bound keeps a small hostile file from filling the memory.
inline constexpr std::size_t max_functions = 8192;

/// Decides what the functions are and adds GPUs (in the runtime's order), NICs and the bridges that
/// lead to them; ends with normalize().
void add_devices(Topology& topology, const Devices& devices);

/// The parts of add_devices(), each a rule of its own.
[[nodiscard]] std::vector<Gpu> gpus_of(const PciFunction& function);
[[nodiscard]] bool is_gpu(const PciFunction& function,
                          const std::vector<std::uint16_t>& more_vendors);
[[nodiscard]] Vendor vendor_of(const PciFunction& function);
[[nodiscard]] std::optional<Nic> nic_of(const PciFunction& function);

/// Whether a name is one verbs, libfabric or HPE's driver gives to an RDMA device ("mlx5_0",
/// "rdmap16s27", "hfi1_0"), not one of a netdev. For files that do not say it.
[[nodiscard]] bool is_fabric_name(std::string_view name);

/// The state of a verbs port: "4: ACTIVE" in sysfs, "4" in hwloc's XML; none when unreadable.
[[nodiscard]] std::optional<PortState> verbs_port_state(std::string_view value);

/// Order of names with numbers in them ("mlx5_2" before "mlx5_10"): shorter first, then by
/// letters.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace holdfast::affinity
