// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cpu_parts.hpp"
#include "devices.hpp"
#include "holdfast/common/result.hpp"
#include "sysfs.hpp"

#include <map>
#include <string>
#include <string_view>

namespace holdfast::affinity {

/// The CPU side by libhwloc, I/O left out. Changes the environment for the time of the call (see
/// the .cpp), so no other thread may run then.
[[nodiscard]] Result<CpuParts> read_cpus(const Sysfs& sysfs);

/// The PCI functions of this machine that may be GPUs or NICs, and the bridges above them, from
/// sysfs alone: PCI configuration space is never opened.
class PciFunctions {
 public:
  PciFunctions(const Sysfs& sysfs, const Topology& topology);

  /// Reads every display controller, accelerator and network controller.
  void read_all();

  /// The function a sysfs path runs through last ("…/0000:0c:00.0/infiniband/mlx5_0"), read now if
  /// its class was of no interest before; nullptr when it runs through none (a virtual device).
  [[nodiscard]] PciFunction* on_path(std::string_view path);

  [[nodiscard]] PciFunction* find(const PciAddress& at);
  [[nodiscard]] Devices& devices() { return devices_; }

 private:
  PciFunction& add(const PciAddress& at, std::uint32_t class_code);
  [[nodiscard]] std::optional<std::size_t> bridges_above(std::string_view path);

  const Sysfs& sysfs_;
  const Topology& topology_;
  CpuSet all_;
  Devices devices_;
  std::map<PciAddress, std::size_t> index_;                       // in devices_.functions
  std::map<std::string, std::size_t, std::less<>> bridge_index_;  // in devices_.bridges
};

/// Names, minors, UUIDs and partitions from the drivers' own files. Where a driver lists its GPUs,
/// functions it does not list are taken out: a GPU given to a VM or never initialized is no GPU of
/// any runtime, and counting it would shift all numbers behind it.
void read_nvidia_gpus(const Sysfs& sysfs, PciFunctions& functions);
void read_amd_gpus(const Sysfs& sysfs, PciFunctions& functions);

/// Verbs, Slingshot and Ethernet devices, put on their functions.
void read_nics(const Sysfs& sysfs, PciFunctions& functions);

}  // namespace holdfast::affinity
