// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

void count(Report& report) {
  const CpuFacts& cpu = report.facts.cpu;
  report.see("", cpu.online, [&](std::uint64_t online) {
    const std::uint64_t slurm = report.facts.slurm.configured_cpus.value_or(0);
    if (online < report.node.cpus)
      report.against("", cat(online, " PUs are online"), cat("at least ", report.node.cpus));
    else if (online < slurm)
      report.against("", cat(online, " PUs are online"), cat("slurm.conf promises ", slurm));
    else if (cpu.present.known() && online < *cpu.present && report.node.cpus == 0)
      report.watch("", cat(*cpu.present - online, " PUs are offline"), "none").severity =
          Severity::note;
  });
}

void governor(Report& report) {
  report.see("", report.facts.cpu.governors, [&](const std::vector<std::string>& governors) {
    if (governors.size() > 1)
      report.against("", cat("PUs have different governors: ", join(governors, ", ")), "one");
    else if (!governors.empty() && !report.node.governor.empty() &&
             governors.front() != report.node.governor)
      report.against("", cat("the governor is ", governors.front()), report.node.governor);
  });
}

void throttle(Report& report) {
  report.see("", report.facts.cpu.throttled, [&](std::uint64_t value) {
    const auto growth = report.grown("cpu", "throttled", value);
    if (growth && static_cast<double>(*growth) > report.limit("per_hour") * report.hours())
      report.against("",
                     cat("cores were slowed down for heat ", *growth, " times"),
                     cat("at most ", number_text(report.limit("per_hour")), " an hour"));
  });
}

void load(Report& report) {
  const Facts& facts = report.facts;
  if (!facts.cpu.online.known() || !facts.slurm.jobs.known() || !facts.slurm.jobs->empty()) return;
  report.see("", facts.cpu.load_1m, [&](double load) {
    report.most("",
                "load with no job here:",
                load,
                report.limit("per_pu") * static_cast<double>(*facts.cpu.online));
  });
}

/// Idle PUs clock down, so only those of a busy node are judged.
void frequency(Report& report) {
  const CpuFacts& cpu = report.facts.cpu;
  if (!cpu.online.known() || !cpu.load_1m.known() ||
      *cpu.load_1m < report.limit("load") * static_cast<double>(*cpu.online))
    return;
  report.see("", cpu.slowest_mhz, [&](std::uint64_t mhz) {
    report.least("", "MHz of the slowest busy PU:", static_cast<double>(mhz), report.limit("mhz"));
  });
}

constexpr std::array throttle_limits{Limit{"per_hour", 0, "slow-downs for heat an hour"}};
constexpr std::array load_limits{Limit{"per_pu", 1, "load of each PU, when no job is here"}};
constexpr std::array frequency_limits{Limit{"mhz", 1000, "MHz of each PU of a busy node"},
                                      Limit{"load", 0.8, "load of each PU that makes it busy"}};

constexpr auto rows = std::to_array<Check>({
    {"cpu.count",
     "all PUs are online",
     "/sys/devices/system/cpu, class, Slurm",
     before_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "switch them on, or put slurm.conf right",
     {},
     count},
    {"cpu.governor",
     "all PUs have the class's governor",
     "cpufreq, class",
     periodic,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "cpupower frequency-set --governor",
     {},
     governor},
    {"cpu.throttle",
     "no core is slowed down for heat",
     "thermal_throttle, baseline",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "look at fans, filters and the room",
     throttle_limits,
     throttle},
    {"cpu.freq",
     "no PU of a busy node is slow",
     "/proc/cpuinfo, /proc/loadavg",
     repair,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "look at power caps and cooling of the node",
     frequency_limits,
     frequency},
    {"cpu.load",
     "nothing works when no job is here",
     "/proc/loadavg, cgroups",
     before_job | after_job,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "look for processes of ended jobs",
     load_limits,
     load},
});

}  // namespace

std::span<const Check> cpu_checks() { return rows; }

}  // namespace holdfast::health
