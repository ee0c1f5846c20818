// SPDX-License-Identifier: Apache-2.0
// One record becomes one event or none. Called for every record since the last run, up to some
// thousands: lines that begin like no known one are passed over before anything is searched in
// them. Nothing is decided by what a user may have written into one: his process's name, the name
// of a file or of a cgroup of his.
#include "holdfast/health/kernel_log/event.hpp"

#include "aer_line.hpp"
#include "holdfast/health/kernel_log/sxid.hpp"
#include "holdfast/health/kernel_log/xid.hpp"
#include "hung_task.hpp"
#include "line_form.hpp"
#include "line_patterns.hpp"
#include "machine_check.hpp"
#include "scanner.hpp"
#include "user_name.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::health {

namespace {

constexpr std::size_t max_event_text = 200;

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
  event.recovered = line->code == 154 && line->action == 0;  // "… to 0x0 (None)"
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

/// "mlx5_core 0000:18:00.0 eth0: message": driver, address, perhaps an interface.
struct DriverLine {
  std::string_view driver;
  std::string address;
  std::string_view interface;
  std::string_view message;
};

/// "mlx5_cmd_out_err:808:(pid 123): " stands before what some drivers say, "igb: eth0 " and
/// "amdgpu: " before what others do.
std::string_view without_origin(const DriverLine& line) {
  Scanner scanner(line.message);
  scanner.take("AER: ");
  if (scanner.take(line.driver)) {
    if (!scanner.take(": ")) return line.message;
    if (!line.interface.empty() && scanner.take(line.interface)) scanner.take(" ");
    return scanner.rest();
  }
  Scanner function = scanner;
  if (function.until(":") && function.number() && function.take(":(pid ") && function.number() &&
      function.take("): "))
    return function.rest();
  return scanner.rest();
}

std::optional<DriverLine> driver_line(std::string_view text) {
  Scanner scanner(text);
  DriverLine line;
  line.driver = scanner.word();
  if (line.driver.empty() || !scanner.take(" ")) return std::nullopt;
  const auto address = leading_pci_address(scanner.rest());
  if (!scanner.take(address) || address.empty()) return std::nullopt;
  line.address = *pci_address(address);
  if (scanner.take(" ")) {
    constexpr std::size_t longest_interface = 15;  // IFNAMSIZ without its end
    const std::string_view rest = scanner.rest();
    line.interface = rest.substr(0, rest.find_first_of(" :"));
    if (line.interface.size() > longest_interface || !scanner.take(line.interface))
      return std::nullopt;
    scanner.take(" (unregistered)");
  }
  if (!scanner.take(": ")) return std::nullopt;
  line.message = scanner.rest();
  line.message = without_origin(line);
  return line;
}

/// A drive that takes media out, and what a user mounts as a container: the node does not stand or
/// fall with it.
bool is_no_disk_of_the_node(std::string_view disk) {
  constexpr std::array<std::string_view, 6> others{"sr", "fd", "loop", "nbd", "ram", "zram"};
  return std::ranges::any_of(others, [disk](std::string_view start) {
    return disk.starts_with(start) && disk.size() > start.size() && disk[start.size()] >= '0' &&
           disk[start.size()] <= '9';
  });
}

/// "fs-OST0001-osc-ffff8881" is the node's end of the connection to fs-OST0001. Where it is told
/// that the connection is back, the server may be named by its address only.
std::string server_of(std::string connection) {
  for (const std::string_view end : {"-osc-", "-mdc-", "-lwp-"})
    if (const auto at = connection.rfind(end); at != std::string::npos) connection.resize(at);
  return connection;
}

/// "Killed process 4711 (python) total-vm:…"
void set_process(KernelEvent& event, std::string_view text) {
  Scanner killed(text);
  if (!killed.until("Killed process ")) return;
  event.pid = killed.number().value_or(0);
  if (!killed.take(" (")) return;
  if (const auto name = killed.until(")"))
    event.process = std::string(name->substr(0, max_process_name));
}

/// The subject where the row fits.
std::optional<std::string> fits(const LinePattern& pattern,
                                std::string_view text,
                                const std::optional<DriverLine>& driver) {
  if (pattern.driver.empty()) {
    // most lines fit no row, and differ from it in the first letter already
    if (!text.starts_with(pattern.form.front())) return std::nullopt;
    return match_form(pattern.form, text);
  }
  if (!driver || (pattern.driver != any_driver && pattern.driver != driver->driver))
    return std::nullopt;
  const bool of_link = pattern.kind == KernelEventKind::link;
  if (of_link && driver->interface.empty()) return std::nullopt;
  if (!match_form(pattern.form, driver->message)) return std::nullopt;
  return of_link ? std::string(driver->interface) : driver->address;
}

std::optional<KernelEvent> pattern_event(std::string_view text) {
  const auto driver = driver_line(text);
  if (driver)
    if (auto event = aer_of(driver->address, driver->message)) return event;
  for (const LinePattern& pattern : line_patterns()) {
    auto subject = fits(pattern, text, driver);
    if (!subject) continue;
    if (pattern.kind == KernelEventKind::disk && is_no_disk_of_the_node(*subject))
      return std::nullopt;
    KernelEvent event;
    event.kind = pattern.kind;
    event.severity = pattern.severity;
    event.action = pattern.action;
    event.by_program = pattern.by_program;
    event.recovered = pattern.recovered;
    event.meaning = std::string(pattern.meaning);
    event.device = pattern.kind == KernelEventKind::network_fs ? server_of(std::move(*subject))
                                                               : std::move(*subject);
    if (event.kind == KernelEventKind::oom) set_process(event, text);
    return event;
  }
  return std::nullopt;
}

}  // namespace

std::optional<KernelEvent> event_of(const KernelRecord& record, std::int64_t booted_at) {
  if (record.facility != 0 || record.fragment) return std::nullopt;
  const std::string_view text = record.text;
  std::optional<KernelEvent> event;
  if (may_begin_with_a_name(text)) {
    event = crash_of(text);
  } else {
    event = xid_event(text);
    if (!event) event = sxid_event(text);
    if (!event) event = machine_check_of(text);
    if (!event) event = hung_task_of(text);
    if (!event) event = pattern_event(text);
  }
  if (!event) return std::nullopt;
  event->sequence = record.sequence;
  if (booted_at != 0) event->at = booted_at + static_cast<std::int64_t>(record.at_us / 1'000'000);
  event->text = record.text.substr(0, max_event_text);
  return event;
}

/// "NVRM: GPU at PCI:0000:18:00: GPU-8a3ec1c2-…"
std::optional<NamedGpu> named_gpu(const KernelRecord& record) {
  if (record.facility != 0 || record.fragment) return std::nullopt;
  Scanner scanner(record.text);
  if (!scanner.take("NVRM: GPU at PCI:")) return std::nullopt;
  const auto at = scanner.until(": ");
  const auto address = at ? pci_address(*at) : std::nullopt;
  const std::string_view uuid = scanner.rest();
  constexpr std::string_view shape = "GPU-01234567-89ab-cdef-0123-456789abcdef";
  if (!address || uuid.size() != shape.size() || !uuid.starts_with("GPU-") ||
      uuid.find_first_not_of("0123456789abcdef-", 4) != std::string_view::npos)
    return std::nullopt;
  return NamedGpu{*address, std::string(uuid)};
}

}  // namespace holdfast::health
