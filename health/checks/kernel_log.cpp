// SPDX-License-Identifier: Apache-2.0
// What the kernel said since the last look. The tables of kernel_log/ know what each record means;
// here records of one device and one meaning become one finding. A record is read once, so that a
// clean run afterwards proves nothing: what such a finding drained is lifted by a reboot only.
#include "report.hpp"

#include <algorithm>
#include <map>

namespace holdfast::health {

namespace {

std::string subject_of(const KernelEvent& event) {
  const bool of_gpu = event.kind == KernelEventKind::xid ||
                      event.kind == KernelEventKind::off_bus ||
                      event.kind == KernelEventKind::amd_gpu;
  if (event.device.empty()) return {};
  return of_gpu ? cat("GPU ", event.device) : event.device;
}

std::string name_of(const KernelEvent& event) {
  if (event.kind == KernelEventKind::xid) return cat("Xid ", event.code, ": ", event.meaning);
  if (event.kind == KernelEventKind::sxid) return cat("SXid ", event.code, ": ", event.meaning);
  return event.meaning;
}

void tell(Report& report, const KernelEvent& event, std::size_t times) {
  Finding& found = report.against(
      subject_of(event), cat(name_of(event), times > 1 ? cat(" (", times, " times)") : ""));
  found.severity = std::min(found.severity, event.severity);
  found.action = event.action;
  if (event.by_program) {
    found.severity = std::min(found.severity, Severity::note);
    found.action = Action::tell_user;
    found.remedy = "the running program causes this as a rule: look at its own output";
  }
  if (event.action == Action::rma) found.clears = Clears::never;
}

/// The first look after an installation meets all records of the boot: what happened weeks ago was
/// seen to, or came back.
bool too_old(const Report& report, const KernelEvent& event) {
  return event.at > 0 && report.facts.at > 0 &&
         static_cast<double>(report.facts.at - event.at) > report.limit("hours") * 3600;
}

/// What was told of one device with one meaning.
struct Group {
  const KernelEvent* last{};
  std::size_t times{};
  bool over{};
};
using Groups = std::map<std::pair<std::string, std::uint64_t>, Group>;

void take_back(Groups& groups, const std::string& device) {
  for (auto& [key, group] : groups)
    if (key.first == device) group.over = true;
}

Groups groups_of(const Report& report,
                 KernelEventKind kind,
                 const std::vector<KernelEvent>& events) {
  Groups groups;
  for (const KernelEvent& event : events) {
    if (event.kind != kind || too_old(report, event)) continue;
    if (event.recovered) {
      take_back(groups, event.device);
      continue;
    }
    Group& group = groups[{event.device, event.code}];
    const bool worse = group.last == nullptr || event.severity >= group.last->severity;
    if (worse) group.last = &event;
    ++group.times;
    group.over = false;
  }
  return groups;
}

void tell_group(Report& report, const Group& group, double flaps) {
  KernelEvent event = *group.last;
  const bool flapping = flaps > 0 && static_cast<double>(group.times) >= flaps;
  if (flapping) {
    event.severity = Severity::unfit;
    event.action = Action::inspect;
  } else if (group.over) {
    event.severity = std::min(event.severity, Severity::note);
  }
  if (event.severity != Severity::pass) tell(report, event, group.times);
}

/// One finding for each device and meaning. What a later record took back ("link is up again") is
/// only noted, unless it came `flaps` times.
void of_kind(Report& report, KernelEventKind kind, double flaps = 0) {
  report.see("", report.facts.kernel, [&](const std::vector<KernelEvent>& events) {
    for (const auto& [key, group] : groups_of(report, kind, events))
      tell_group(report, group, flaps);
  });
}

template <KernelEventKind kind>
void events(Report& report) {
  of_kind(report, kind);
}

void link_flaps(Report& report) { of_kind(report, KernelEventKind::link, report.limit("downs")); }

void lost_records(Report& report) {
  report.see("", report.facts.kernel_lost, [&](std::uint64_t lost) {
    if (lost > 0)
      report.against("", cat(lost, " records were overwritten before they were read"), "none");
  });
}

constexpr std::array age_limits{Limit{"hours", 24, "hours after which a record no longer counts"}};
constexpr std::array flap_limits{age_limits[0],
                                 Limit{"downs", 5, "times a link went down since the last look"}};

using enum KernelEventKind;

constexpr auto rows = std::to_array<Check>({
    {"kmsg.xid",
     "the driver reported no hardware fault of a GPU",
     "kernel log: Xid",
     always,
     Severity::fatal,
     Action::reset_gpu,
     Clears::by_reboot,
     "see holdfast-check(1), XID",
     age_limits,
     events<xid>},
    {"kmsg.sxid",
     "no NVSwitch reported a fault",
     "kernel log: SXid",
     always,
     Severity::fatal,
     Action::reboot,
     Clears::by_reboot,
     "reset all GPUs of the node or reboot",
     age_limits,
     events<sxid>},
    {"kmsg.offbus",
     "no GPU fell off the bus",
     "kernel log",
     always,
     Severity::fatal,
     Action::reboot,
     Clears::by_reboot,
     "reboot; then look at slot and power",
     age_limits,
     events<off_bus>},
    {"kmsg.aer",
     "no uncorrected PCIe error",
     "kernel log: AER",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::by_reboot,
     "reseat the device",
     age_limits,
     events<aer>},
    {"kmsg.mce",
     "no uncorrected memory or processor error",
     "kernel log: machine checks",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::by_reboot,
     "find the DIMM or the processor in the system event log",
     age_limits,
     events<mce>},
    {"kmsg.oom",
     "the kernel ended no process for memory",
     "kernel log",
     after_job | periodic,
     Severity::watch,
     Action::tell_user,
     Clears::when_passing,
     "ask for more memory with --mem",
     age_limits,
     events<oom>},
    {"kmsg.hung",
     "no task hangs in the kernel",
     "kernel log",
     after_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::by_reboot,
     "reboot",
     age_limits,
     events<hung_task>},
    {"kmsg.disk",
     "no local file system failed",
     "kernel log",
     after_job | periodic,
     Severity::unfit,
     Action::drain,
     Clears::by_reboot,
     "replace the drive or repair the file system",
     age_limits,
     events<disk>},
    {"kmsg.fs_net",
     "every file server answers",
     "kernel log: NFS, Lustre",
     after_job | periodic,
     Severity::unfit,
     Action::note,
     Clears::when_passing,
     "look at the server first",
     age_limits,
     events<network_fs>},
    {"kmsg.nic",
     "no NIC reported a fault",
     "kernel log",
     always,
     Severity::unfit,
     Action::drain,
     Clears::by_reboot,
     "reset the NIC or reboot",
     age_limits,
     events<nic>},
    {"kmsg.linkflap",
     "no link goes up and down",
     "kernel log",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::when_passing,
     "reseat or replace the cable",
     flap_limits,
     link_flaps},
    {"kmsg.amd",
     "the driver reported no hardware fault of an AMD GPU",
     "kernel log",
     always,
     Severity::fatal,
     Action::reset_gpu,
     Clears::by_reboot,
     "reset the GPU or reboot",
     age_limits,
     events<amd_gpu>},
    {"kmsg.crash",
     "no program crashed in a GPU library",
     "kernel log",
     after_job,
     Severity::note,
     Action::tell_user,
     Clears::when_passing,
     "look at the program's own output",
     age_limits,
     events<crash>},
    {"kmsg.lost",
     "every kernel record was read",
     "kernel log",
     periodic,
     Severity::note,
     Action::note,
     Clears::when_passing,
     "run the periodic check more often",
     {},
     lost_records},
});

}  // namespace

std::span<const Check> kernel_log_checks() { return rows; }

}  // namespace holdfast::health
