// SPDX-License-Identifier: Apache-2.0
#include "holdfast/affinity/pci.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::affinity {

namespace {

std::string hex(std::uint32_t number, std::size_t digits) {
  constexpr std::string_view letters = "0123456789abcdef";
  std::string out;
  for (; number != 0 || out.size() < digits; number >>= 4U)
    out.insert(out.begin(), letters[number & 0xfU]);
  return out;
}

}  // namespace

std::string to_text(const PciAddress& address) {
  return cat(hex(address.domain, 4),
             ':',
             hex(address.bus, 2),
             ':',
             hex(address.device, 2),
             '.',
             hex(address.function, 1));
}

Result<PciAddress> parse_pci_address(std::string_view text) {
  const auto unreadable = [text] {
    return Failure{FailureKind::bad_input,
                   cat("PCI address \"", text.substr(0, 60), "\" is unreadable"),
                   "write it as 0000:17:00.0",
                   {}};
  };
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos) return unreadable();
  auto fields = split(text.substr(0, dot), ':');
  if (fields.size() == 2) fields.insert(fields.begin(), "0");
  if (fields.size() != 3) return unreadable();
  const auto domain = parse_number<std::uint32_t>(fields[0], 16);
  const auto bus = parse_number<std::uint8_t>(fields[1], 16);
  const auto device = parse_number<std::uint8_t>(fields[2], 16);
  const auto function = parse_number<std::uint8_t>(text.substr(dot + 1), 16);
  if (!domain || !bus || !device || *device > 31 || !function || *function > 7) return unreadable();
  return PciAddress{*domain, *bus, *device, *function};
}

}  // namespace holdfast::affinity
