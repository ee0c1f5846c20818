// SPDX-License-Identifier: Apache-2.0
// PCIe errors. A port announces one ("error received: 0000:18:00.0"), then the driver of the device
// tells what it was; firmware that handles them itself leaves only the register.
#include "aer_line.hpp"

#include "line_form.hpp"
#include "scanner.hpp"

namespace holdfast::health {

namespace {

KernelEvent corrected(const std::string& address) {
  KernelEvent event;
  event.kind = KernelEventKind::aer;
  event.device = address;
  event.severity = Severity::note;
  event.action = Action::note;
  event.meaning = "PCIe error, corrected";
  return event;
}

KernelEvent uncorrected(const std::string& address, bool fatal) {
  KernelEvent event = corrected(address);
  event.code = 1;
  event.severity = Severity::unfit;
  event.action = fatal ? Action::reboot : Action::inspect;
  event.meaning = fatal ? "fatal PCIe error" : "PCIe error, not corrected";
  return event;
}

/// "(Fatal)" or "(Non-Fatal)"; none where neither stands.
std::optional<bool> fatal_in(Scanner& scanner) {
  if (scanner.take("(Fatal)")) return true;
  if (scanner.take("(Non-Fatal)")) return false;
  return std::nullopt;
}

/// "PCIe Bus Error: severity=Uncorrected (Fatal), type=Data Link Layer, (Receiver ID)"
std::optional<KernelEvent> bus_error(const std::string& address, Scanner scanner) {
  if (scanner.take("Corrected") || scanner.take("Correctable")) return corrected(address);
  if (!scanner.take("Uncorrected ") && !scanner.take("Uncorrectable ")) return std::nullopt;
  const auto fatal = fatal_in(scanner);
  if (!fatal) return std::nullopt;
  return uncorrected(address, *fatal);
}

/// "Multiple Uncorrectable (Fatal) error message received from 0000:18:00.0", or "error received:"
std::optional<KernelEvent> announced(Scanner scanner) {
  scanner.take("Multiple ");
  if (!scanner.take("Uncorrected ") && !scanner.take("Uncorrectable ")) return std::nullopt;
  const auto fatal = fatal_in(scanner);
  if (!fatal || !scanner.take(" error ")) return std::nullopt;
  scanner.take("message ");
  if (!scanner.take("received from ") && !scanner.take("received: ")) return std::nullopt;
  const auto from = match_form("%a", scanner.rest());
  if (!from) return std::nullopt;
  KernelEvent event = uncorrected(*from, *fatal);
  event.times = 0;  // the device's own line counts it
  return event;
}

/// "aer_uncor_status: 0x00004000, aer_uncor_mask: 0x00000000": what is masked was no error.
std::optional<KernelEvent> by_register(const std::string& address, Scanner scanner) {
  const auto status = scanner.wide_number(16);
  if (!status || !scanner.take(", aer_uncor_mask: 0x")) return std::nullopt;
  const auto mask = scanner.wide_number(16);
  if (!mask || (*status & ~*mask) == 0) return std::nullopt;
  return uncorrected(address, false);
}

}  // namespace

std::optional<KernelEvent> aer_of(const std::string& address, std::string_view message) {
  Scanner scanner(message);
  if (scanner.take("PCIe Bus Error: severity=")) return bus_error(address, scanner);
  if (scanner.take("aer_uncor_status: 0x")) return by_register(address, scanner);
  if (scanner.take("device recovery failed")) {
    KernelEvent event = uncorrected(address, true);
    event.meaning = "device did not recover from a PCIe error";
    return event;
  }
  return announced(scanner);
}

}  // namespace holdfast::health
