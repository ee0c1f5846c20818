// SPDX-License-Identifier: Apache-2.0
// What the kernel said since the last look. The tables of kernel_log/ know what each record means;
// here records of one device and one meaning become one finding. A record is read once, so that a
// clean run afterwards proves nothing: what such a finding drained is lifted by a reboot only. But
// for kmsg.fs_net, which a server's outage makes on every node at once: the mounts themselves are
// looked at by fs.*, so that a passing look means something, and no reboot mends a server.
#include "event_weight.hpp"
#include "report.hpp"

#include <algorithm>
#include <map>
#include <tuple>

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

void tell(Report& report, const KernelEvent& event, std::uint64_t times, const std::string& limit) {
  Finding& found = report.against(
      subject_of(event), cat(name_of(event), times > 1 ? cat(" (", times, " times)") : ""), limit);
  found.severity = std::min(found.severity, event.severity);
  found.action = event.action;
  if (found.part.empty()) found.part = event.part;
  if (event.by_program) {
    if (is_bad(found.severity)) found.severity = Severity::note;
    found.action = Action::tell_user;
    found.remedy = "the running program causes this as a rule: look at its own output";
  }
  if (event.action == Action::rma) found.clears = Clears::never;
}

/// By device, number and, of what has no number, meaning.
using Topic = std::tuple<std::string, std::uint64_t, std::string>;
using Groups = std::map<Topic, Group>;

void take_back(Groups& groups, const KernelEvent& by) {
  for (auto& [topic, group] : groups)
    if (std::get<0>(topic) == by.device && group.worst->code == by.code) group.over = true;
}

Groups groups_of(const Report& report,
                 KernelEventKind kind,
                 const std::vector<KernelEvent>& events) {
  const bool numbered = kind == KernelEventKind::xid || kind == KernelEventKind::sxid;
  Groups groups;
  for (const KernelEvent& event : events) {
    if (event.kind != kind || !counts(report, event)) continue;
    if (event.recovered) {
      take_back(groups, event);
      continue;
    }
    Group& group = groups[{event.device, event.code, numbered ? "" : event.meaning}];
    if (group.worst == nullptr || group.over) group.since = event.at;
    if (group.worst == nullptr || event.severity >= group.worst->severity) group.worst = &event;
    group.times += event.times;
    group.over = false;
  }
  return groups;
}

/// One finding for each device and meaning. What a later record took back ("link is up again") is
/// only noted, unless it came too often.
void of_kind(Report& report, KernelEventKind kind, Weigh weigh) {
  report.see("", report.facts.kernel, [&](const std::vector<KernelEvent>& events) {
    for (const auto& [topic, group] : groups_of(report, kind, events)) {
      KernelEvent event = *group.worst;
      const std::string limit = weigh(report, group, event);
      if (group.over && limit.empty()) event.severity = std::min(event.severity, Severity::note);
      if (event.severity != Severity::pass) tell(report, event, group.times, limit);
    }
  });
}

template <KernelEventKind kind, Weigh weigh = as_it_is>
void events(Report& report) {
  of_kind(report, kind, weigh);
}

void lost_records(Report& report) {
  report.see("", report.facts.kernel_lost, [&](std::uint64_t lost) {
    if (lost > 0)
      report.against(
          "", cat(lost, " records were overwritten before they were read, or too many"), "none");
  });
}

constexpr Limit hours{"hours", 24, "hours after which a record no longer counts"};
constexpr std::array age_limits{hours};
constexpr std::array flap_limits{
    hours,
    // five in a day are a fault to Azure's node checks; a look sees what came since the last
    Limit{"downs", 5, "times a link went down since the last look"},
    Limit{"settling_s", 600, "seconds after a boot in which a link may go down"}};
constexpr std::array mce_limits{
    hours,
    // more than nine a day are told by NHC's check of mcelog
    Limit{"corrected", 9, "corrected errors of one part since the last look that are only noted"}};
constexpr std::array aer_limits{
    hours,
    // ours: a link that trains or wakes up has some, one that wears out thousands
    Limit{"corrected",
          100,
          "corrected errors of one device since the last look that are only noted"}};
constexpr std::array hung_limits{
    hours, Limit{"lockups", 3, "times one CPU did not leave the kernel since the last look"}};
constexpr std::array server_limits{hours,
                                   Limit{"open_s", 60, "seconds for which a server may be away"}};

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
     events<xid, repeated_xids>},
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
     aer_limits,
     events<aer, pcie_errors>},
    {"kmsg.mce",
     "no uncorrected memory or processor error",
     "kernel log: machine checks",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::by_reboot,
     "find the DIMM or the processor in the system event log",
     mce_limits,
     events<mce, corrected_storms>},
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
     hung_limits,
     events<hung_task, lockups>},
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
     server_limits,
     events<network_fs, open_servers>},
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
     Clears::by_reboot,
     "reseat or replace the cable",
     flap_limits,
     events<link, flaps>},
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
