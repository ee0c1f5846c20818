// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/fact.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::health {

/// How a GPU answers its driver; the worst any call about it returned.
enum class GpuAnswer {
  answers,
  lost,             ///< NVML 15: fell off the bus
  reset_required,   ///< NVML 16
  no_power,         ///< NVML 8: power cables
  interrupts,       ///< NVML 11: interrupt trouble
  corrupt_inforom,  ///< NVML 14
  failing,          ///< NVML 999 and all others that are no "not supported"
};

struct GpuProcess {
  std::uint32_t pid{};
  std::string name;
  std::uint64_t memory_bytes{};
  bool of_job{};      ///< a job that runs on this node has its cgroup or, without one, its user
  bool of_service{};  ///< it belongs to a service of the node
  bool ended{};       ///< it was gone when its name was looked for

  friend bool operator==(const GpuProcess&, const GpuProcess&) = default;
};

/// One NVLink of one GPU. Counters count since the driver was loaded.
struct NvlinkFacts {
  std::uint64_t link{};
  Fact<bool> active;
  Fact<std::uint64_t> megabytes_per_second;
  Fact<std::uint64_t> replays, recoveries, crc_errors;

  friend bool operator==(const NvlinkFacts&, const NvlinkFacts&) = default;
};

/// One GPU as its driver tells it. What sysfs says of the same device is in PciFacts.
struct GpuFacts {
  std::string at;      ///< "0000:17:00.0"; the subject of every finding about it
  std::string vendor;  ///< "nvidia", "amd"
  Fact<GpuAnswer> answer;
  Fact<std::string> uuid, model, serial, vbios, inforom, gsp_firmware;
  Fact<bool> inforom_valid;
  Fact<std::uint64_t> recovery_action;  ///< field 230: 0 none, 1 reset, 2 reboot, 3 drain P2P,
                                        ///< 4 drain and reset, 5 recover IMEX
  Fact<bool> persistence;
  Fact<bool> ecc_on, ecc_on_next;  ///< now, and after the next reset
  Fact<bool> mig_on, mig_on_next;
  Fact<std::string> compute_mode;         ///< "default", "exclusive", "prohibited"
  Fact<std::uint64_t> performance_state;  ///< 0 is P0
  Fact<std::uint64_t> application_mhz, highest_mhz;
  Fact<std::uint64_t> power_limit_mw, power_limit_default_mw, power_mw;
  /// Of the last sample's time (NVML: up to a second): a kernel ran; memory was read or written.
  Fact<std::uint64_t> utilization_percent, memory_busy_percent;

  // Memory. "volatile" counts since the last reset, "aggregate" for the device's life.
  Fact<std::uint64_t> ecc_uncorrected_volatile, ecc_corrected_volatile, ecc_uncorrected_aggregate;
  Fact<bool> sram_threshold_exceeded;
  Fact<std::uint64_t> sram_uncorrected_aggregate;
  Fact<std::uint64_t> remapped_correctable, remapped_uncorrectable;
  Fact<bool> remap_pending, remap_failed;
  Fact<std::uint64_t> banks_without_spares;  ///< row remapper histogram, availability "none"
  Fact<std::uint64_t> retired_single_bit, retired_double_bit;
  Fact<bool> retired_pending;
  Fact<bool> unrepairable_memory;
  Fact<std::uint64_t> memory_bytes, memory_used_bytes;  ///< used without what the driver reserves
  Fact<std::uint64_t> bar1_bytes;
  Fact<std::vector<GpuProcess>> processes;

  // PCIe as the driver sees it.
  Fact<std::uint64_t> pcie_width, pcie_width_most, pcie_generation, pcie_generation_most;
  Fact<std::uint64_t> pcie_replays, pcie_rollovers, pcie_fatal;

  // NVLink and fabric.
  Fact<std::vector<NvlinkFacts>> nvlinks;
  Fact<std::string> fabric_state;  ///< "not started", "in progress", "completed"; lacking without
  Fact<std::uint64_t> fabric_status;  ///< nvmlReturn_t of the registration; 0 is success
  Fact<bool> fabric_degraded_bandwidth, fabric_route_recovery, fabric_route_unhealthy,
      fabric_access_timeout;
  Fact<std::uint64_t> fabric_misconfigured;  ///< 1 none, else the driver's reason
  Fact<std::uint64_t> fabric_summary;        ///< 1 healthy, 2 unhealthy, 3 limited capacity
  Fact<std::uint64_t> c2c_links,
      c2c_active;  ///< to the processor beside it (Grace); lacking without

  // Clocks and heat.
  Fact<std::uint64_t> clock_event_reasons;                 ///< the driver's bit set
  Fact<std::int64_t> temperature_c, temperature_margin_c;  ///< margin: degrees below the slowdown
  Fact<std::int64_t> slowdown_c, shutdown_c, memory_temperature_c;

  friend bool operator==(const GpuFacts&, const GpuFacts&) = default;
};

/// A device file a GPU job needs.
struct DeviceNode {
  std::string path;
  bool there{};
  bool usable_by_all{};    ///< mode grants reading and writing to every user
  bool usable_by_group{};  ///< to the users of a group that is not root's

  friend bool operator==(const DeviceNode&, const DeviceNode&) = default;
};

/// The driver and its library, apart from any one GPU.
struct GpuDriverFacts {
  Fact<std::string>
      start;  ///< "ok", or what nvmlInit said: "driver not loaded", "version mismatch"
  Fact<std::string> version;         ///< of the library: "550.163.01"
  Fact<std::string> kernel_version;  ///< of the loaded module, /proc/driver/nvidia/version
  Fact<std::string> cuda_version;
  Fact<std::uint64_t> counted;  ///< nvmlDeviceGetCount
  Fact<std::uint64_t> opened;   ///< of which a handle was got
  Fact<std::vector<DeviceNode>> device_nodes;
  Fact<std::uint64_t> compute_nodes;  ///< GPUs in AMD's /sys/class/kfd; lacking without that driver

  friend bool operator==(const GpuDriverFacts&, const GpuDriverFacts&) = default;
};

}  // namespace holdfast::health
