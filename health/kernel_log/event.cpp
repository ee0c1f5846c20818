// SPDX-License-Identifier: Apache-2.0
// One record becomes one event or none. Called for every record since the last run, up to some
// thousands: lines that begin like no known one are passed over before anything is searched in
// them.
#include "holdfast/health/kernel_log/event.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/sxid.hpp"
#include "holdfast/health/kernel_log/xid.hpp"
#include "line_patterns.hpp"
#include "machine_check.hpp"
#include "scanner.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::health {

namespace {

constexpr std::size_t max_event_text = 200;
constexpr std::size_t max_event_device = 128;

std::optional<KernelEvent> xid_event(std::string_view text) {
  const auto line = parse_xid_line(text);
  if (!line) return std::nullopt;
  XidVerdict verdict = judge_xid(*line);
  KernelEvent event;
  event.kind = KernelEventKind::xid;
  event.code = line->code;
  event.device = line->gpu;
  event.pid = line->pid.value_or(0);
  event.process = line->process;
  event.by_program = verdict.by_program;
  event.severity = verdict.severity;
  event.action = verdict.action;
  event.meaning = std::move(verdict.meaning);
  return event;
}

std::optional<KernelEvent> sxid_event(std::string_view text) {
  const auto line = parse_sxid_line(text);
  if (!line) return std::nullopt;
  SxidVerdict verdict = judge_sxid(*line);
  KernelEvent event;
  event.kind = KernelEventKind::sxid;
  event.code = line->code;
  event.device = line->nvswitch;
  event.severity = verdict.severity;
  event.action = verdict.action;
  event.meaning = std::move(verdict.meaning);
  return event;
}

/// "python[4711]: segfault at 0 ip … in libnccl.so.2[…]": evidence about a program, nothing more.
std::optional<KernelEvent> crash_event(std::string_view text) {
  Scanner scanner(text);
  const auto name = scanner.until("[");
  if (!name || name->size() > 15) return std::nullopt;
  const auto pid = scanner.number();
  if (!pid || !scanner.take("]: segfault at ")) return std::nullopt;
  if (!scanner.until(" in ")) return std::nullopt;
  const std::string_view library = scanner.rest().substr(0, scanner.rest().find_first_of("[ "));
  constexpr std::string_view known[] = {
      "libnccl", "librccl", "libcuda", "libibverbs", "libmlx5", "libucp", "libuct", "libfabric"};
  for (const std::string_view start : known) {
    if (!library.starts_with(start)) continue;
    KernelEvent event;
    event.kind = KernelEventKind::crash;
    event.device = std::string(library);
    event.pid = *pid;
    event.process = std::string(*name);
    event.by_program = true;
    event.action = Action::tell_user;
    event.meaning = cat("program crashed in ", library);
    return event;
  }
  return std::nullopt;
}

/// "mlx5_core 0000:18:00.0 eth0: rest": driver, address, perhaps an interface.
struct DriverLine {
  std::string_view driver;
  std::string address;
  std::string_view interface;
  std::string_view rest;
};

std::optional<DriverLine> driver_line(std::string_view text) {
  Scanner scanner(text);
  DriverLine line;
  line.driver = scanner.word();
  if (!scanner.take(" ")) return std::nullopt;
  // the address ends at ": " or at a blank before the interface; it has colons of its own
  const auto end = std::min(scanner.rest().find(": "), scanner.rest().find(' '));
  const auto address = pci_address(scanner.rest().substr(0, end));
  if (!address || end == std::string_view::npos) return std::nullopt;
  line.address = *address;
  scanner.take(scanner.rest().substr(0, end));
  if (scanner.take(" ")) {
    const auto interface = scanner.until(": ");
    if (!interface || interface->size() > 64) return std::nullopt;
    line.interface = interface->substr(0, interface->find(' '));  // "eth0 (unregistered)"
  } else {
    scanner.take(": ");
  }
  line.rest = scanner.rest();
  return line;
}

bool holds(std::string_view text, std::string_view words) {
  return words.empty() || text.find(words) != std::string_view::npos;
}

bool fits(const LinePattern& pattern,
          std::string_view text,
          const std::optional<DriverLine>& driver) {
  if (pattern.shape == LineShape::plain)
    return text.starts_with(pattern.starts) && holds(text, pattern.contains);
  return driver && (pattern.starts.empty() || driver->driver == pattern.starts) &&
         holds(driver->rest, pattern.contains);
}

/// The word behind `mark`: a disk, a server, a CPU.
std::string subject_after(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  if (mark.empty() || at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + mark.size());
  std::string_view word = rest.substr(0, rest.find_first_of(" ,);"));
  while (word.ends_with(':') || word.ends_with('.'))
    word.remove_suffix(1);
  const auto address = pci_address(word);
  return address ? *address : std::string(word.substr(0, max_event_device));
}

/// "Killed process 4711 (python)" and "task python:4711 blocked" name a process.
void set_process(KernelEvent& event, std::string_view text) {
  Scanner killed(text);
  if (killed.until("Killed process ")) {
    event.pid = killed.number().value_or(0);
    if (killed.take(" ("))
      if (const auto name = killed.until(")")) event.process = std::string(name->substr(0, 15));
    return;
  }
  Scanner hung(text);
  if (!hung.take("INFO: task ")) return;
  const auto task = hung.until(" blocked for more than ");
  if (!task) return;
  const auto colon = task->rfind(':');  // "kworker/u256:1:4711": a name may hold colons
  if (colon == std::string_view::npos) return;
  event.process = std::string(task->substr(0, colon).substr(0, 32));
  event.pid = Scanner(task->substr(colon + 1)).number().value_or(0);
}

std::optional<KernelEvent> pattern_event(std::string_view text) {
  const auto driver = driver_line(text);
  for (const LinePattern& pattern : line_patterns()) {
    if (!fits(pattern, text, driver)) continue;
    KernelEvent event;
    event.kind = pattern.kind;
    event.severity = pattern.severity;
    event.action = pattern.action;
    event.by_program = pattern.by_program;
    event.recovered = pattern.recovered;
    event.meaning = std::string(pattern.meaning);
    if (pattern.shape == LineShape::plain)
      event.device = subject_after(text, pattern.after);
    else if (pattern.kind == KernelEventKind::link && !driver->interface.empty())
      event.device = std::string(driver->interface);
    else
      event.device = driver->address;
    set_process(event, text);
    return event;
  }
  return std::nullopt;
}

}  // namespace

std::optional<KernelEvent> event_of(const KernelRecord& record, std::int64_t booted_at) {
  if (record.facility != 0) return std::nullopt;
  auto event = xid_event(record.text);
  if (!event) event = sxid_event(record.text);
  if (!event) event = machine_check_of(record.text);
  if (!event) event = pattern_event(record.text);
  if (!event) event = crash_event(record.text);
  if (!event) return std::nullopt;
  event->sequence = record.sequence;
  if (booted_at != 0) event->at = booted_at + static_cast<std::int64_t>(record.at_us / 1'000'000);
  event->text = record.text.substr(0, max_event_text);
  return event;
}

}  // namespace holdfast::health
