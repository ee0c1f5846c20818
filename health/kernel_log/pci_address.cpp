// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/event.hpp"
#include "scanner.hpp"

#include <array>
#include <cstdio>

namespace holdfast::health {

std::optional<std::string> pci_address(std::string_view text) {
  Scanner scanner(text);
  scanner.take("PCI:");
  const auto domain = scanner.number(16);
  if (!domain || !scanner.take(":")) return std::nullopt;
  const auto bus = scanner.number(16);
  if (!bus || *bus > 0xff || !scanner.take(":")) return std::nullopt;
  const auto device = scanner.number(16);
  if (!device || *device > 0x1f) return std::nullopt;
  unsigned function = 0;
  if (scanner.take(".")) {
    const auto given = scanner.number(16);
    if (!given || *given > 7) return std::nullopt;
    function = *given;
  }
  if (!scanner.rest().empty()) return std::nullopt;
  std::array<char, 32> out{};
  const int length =
      std::snprintf(out.data(), out.size(), "%04x:%02x:%02x.%x", *domain, *bus, *device, function);
  return std::string(out.data(), static_cast<std::size_t>(length));
}

}  // namespace holdfast::health
