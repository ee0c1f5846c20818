// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/pci.hpp"
#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/id.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::affinity {

enum class Vendor { unknown, nvidia, amd, intel };

/// Which PUs are near a device. Both empty means the machine does not say: near everything, never
/// "no device". `numa` alone is a node none of whose CPUs is in this view (a cgroup's): its package
/// still tells near from far.
struct Locality {
  std::optional<NumaNode> numa;
  CpuSet pus;

  friend bool operator==(const Locality&, const Locality&) = default;
};

/// One core with its PUs (hardware threads). Cores stand in Slurm's abstract order, which is
/// hwloc's logical order: package by package, and inside a package by lowest PU.
struct Core {
  CpuSet pus;
  unsigned package{};            ///< index into Topology::packages
  std::optional<NumaNode> numa;  ///< the smallest NUMA node that holds the core
  std::optional<unsigned> l3;    ///< which L3 cache, numbered from 0 over the node

  friend bool operator==(const Core&, const Core&) = default;
};

struct Package {
  unsigned os_index{};
  CpuSet pus;
  std::string model;

  friend bool operator==(const Package&, const Package&) = default;
};

/// One NUMA node. `pus` is empty for memory without CPUs: CXL or high-bandwidth memory, and GPU
/// memory that the kernel shows as a node (Grace-Hopper, POWER9 with V100).
struct MemoryNode {
  NumaNode id;
  CpuSet pus;
  std::optional<unsigned> package;  ///< index into Topology::packages, where known
  std::uint64_t bytes{};            ///< 0 when unknown
  bool gpu_memory{};                ///< belongs to a GPU: never a target of a rank's memory policy

  friend bool operator==(const MemoryNode&, const MemoryNode&) = default;
};

/// A bridge of the PCI tree. A bridge without `parent` is a host bridge (root complex).
struct PciBridge {
  std::string name;  ///< PCI address, or "host <n>" for a host bridge; unique in the node
  std::optional<std::size_t> parent;  ///< index into Topology::bridges, always smaller than its own

  friend bool operator==(const PciBridge&, const PciBridge&) = default;
};

/// What a GPU is called: its PCI function, and the partition where one function shows several
/// devices (MIG instance, MI300 TPX/CPX partition, Intel tile).
struct GpuId {
  PciAddress at;
  std::optional<unsigned> partition;

  friend constexpr auto operator<=>(const GpuId&, const GpuId&) = default;
};

/// "0000:17:00.0", with partition "0000:17:00.0/3".
[[nodiscard]] std::string to_text(const GpuId& id);
[[nodiscard]] Result<GpuId> parse_gpu_id(std::string_view text);

struct Gpu {
  GpuId id;
  Vendor vendor{Vendor::unknown};
  std::string model;              ///< empty when unknown
  std::string uuid;               ///< "GPU-…" or "MIG-…"; empty when unknown
  std::optional<unsigned> minor;  ///< N of /dev/nvidiaN or of the KFD/DRM render node, where known
  Locality near;
  std::optional<std::size_t>
      behind;  ///< index into Topology::bridges; none where the PCI tree is unknown

  friend bool operator==(const Gpu&, const Gpu&) = default;
};

enum class NicKind { infiniband, roce, efa, slingshot, omni_path, ethernet };
enum class PortState { unknown, down, active };

struct NicPort {
  unsigned number{1};
  PortState state{PortState::unknown};
  std::uint32_t gigabits{};  ///< link speed in Gbit/s; 0 when unknown

  friend bool operator==(const NicPort&, const NicPort&) = default;
};

/// One network device. The verbs (or cxi, hfi1, efa) name wins over the netdev name: ib0 and mlx5_0
/// on one function are one NIC called mlx5_0.
struct Nic {
  std::string name;    ///< "mlx5_0", "cxi0", "eth2"
  std::string netdev;  ///< "ib0"; empty when unknown or the same as `name`
  NicKind kind{NicKind::ethernet};
  std::optional<PciAddress> at;  ///< none for a virtual device whose PCI function is unknown
  std::vector<NicPort> ports;    ///< at least one
  Locality near;
  std::optional<std::size_t> behind;

  friend bool operator==(const Nic&, const Nic&) = default;
};

/// The hardware of one node, as a value. Holds no hwloc handle; every index points into this very
/// object. `gpus` stand in the order in which the runtime numbers them (CUDA with
/// CUDA_DEVICE_ORDER=PCI_BUS_ID, KFD order for ROCm), because a program calls
/// set_device(LOCAL_RANK). `nics` stand in PCI order, those without an address last by name.
struct Topology {
  std::string origin;  ///< where it was read: "this machine", "hwloc XML /x/y.xml", …
  std::vector<Package> packages;
  std::vector<MemoryNode> memory;
  std::vector<Core> cores;
  std::vector<PciBridge> bridges;
  std::vector<Gpu> gpus;
  std::vector<Nic> nics;

  [[nodiscard]] CpuSet pus() const;  ///< of all cores
  friend bool operator==(const Topology&, const Topology&) = default;
};

/// Puts a topology into its one normal form, whatever order the reader met things in: cores in
/// Slurm's abstract order, NICs in PCI order, memory nodes by OS index. GPUs keep the order the
/// reader gave (the runtime's). Readers end with it.
void normalize(Topology& topology);

/// What is inconsistent in a topology (an index out of range, a PU in two cores, …), or nothing.
/// Readers of files end with it, so that the planner need not fear what a file says.
[[nodiscard]] std::optional<Failure> inconsistency(const Topology& topology);

}  // namespace holdfast::affinity
