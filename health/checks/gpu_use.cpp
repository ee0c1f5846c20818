// SPDX-License-Identifier: Apache-2.0
// What an earlier job left on the GPUs.
#include "report.hpp"

#include <cmath>

namespace holdfast::health {

namespace {

bool in_use(const GpuFacts& gpu) { return gpu.processes.known() && !gpu.processes->empty(); }

/// Jobs may share a node: what a job that still runs holds is no leftover, nor is what a service of
/// the node holds.
void stale_processes(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.processes, [&](const std::vector<GpuProcess>& processes) {
      for (const GpuProcess& process : processes)
        if (!process.of_job && !process.of_service && !process.ended)
          report.against(
              subject,
              cat("process ", process.pid, " (", process.name, ") of no running job holds it"));
    });
  });
}

void memory_used(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    if (!gpu.processes.known() || in_use(gpu)) return;
    report.see(subject, gpu.memory_used_bytes, [&](std::uint64_t used) {
      const double mib = static_cast<double>(used) / (1 << 20);
      report.most(subject,
                  "MiB of its memory in use without a process:",
                  std::floor(mib),
                  report.limit("mib"));
    });
  });
}

constexpr std::array used_limits{Limit{"mib", 600, "MiB that the driver itself may hold"}};

constexpr auto rows = std::to_array<Check>({
    {"gpu.stale_procs",
     "no process of an ended job holds a GPU",
     "NVML, cgroups",
     before_job | after_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "end the process; where it cannot be ended, reboot",
     {},
     stale_processes},
    {"gpu.mem_used",
     "no GPU memory is held by nobody",
     "NVML",
     before_job | after_job,
     Severity::unfit,
     Action::reset_gpu,
     Clears::when_passing,
     "reset the GPU",
     used_limits,
     memory_used},
});

}  // namespace

std::span<const Check> gpu_use_checks() { return rows; }

}  // namespace holdfast::health
