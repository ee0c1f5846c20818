// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

void edac(Report& report) {
  report.each(report.facts.memory.edac, [&](const EdacFacts& mc) {
    report.see(mc.controller, mc.uncorrected, [&](std::uint64_t value) {
      const auto growth = report.grown(mc.controller, "uncorrected", value);
      if (growth && *growth > 0)
        report.against(mc.controller, cat(*growth, " uncorrected memory errors"), "none");
    });
    report.see(mc.controller, mc.corrected, [&](std::uint64_t value) {
      const auto growth = report.grown(mc.controller, "corrected", value);
      const double most = report.limit("per_day") * std::max(1.0, report.hours() / 24);
      if (growth && static_cast<double>(*growth) > most)
        report.watch(mc.controller,
                     cat(*growth, " corrected memory errors"),
                     cat("at most ", number_text(report.limit("per_day")), " a day"));
    });
  });
}

void total(Report& report) {
  const NodeClass& node = report.node;
  report.see("", report.facts.memory.total_bytes, [&](std::uint64_t bytes) {
    const double has = static_cast<double>(bytes) / gib;
    const double least = node.memory_gib * (1 - report.limit("tolerance"));
    const double slurm =
        static_cast<double>(report.facts.slurm.configured_memory_mb.value_or(0)) / 1024;
    if (has < least)
      report.against(
          "", cat("GiB of memory: ", number_text(has)), cat("at least ", number_text(least)));
    else if (has < slurm)
      report.against("",
                     cat("GiB of memory: ", number_text(has)),
                     cat("RealMemory promises ", number_text(slurm)));
  });
}

void available(Report& report) {
  const MemoryFacts& memory = report.facts.memory;
  if (!memory.total_bytes.known() || !report.facts.slurm.jobs.known() ||
      !report.facts.slurm.jobs->empty())
    return;
  // what is set aside for huge pages is not available, and nobody holds it
  const std::uint64_t huge = memory.huge_bytes.value_or(0);
  if (*memory.total_bytes <= huge) return;
  report.see("", memory.available_bytes, [&](std::uint64_t free) {
    const double share =
        100.0 * static_cast<double>(free) / static_cast<double>(*memory.total_bytes - huge);
    report.least("", "% of memory available with no job here:", share, 100 * report.limit("share"));
  });
}

void fragmentation(Report& report) {
  report.see("", report.facts.memory.large_free_blocks, [&](std::uint64_t blocks) {
    report.least("",
                 "free blocks of 2 MiB in the poorest NUMA node:",
                 static_cast<double>(blocks),
                 report.limit("blocks"));
  });
}

void huge_pages(Report& report) {
  const MemoryFacts& memory = report.facts.memory;
  const NodeClass& node = report.node;
  if (node.huge_pages > 0)
    report.see("", memory.huge_pages, [&](std::uint64_t pages) {
      if (pages < node.huge_pages)
        report.against("", cat("huge pages: ", pages), cat("at least ", node.huge_pages));
    });
  if (!node.transparent_huge_pages.empty())
    report.see("", memory.transparent_huge_pages, [&](const std::string& word) {
      if (word != node.transparent_huge_pages)
        report.against("", cat("transparent huge pages: ", word), node.transparent_huge_pages);
    });
}

/// What a job that runs has in there goes with it; what is there with no job was left.
void shared_memory(Report& report) {
  if (!report.facts.slurm.jobs.is({})) return;
  report.each(report.facts.storage.mounts, [&](const MountFacts& mount) {
    if (mount.path != "/dev/shm" || !mount.bytes.known() || *mount.bytes == 0) return;
    report.see(mount.path, mount.bytes_free, [&](std::uint64_t free) {
      report.least(mount.path,
                   "% free:",
                   100.0 * static_cast<double>(free) / static_cast<double>(*mount.bytes),
                   100 * report.limit("share"));
    });
  });
}

constexpr std::array edac_limits{Limit{"per_day", 9, "corrected errors of a controller a day"}};
constexpr std::array total_limits{Limit{"tolerance", 0.05, "share that firmware may keep"}};
constexpr std::array free_limits{Limit{"share", 0.5, "of the memory, when no job is here"}};
constexpr std::array block_limits{Limit{"blocks", 16, "free blocks of 2 MiB in each NUMA node"}};
constexpr std::array shm_limits{Limit{"share", 0.1, "of /dev/shm"}};

constexpr auto rows = std::to_array<Check>({
    {"mem.edac",
     "memory has few errors",
     "EDAC, baseline",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::by_reboot,
     "find the DIMM in the system event log and replace it",
     edac_limits,
     edac},
    {"mem.total",
     "all memory is there",
     "/proc/meminfo, class, Slurm",
     before_job,
     Severity::unfit,
     Action::inspect,
     Clears::when_passing,
     "a DIMM is missing or switched off",
     total_limits,
     total},
    {"mem.free",
     "memory is free when no job is here",
     "/proc/meminfo, cgroups",
     before_job | after_job,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "look for leftovers in /dev/shm and tmpfs, drop caches",
     free_limits,
     available},
    {"mem.huge",
     "huge pages are as the class says",
     "/proc/meminfo, /sys/kernel/mm, class",
     before_job,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "set vm.nr_hugepages at boot; /sys/kernel/mm/transparent_hugepage/enabled",
     {},
     huge_pages},
    {"mem.frag",
     "memory is not in splinters",
     "/proc/buddyinfo",
     periodic,
     Severity::note,
     Action::note,
     Clears::when_passing,
     "echo 1 > /proc/sys/vm/compact_memory",
     block_limits,
     fragmentation},
    {"mem.shm",
     "there is shared memory for the ranks",
     "statfs /dev/shm, cgroups",
     before_job | after_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "remove leftovers from /dev/shm",
     shm_limits,
     shared_memory},
});

}  // namespace

std::span<const Check> memory_checks() { return rows; }

}  // namespace holdfast::health
