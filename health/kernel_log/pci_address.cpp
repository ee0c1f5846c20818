// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/event.hpp"
#include "scanner.hpp"

#include <array>
#include <charconv>

namespace holdfast::health {

namespace {

/// Hexadecimal with zeroes in front, at least `digits` of them.
std::string padded(unsigned number, std::size_t digits) {
  std::array<char, 8> buffer{};
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, 16).ptr;
  const std::string text(static_cast<const char*>(buffer.data()), end);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

/// A number of so many digits, as every driver writes them: in a line that a process's name begins,
/// 15 bytes are too few for an address with all of them.
std::optional<unsigned> digits(Scanner& scanner, std::size_t least, std::size_t most) {
  const std::string_view before = scanner.rest();
  const auto number = scanner.number(16);
  const std::size_t length = before.size() - scanner.rest().size();
  return length >= least && length <= most ? number : std::nullopt;
}

}  // namespace

std::optional<std::string> pci_address(std::string_view text) {
  Scanner scanner(text);
  scanner.take("PCI:");
  const auto domain = digits(scanner, 4, 8);
  if (!domain || !scanner.take(":")) return std::nullopt;
  const auto bus = digits(scanner, 2, 2);
  if (!bus || !scanner.take(":")) return std::nullopt;
  const auto device = digits(scanner, 2, 2);
  if (!device || *device > 0x1f) return std::nullopt;
  unsigned function = 0;
  if (scanner.take(".")) {
    const auto given = digits(scanner, 1, 1);
    if (!given || *given > 7) return std::nullopt;
    function = *given;
  }
  if (!scanner.rest().empty()) return std::nullopt;
  return cat(padded(*domain, 4), ':', padded(*bus, 2), ':', padded(*device, 2), '.', function);
}

}  // namespace holdfast::health
