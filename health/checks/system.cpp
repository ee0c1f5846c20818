// SPDX-License-Identifier: Apache-2.0
// Processes, clocks, modules, services, limits.
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace holdfast::health {

namespace {

/// A process waits for a disk all the time; many at once, or one in the GPU driver, do not.
void blocked(Report& report) {
  report.see("", report.facts.system.blocked, [&](const std::vector<ProcessFacts>& blocked) {
    report.most("",
                "processes that wait in the kernel:",
                static_cast<double>(blocked.size()),
                report.limit("count"));
    for (const ProcessFacts& process : blocked)
      if (process.name.starts_with("nvidia") || process.name.starts_with("nv_"))
        report.against(cat("process ", process.pid), cat(process.name, " waits in the GPU driver"));
  });
}

void zombies(Report& report) {
  report.see("", report.facts.system.zombies, [&](std::uint64_t zombies) {
    if (static_cast<double>(zombies) > report.limit("unfit"))
      report.against(
          "", cat(zombies, " zombies"), cat("at most ", number_text(report.limit("unfit"))));
    else if (static_cast<double>(zombies) > report.limit("watch"))
      report.watch(
          "", cat(zombies, " zombies"), cat("at most ", number_text(report.limit("watch"))));
  });
}

void orphans(Report& report) {
  report.see("", report.facts.slurm.orphans, [&](const std::vector<ProcessFacts>& processes) {
    for (const ProcessFacts& process : processes)
      if (static_cast<double>(process.age_s) > report.limit("age_s"))
        report.against(cat("process ", process.pid),
                       cat(process.name, " of user ", process.uid, ", who has no job here"));
  });
}

void share(Report& report,
           std::string_view of,
           const Fact<std::uint64_t>& used,
           const Fact<std::uint64_t>& most) {
  if (!most.known() || *most == 0) return;
  report.see("", used, [&](std::uint64_t value) {
    const double percent = 100.0 * static_cast<double>(value) / static_cast<double>(*most);
    if (percent >= report.limit("unfit"))
      report.against("",
                     cat(number_text(percent), " % of ", of, " are used"),
                     cat("below ", number_text(report.limit("unfit")), " %"));
    else if (percent >= report.limit("watch"))
      report.watch("",
                   cat(number_text(percent), " % of ", of, " are used"),
                   cat("below ", number_text(report.limit("watch")), " %"));
  });
}

void files_and_pids(Report& report) {
  const SystemFacts& system = report.facts.system;
  share(report, "open files", system.files_open, system.files_most);
  // a thread takes a number as a process does
  share(report,
        "process ids",
        system.threads.known() ? system.threads : system.processes,
        system.pids_most);
}

void clock(Report& report) {
  const SystemFacts& system = report.facts.system;
  report.see("", system.clock_offset_us, [&](std::int64_t offset) {
    const double seconds = std::abs(static_cast<double>(offset)) / 1e6;
    if (seconds > report.limit("unfit_s"))
      report.against("",
                     cat("the clock is off by ", number_text(seconds), " s"),
                     cat("at most ", number_text(report.limit("unfit_s")), " s"));
    else if (seconds > report.limit("watch_s"))
      report.watch("",
                   cat("the clock is off by ", number_text(seconds), " s"),
                   cat("at most ", number_text(report.limit("watch_s")), " s"));
  });
  report.see("", system.clock_synchronized, [&](bool yes) {
    if (!yes) report.watch("", "the clock is not synchronized");
  });
  // The kernel adds to the bound half a millisecond each second until somebody sets the clock; of a
  // clock that is not synchronized it says nothing.
  if (!system.clock_synchronized.is(true)) return;
  report.see("", system.clock_error_us, [&](std::uint64_t bound) {
    const double seconds = static_cast<double>(bound) / 1e6;
    if (seconds > report.limit("error_s"))
      report.watch(
          "",
          cat("nobody has set the clock for long: it may be off by ", number_text(seconds), " s"),
          cat("at most ", number_text(report.limit("error_s")), " s"));
  });
}

/// Each reading of these costs a microsecond: ranks that tell the time often become slow.
void clock_source(Report& report) {
  report.see("", report.facts.system.clock_source, [&](const std::string& source) {
    for (const std::string_view slow : {"hpet", "acpi_pm", "jiffies", "refined-jiffies"})
      if (source == slow) report.against("", cat("the clock source is ", source), "tsc");
  });
}

/// The kernel writes an underscore where the file's name may have a dash.
std::string module_name(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

void modules(Report& report) {
  if (report.node.modules.empty()) return;
  report.see("", report.facts.system.modules, [&](const std::vector<std::string>& loaded) {
    for (const std::string& module : report.node.modules)
      if (std::ranges::find(loaded, module_name(module), module_name) == loaded.end())
        report.against(module, "the module is not loaded");
  });
}

void services(Report& report) {
  if (report.node.services.empty()) return;
  const SystemFacts& system = report.facts.system;
  const auto missing = system.services_missing.value_or({});
  report.see("", system.services, [&](const std::map<std::string, bool>& services) {
    for (const std::string& name : report.node.services) {
      const auto service = services.find(std::string(service_name(name)));
      if (service != services.end() && !service->second)
        report.against(name, "the service does not run");
      else if (std::ranges::find(missing, service_name(name)) != missing.end())
        report.against(name, "the service is not installed");
      else if (service == services.end())
        report.unseen(name, "nobody looked for this service");
    }
  });
}

void kernel(Report& report) {
  if (report.node.kernel.empty()) return;
  report.see("", report.facts.system.kernel, [&](const std::string& kernel) {
    if (kernel != report.node.kernel)
      report.against("", cat("the kernel is ", kernel), report.node.kernel);
  });
}

void limits(Report& report) {
  report.see("", report.facts.system.limits, [&](const std::map<std::string, std::uint64_t>& all) {
    const bool registers_memory = report.facts.ib_ports.known() && !report.facts.ib_ports->empty();
    const auto memlock = all.find("memlock");
    if (registers_memory && memlock != all.end() &&
        memlock->second < std::numeric_limits<std::uint64_t>::max())
      report.against("",
                     cat("the limit on locked memory is ", memlock->second >> 20, " MiB"),
                     "unlimited, for InfiniBand");
    const auto nofile = all.find("nofile");
    if (nofile != all.end() && static_cast<double>(nofile->second) < report.limit("nofile"))
      report.against("",
                     cat("the limit on open files is ", nofile->second),
                     cat("at least ", number_text(report.limit("nofile"))));
  });
}

/// What fans, power supplies and memory told the service processor. The words are the vendor's: a
/// person reads them.
void event_log(Report& report) {
  const SystemFacts& system = report.facts.system;
  report.see("", system.event_log_entries, [&](std::uint64_t entries) {
    const auto fresh = report.grown("event_log", "entries", entries);
    const std::string last = cat("; the last: ", system.event_log_last);
    if (fresh && static_cast<double>(*fresh) > report.limit("fresh"))
      report.against("",
                     cat("entries since the last look: ", *fresh, last),
                     cat("at most ", number_text(report.limit("fresh"))));
    else if (static_cast<double>(entries) > report.limit("entries"))
      report.against("",
                     cat("entries: ", entries, last),
                     cat("at most ", number_text(report.limit("entries"))));
  });
}

constexpr std::array blocked_limits{Limit{"count", 32, "processes in state D at one look"}};
constexpr std::array event_log_limits{Limit{"entries", 40, "entries that nobody has cleared"},
                                      Limit{"fresh", 0, "entries since the last look"}};

constexpr std::array zombie_limits{Limit{"watch", 1000, "zombies worth a look"},
                                   Limit{"unfit", 2000, "zombies no job should meet"}};
constexpr std::array orphan_limits{Limit{"age_s", 60, "seconds a process may outlive its job"}};
constexpr std::array share_limits{Limit{"watch", 80, "percent"}, Limit{"unfit", 95, "percent"}};
constexpr std::array clock_limits{Limit{"watch_s", 1, "seconds off"},
                                  Limit{"unfit_s", 5, "seconds off"},
                                  Limit{"error_s", 5, "seconds it may be off"}};
constexpr std::array limit_limits{Limit{"nofile", 4096, "open files of a process"}};

constexpr auto rows = std::to_array<Check>({
    {"os.dstate",
     "no process hangs in the kernel",
     "/proc",
     after_job | periodic,
     Severity::watch,
     Action::reboot,
     Clears::when_passing,
     "see the kernel log; reboot",
     blocked_limits,
     blocked},
    {"os.zombie",
     "few dead processes wait for their parent",
     "/proc",
     after_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "end their parents; reboot",
     zombie_limits,
     zombies},
    {"os.orphans",
     "no process of a user without a job",
     "/proc, cgroups",
     before_job | after_job,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "end them; see pam_slurm_adopt(8)",
     orphan_limits,
     orphans},
    {"os.fds_pids",
     "files and process ids do not run out",
     "/proc/sys",
     periodic,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look for what opens or starts so many",
     share_limits,
     files_and_pids},
    {"os.clock",
     "the clock is right",
     "adjtimex",
     before_job | periodic,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "restart chrony or ntpd",
     clock_limits,
     clock},
    {"os.clocksource",
     "the clock is quick to read",
     "/sys/devices/system/clocksource",
     repair,
     Severity::watch,
     Action::reboot,
     Clears::when_passing,
     "see why the kernel distrusts tsc",
     {},
     clock_source},
    {"os.modules",
     "the class's kernel modules are loaded",
     "/proc/modules, class",
     before_job,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "modprobe it",
     {},
     modules},
    {"os.services",
     "the class's services run",
     "cgroups, class",
     before_job | periodic,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "systemctl restart it",
     {},
     services},
    {"ipmi.sel",
     "the service processor has nothing new to tell",
     "the program that check.event_log names",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "read the log, see to it, and clear the log",
     event_log_limits,
     event_log},
    {"os.kernel",
     "the kernel is the class's",
     "uname, class",
     repair,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "boot the right kernel",
     {},
     kernel},
    {"os.limits",
     "limits leave jobs room",
     "getrlimit",
     before_job,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "set LimitMEMLOCK and LimitNOFILE of slurmd",
     limit_limits,
     limits},
});

}  // namespace

std::span<const Check> system_checks() { return rows; }

}  // namespace holdfast::health
