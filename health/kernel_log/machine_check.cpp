// SPDX-License-Identifier: Apache-2.0
// Errors of CPUs and memory. Whether one was corrected is one bit of the bank's status on x86, a
// word in firmware reports, and two letters in EDAC's.
#include "machine_check.hpp"

#include "holdfast/common/text.hpp"
#include "scanner.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

KernelEvent machine_check(bool corrected, std::string_view device, std::string_view what) {
  KernelEvent event;
  event.kind = KernelEventKind::mce;
  event.device = std::string(device);
  event.code = corrected ? 0 : 1;
  event.severity = corrected ? Severity::note : Severity::unfit;
  event.action = corrected ? Action::note : Action::inspect;
  event.meaning = cat(corrected ? "corrected " : "uncorrected ", what);
  return event;
}

/// "CPU 3: Machine Check: 0 Bank 7: 8c00004000010090": bit 61 says uncorrected.
std::optional<KernelEvent> bank_report(Scanner scanner) {
  if (!scanner.take("CPU ")) return std::nullopt;
  const auto cpu = scanner.number();
  if (!cpu || !scanner.take(": Machine Check")) return std::nullopt;
  if (!scanner.until(" Bank ")) return std::nullopt;
  const auto bank = scanner.number();
  if (!bank || !scanner.take(": ")) return std::nullopt;
  const auto status = scanner.wide_number(16);
  if (!status) return std::nullopt;
  const bool corrected = ((*status >> 61U) & 1U) == 0;
  return machine_check(corrected, cat("CPU ", *cpu), cat("machine check, bank ", *bank));
}

/// "memory read error on CPU_SrcID#0": in what error and where it lies stands nothing but words. A
/// process can be called "EDAC MC0: 1 UE ", and what follows its name has brackets or a colon.
bool says_where(std::string_view rest) {
  const auto on = rest.find("on ");
  const auto words = rest.substr(0, on);
  return on != std::string_view::npos && (words.empty() || words.ends_with(' ')) &&
         std::ranges::all_of(words, [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == ' ' || letter == '_' ||
                  letter == '-' || letter == '/';
         });
}

/// "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#1 …"
std::optional<KernelEvent> edac_report(Scanner scanner) {
  const auto controller = scanner.number();
  if (!controller || !scanner.take(": ") || !scanner.number()) return std::nullopt;
  const bool corrected = scanner.take(" CE ");
  if (!corrected && !scanner.take(" UE ")) return std::nullopt;
  if (!says_where(scanner.rest())) return std::nullopt;
  return machine_check(corrected, cat("mc", *controller), "memory error");
}

/// "[Hardware Error]: Uncorrected, software restartable error.": what AMD's decoder says.
std::optional<KernelEvent> decoded_report(Scanner scanner) {
  constexpr std::string_view what = "machine check, decoded by the kernel";
  if (scanner.take("Corrected error, no action required")) return machine_check(true, {}, what);
  if (scanner.take("Uncorrected, ") || scanner.take("System Fatal error"))
    return machine_check(false, {}, what);
  return std::nullopt;
}

/// "{1}[Hardware Error]: event severity: recoverable"
std::optional<KernelEvent> firmware_report(Scanner scanner) {
  if (!scanner.number() || !scanner.take("}[Hardware Error]: event severity: "))
    return std::nullopt;
  if (scanner.take("info")) return std::nullopt;
  return machine_check(scanner.take("corrected"), {}, "hardware error, told by the firmware");
}

}  // namespace

std::optional<KernelEvent> machine_check_of(std::string_view text) {
  Scanner scanner(text);
  if (scanner.take("mce: [Hardware Error]: ")) return bank_report(scanner);
  if (scanner.take("EDAC MC")) return edac_report(scanner);
  if (scanner.take("[Hardware Error]: ")) return decoded_report(scanner);
  if (scanner.take("{")) return firmware_report(scanner);
  return std::nullopt;
}

}  // namespace holdfast::health
