// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/event.hpp"
#include "holdfast/health/kernel_log/sxid.hpp"
#include "scanner.hpp"

namespace holdfast::health {

std::optional<SxidLine> parse_sxid_line(std::string_view text) {
  Scanner scanner(text);
  if (!scanner.take("nvidia-nvswitch") || !scanner.number() || !scanner.take(": SXid ("))
    return std::nullopt;
  const auto place = scanner.until("): ");
  if (!place) return std::nullopt;
  const auto address = pci_address(*place);
  const auto code = scanner.number();
  if (!address || !code) return std::nullopt;
  SxidLine line{*address, *code, std::nullopt, std::nullopt};
  scanner.take(",");
  scanner.skip_blanks();
  if (scanner.take("Non-fatal")) {
    line.fatal = false;
  } else if (scanner.take("Fatal")) {
    line.fatal = true;
  }
  if (scanner.until("Link ")) line.link = scanner.number();
  return line;
}

}  // namespace holdfast::health
