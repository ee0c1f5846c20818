// SPDX-License-Identifier: Apache-2.0
// How the GPUs are set up: what a user or an administrator left behind, not what is broken.
#include "report.hpp"

#include <algorithm>
#include <set>

namespace holdfast::health {

namespace {

void persistence(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.persistence, [&](bool on) {
      if (!on) report.against(subject, "persistence mode is off", "on");
    });
  });
}

void ecc_mode(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.ecc_on, [&](bool on) {
      if (report.node.ecc && !on)
        report.against(subject, "ECC is off", "on");
      else if (gpu.ecc_on_next.known() && *gpu.ecc_on_next != on)
        report.watch(subject,
                     cat("ECC changes to ", *gpu.ecc_on_next ? "on" : "off", " at the next reset"));
    });
  });
}

void mig(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.mig_on, [&](bool on) {
      if (report.node.mig && on != *report.node.mig)
        report.against(subject, cat("MIG is ", on ? "on" : "off"), *report.node.mig ? "on" : "off");
      else if (gpu.mig_on_next.known() && *gpu.mig_on_next != on)
        report.watch(subject, "MIG changes at the next reset");
    });
  });
}

void compute_mode(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.compute_mode, [&](const std::string& mode) {
      if (mode == "prohibited")
        report.against(subject, "compute mode is prohibited", "default");
      else if (mode != "default")
        report.watch(subject, cat("compute mode is ", mode), "default");
    });
  });
}

void clocks_set(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.application_mhz, [&](std::uint64_t set) {
      if (gpu.highest_mhz.known() && set < *gpu.highest_mhz)
        report.against(
            subject, cat("clocks are held at ", set, " MHz"), cat(*gpu.highest_mhz, " MHz"));
    });
  });
}

void power_limit(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.power_limit_mw, [&](std::uint64_t limit) {
      if (!gpu.power_limit_default_mw.known()) return;
      const double least = report.limit("share") * static_cast<double>(*gpu.power_limit_default_mw);
      if (static_cast<double>(limit) < least)
        report.against(subject,
                       cat("power is limited to ", limit / 1000, " W"),
                       cat("at least ", number_text(least / 1000), " W"));
    });
  });
}

/// Parts of one node that differ in firmware give ranks that differ in speed.
void firmware(Report& report) {
  std::set<std::string> vbios;
  std::set<std::string> gsp;
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.vbios, [&](const std::string& version) {
      vbios.insert(cat(gpu.model.value_or(""), ' ', version));
      if (!report.node.vbios.empty() && version != report.node.vbios)
        report.against(subject, cat("VBIOS ", version), report.node.vbios);
    });
    report.see(subject, gpu.gsp_firmware, [&](const std::string& version) { gsp.insert(version); });
  });
  std::set<std::string> models;
  report.each_gpu([&](const GpuFacts& gpu, const std::string&) {
    if (gpu.vbios.known()) models.insert(gpu.model.value_or(""));
  });
  if (vbios.size() > models.size())
    report.against("", cat("the GPUs have ", vbios.size(), " versions of VBIOS"), "one");
  if (gsp.size() > 1)
    report.against("", cat("the GPUs have ", gsp.size(), " versions of GSP firmware"), "one");
}

void nouveau(Report& report) {
  report.see("", report.facts.system.modules, [&](const std::vector<std::string>& modules) {
    if (std::ranges::find(modules, "nouveau") != modules.end())
      report.against("", "the module nouveau is loaded and holds the GPUs", "not loaded");
  });
}

constexpr std::array power_limits{Limit{"share", 0.9, "of the default power limit"}};

constexpr auto rows = std::to_array<Check>({
    {"gpu.persistence",
     "persistence mode is on",
     "NVML",
     periodic,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "start nvidia-persistenced",
     {},
     persistence},
    {"gpu.ecc_mode",
     "ECC is as the class says",
     "NVML, class",
     before_job | periodic,
     Severity::unfit,
     Action::reset_gpu,
     Clears::when_passing,
     "nvidia-smi --ecc-config=1, then reset",
     {},
     ecc_mode},
    {"gpu.mig",
     "MIG is as the class says",
     "NVML, class",
     always,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "nvidia-smi -mig 0 or 1, then reset",
     {},
     mig},
    {"gpu.compute_mode",
     "every program may use the GPUs",
     "NVML",
     always,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "nvidia-smi --compute-mode=DEFAULT",
     {},
     compute_mode},
    {"gpu.clocks_set",
     "no one holds the clocks down",
     "NVML",
     after_job | periodic,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "nvidia-smi --reset-applications-clocks",
     {},
     clocks_set},
    {"gpu.power_limit",
     "no one holds the power down",
     "NVML",
     after_job | periodic,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "nvidia-smi --power-limit with the default",
     power_limits,
     power_limit},
    {"gpu.vbios",
     "the GPUs of a node have one firmware",
     "NVML, class",
     periodic,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "bring the firmware of all GPUs to one version",
     {},
     firmware},
    {"gpu.nouveau",
     "the driver nouveau is not loaded",
     "/proc/modules",
     before_job,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "deny nouveau in /etc/modprobe.d and reboot",
     {},
     nouveau},
});

}  // namespace

std::span<const Check> gpu_mode_checks() { return rows; }

}  // namespace holdfast::health
