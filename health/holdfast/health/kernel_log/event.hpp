// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/kernel_event.hpp"
#include "holdfast/health/kernel_log/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::health {

/// What a record says about the health of the node, or nothing: most say nothing. Records that a
/// program wrote (facility not 0) never do: what may write to /dev/kmsg could else drain a node.
/// `booted_at` is in seconds since 1970; 0 when it is not known.
[[nodiscard]] std::optional<KernelEvent> event_of(const KernelRecord& record,
                                                  std::int64_t booted_at);

/// A GPU and its UUID, as the driver tells them before the first error of that GPU. When the GPU is
/// lost nothing else says any more which part sits there.
struct NamedGpu {
  std::string at;    ///< "0000:18:00.0"
  std::string uuid;  ///< "GPU-…" as NVML says it
};
[[nodiscard]] std::optional<NamedGpu> named_gpu(const KernelRecord& record);

/// "PCI:0000:18:00", "00000000:18:00.0" or "0000:18:00.0" as Linux writes it, "0000:18:00.0". Where
/// the function is left out it is 0, as for every GPU. None when it is no PCI address.
[[nodiscard]] std::optional<std::string> pci_address(std::string_view text);

}  // namespace holdfast::health
