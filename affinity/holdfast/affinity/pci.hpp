// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::affinity {

/// Where a PCI function sits: domain:bus:device.function. The domain has 32 bits because VMs on
/// Azure and volume management devices use values above 0xffff.
struct PciAddress {
  std::uint32_t domain{};
  std::uint8_t bus{};
  std::uint8_t device{};
  std::uint8_t function{};

  friend constexpr auto operator<=>(const PciAddress&, const PciAddress&) = default;
};

/// "0000:17:00.0", lower case, at least four digits of domain, as in /sys/bus/pci/devices.
[[nodiscard]] std::string to_text(const PciAddress& address);

/// Reads "0000:17:00.0", NVML's "00000000:17:00.0" and the short "17:00.0".
[[nodiscard]] Result<PciAddress> parse_pci_address(std::string_view text);

}  // namespace holdfast::affinity
