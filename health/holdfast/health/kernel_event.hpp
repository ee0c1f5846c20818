// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/severity.hpp"

#include <cstdint>
#include <string>

namespace holdfast::health {

enum class KernelEventKind {
  xid,         ///< NVIDIA GPU error; `code` is its number
  sxid,        ///< NVSwitch error; `code` is its number
  off_bus,     ///< "GPU has fallen off the bus", with or without Xid 79
  aer,         ///< PCIe error
  mce,         ///< machine check, EDAC
  oom,         ///< the kernel killed for memory
  hung_task,   ///< blocked task, soft lockup, stalled RCU
  disk,        ///< I/O error, read-only remount, degraded array
  network_fs,  ///< NFS or Lustre server that does not answer
  nic,         ///< NIC driver: fatal, power, temperature, limited bandwidth
  link,        ///< a link went down or came up
  amd_gpu,     ///< reset, RAS error, page fault of an AMD GPU
  crash,       ///< a user program's fault in a GPU or network library: evidence only
};

/// One record of the kernel log that means something for health. The tables of health/kernel_log
/// have already said what it means: a check only judges it in its context (repeats, tier, job).
struct KernelEvent {
  std::uint64_t sequence{};  ///< of /dev/kmsg; 0 from a text without it
  std::int64_t at{};         ///< seconds since 1970, 0 when unknown
  KernelEventKind kind{KernelEventKind::xid};
  std::uint64_t code{};
  std::uint64_t times{1};  ///< how often it was told; 0: by the way, another record counts it
  std::string device;      ///< PCI address, port, interface, mount or server; empty when unknown
  std::string part;        ///< the UUID of a GPU that the log names; empty where it does not
  std::uint32_t pid{};     ///< 0 when unknown
  std::string process;
  bool by_program{};  ///< the running program causes this class of event; never a drain
  bool recovered{};   ///< "link up", "server OK": takes an earlier event of the device back
  Severity severity{Severity::note};
  Action action{Action::none};
  std::string meaning;  ///< our words: "uncorrectable error in GPU memory"
  std::string text;     ///< the record, cut to 200 bytes

  friend bool operator==(const KernelEvent&, const KernelEvent&) = default;
};

}  // namespace holdfast::health
