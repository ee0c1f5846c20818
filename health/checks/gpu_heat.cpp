// SPDX-License-Identifier: Apache-2.0
// Heat, and what the hardware does against it.
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

constexpr std::uint64_t hardware_slowdown = 0x8;
constexpr std::uint64_t software_thermal = 0x20;
constexpr std::uint64_t hardware_thermal = 0x40;
constexpr std::uint64_t power_brake = 0x80;

void throttle(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.clock_event_reasons, [&](std::uint64_t reasons) {
      if ((reasons & hardware_thermal) != 0)
        report.against(subject, "is slowed down by heat");
      else if ((reasons & power_brake) != 0)
        report.against(subject, "is slowed down by the power supply");
      else if ((reasons & hardware_slowdown) != 0)
        report.against(subject, "is slowed down by its hardware");
      else if ((reasons & software_thermal) != 0)
        report.watch(subject, "is slowed down by its driver, for heat").severity = Severity::note;
    });
  });
}

std::string beside_its_slowdown(std::int64_t left) {
  if (left == 0) return "is as hot as its slowdown";
  return left > 0 ? cat(left, " degrees below its slowdown")
                  : cat(-left, " degrees above its slowdown");
}

void temperature(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    const double margin = report.limit("margin");
    if (gpu.temperature_margin_c.known()) {
      report.see(subject, gpu.temperature_margin_c, [&](std::int64_t left) {
        if (static_cast<double>(left) <= margin)
          report.against(subject,
                         beside_its_slowdown(left),
                         cat("more than ", number_text(margin), " below it"));
      });
      return;
    }
    report.see(subject, gpu.temperature_c, [&](std::int64_t degrees) {
      if (gpu.slowdown_c.known() && static_cast<double>(*gpu.slowdown_c - degrees) <= margin)
        report.against(subject,
                       cat(degrees, " degrees Celsius"),
                       cat("below ", number_text(static_cast<double>(*gpu.slowdown_c) - margin)));
    });
  });
}

void memory_temperature(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.memory_temperature_c, [&](std::int64_t degrees) {
      report.most(subject,
                  "degrees Celsius in its memory:",
                  static_cast<double>(degrees),
                  report.limit("degrees"));
    });
  });
}

/// One that draws far less than its peers at the same load keeps the whole gang waiting.
void power_draw(Report& report) {
  std::vector<std::uint64_t> busy;
  report.each_gpu([&](const GpuFacts& gpu, const std::string&) {
    if (gpu.utilization_percent.value_or(0) >= 95 && gpu.power_mw.known())
      busy.push_back(*gpu.power_mw);
  });
  if (busy.size() < 3) return;
  std::ranges::nth_element(busy, busy.begin() + static_cast<std::ptrdiff_t>(busy.size() / 2));
  const std::uint64_t median = busy[busy.size() / 2];
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    if (gpu.utilization_percent.value_or(0) < 95) return;
    report.see(subject, gpu.power_mw, [&](std::uint64_t power) {
      if (static_cast<double>(power) < report.limit("share") * static_cast<double>(median))
        report.against(subject,
                       cat("draws ", power / 1000, " W under full load"),
                       cat("its peers draw ", median / 1000, " W"));
    });
  });
}

constexpr std::array margin_limits{Limit{"margin", 0, "degrees left below the slowdown"}};
constexpr std::array hbm_limits{Limit{"degrees", 105, "degrees Celsius in the memory"}};
constexpr std::array share_limits{Limit{"share", 0.6, "of what its peers draw"}};

constexpr auto rows = std::to_array<Check>({
    {"gpu.throttle",
     "no GPU is slowed down by hardware",
     "NVML",
     after_job | periodic | in_job,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "look at cooling and power supply",
     {},
     throttle},
    {"gpu.temp",
     "no GPU is at its slowdown temperature",
     "NVML",
     before_job | periodic | in_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look at fans, filters and the room",
     margin_limits,
     temperature},
    {"gpu.memory_temp",
     "no GPU memory is too hot",
     "NVML field 82",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "look at fans, filters and the room",
     hbm_limits,
     memory_temperature},
    {"gpu.power_draw",
     "busy GPUs draw as much as their peers",
     "NVML",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "run an active test on it",
     share_limits,
     power_draw},
});

}  // namespace

std::span<const Check> gpu_heat_checks() { return rows; }

}  // namespace holdfast::health
