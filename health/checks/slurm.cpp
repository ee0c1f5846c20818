// SPDX-License-Identifier: Apache-2.0
// Is the node what Slurm believes it is.
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

/// Where no driver answers for any GPU the bus is asked. It says what is there, not how many slices
/// of it Slurm gives away, so that only none at all is told.
bool none_on_the_bus(const Facts& facts) {
  return !facts.gpus.known() && facts.gpus.gap() == Gap::lacking && facts.pci.known() &&
         std::ranges::find(*facts.pci, "gpu", &PciFacts::kind) == facts.pci->end();
}

void gres(Report& report) {
  const Facts& facts = report.facts;
  if (none_on_the_bus(facts))
    report.see("", facts.slurm.gres_gpus, [&](std::uint64_t promised) {
      if (promised > 0)
        report.against("", "no GPU is on the bus", cat("Slurm promises ", promised));
    });
  if (!facts.gpus.known()) return;
  report.see("", facts.slurm.gres_gpus, [&](std::uint64_t promised) {
    const auto answer =
        static_cast<std::uint64_t>(std::ranges::count_if(*facts.gpus, [](const GpuFacts& gpu) {
          return !gpu.answer.known() || *gpu.answer != GpuAnswer::lost;
        }));
    // With MIG, or in AMD's partitions, a GRES is a slice, and there are more of them than GPUs.
    const bool sliced =
        std::ranges::any_of(*facts.gpus, [](const GpuFacts& gpu) { return gpu.mig_on.is(true); }) ||
        facts.gpu_driver.compute_nodes.value_or(0) > facts.gpus->size();
    if (!sliced && answer < promised)
      report.against("", cat(answer, " GPUs answer"), cat("Slurm promises ", promised));
  });
}

void version(Report& report) {
  const SlurmFacts& slurm = report.facts.slurm;
  report.see("", slurm.slurmd_version, [&](const std::string& running) {
    if (slurm.installed_version.known() && *slurm.installed_version != running)
      report.against(
          "", cat("slurmd ", running, " runs"), cat(*slurm.installed_version, " is installed"));
  });
}

void munge(Report& report) {
  report.see("", report.facts.slurm.munge_answers, [&](bool answers) {
    if (!answers) report.against("munge", "does not answer");
  });
}

void spool(Report& report) {
  report.see("", report.facts.slurm.spool_bytes_free, [&](std::uint64_t bytes) {
    report.least(
        "", "MiB free where slurmd spools:", static_cast<double>(bytes >> 20), report.limit("mib"));
  });
}

void leftovers(Report& report) {
  report.see("", report.facts.slurm.leftovers, [&](const std::vector<std::string>& groups) {
    for (const std::string& group : groups)
      report.against(group, "processes of an ended job are left in its cgroup");
  });
}

constexpr std::array spool_limits{Limit{"mib", 64, "MiB free"}};

constexpr auto rows = std::to_array<Check>({
    {"slurm.gres",
     "as many GPUs answer as Slurm's files promise",
     "gres.conf, slurm.conf, NVML, PCI",
     before_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot; then look at the slot",
     {},
     gres},
    {"slurm.version",
     "the installed slurmd is the one that runs",
     "/proc, package",
     periodic,
     Severity::watch,
     Action::restart_service,
     Clears::when_passing,
     "restart slurmd",
     {},
     version},
    {"slurm.munge",
     "munge answers",
     "munge's socket",
     before_job | periodic,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "restart munge",
     {},
     munge},
    {"slurm.spool",
     "slurmd has room for scripts",
     "statfs",
     before_job | periodic,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "make room in SlurmdSpoolDir",
     spool_limits,
     spool},
    {"os.cgroup",
     "no cgroup of an ended job holds processes",
     "cgroups",
     before_job | after_job,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "end them; where they cannot be ended, reboot",
     {},
     leftovers},
});

}  // namespace

std::span<const Check> slurm_checks() { return rows; }

}  // namespace holdfast::health
