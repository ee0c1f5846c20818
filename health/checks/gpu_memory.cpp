// SPDX-License-Identifier: Apache-2.0
// GPU memory that is broken or about to be. What a reset clears may lift a drain; what stays for
// the life of the part may not.
#include "report.hpp"

namespace holdfast::health {

namespace {

using Number = Fact<std::uint64_t> GpuFacts::*;
using Flag = Fact<bool> GpuFacts::*;

void no_flag(Report& report, Flag member, std::string_view what) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.*member, [&](bool set) {
      if (set) report.against(subject, std::string(what));
    });
  });
}

void no_more(Report& report, Number member, std::string_view what, std::string_view limit) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.*member, [&](std::uint64_t value) {
      report.most(subject, what, static_cast<double>(value), report.limit(limit));
    });
  });
}

/// Volatile counts start anew with each reset, so any error is of this power-up.
void uncorrected(Report& report) {
  no_more(report, &GpuFacts::ecc_uncorrected_volatile, "uncorrected ECC errors:", "count");
}

/// Billions of corrected errors over a year are normal: what counts is how fast they come.
void corrected(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.ecc_corrected_volatile, [&](std::uint64_t value) {
      const auto growth = report.grown(gpu.at, "ecc_corrected_volatile", value, Since::an_hour);
      const double most = report.limit("per_hour") * report.hours();
      if (growth && static_cast<double>(*growth) > most)
        report.against(subject,
                       cat(*growth, " corrected ECC errors in ", number_text(report.hours()), " h"),
                       cat(number_text(report.limit("per_hour")), " an hour"));
    });
  });
}

void sram(Report& report) {
  no_flag(report,
          &GpuFacts::sram_threshold_exceeded,
          "uncorrected SRAM errors are above the vendor's threshold");
  no_more(report,
          &GpuFacts::sram_uncorrected_aggregate,
          "uncorrected SRAM errors in its life:",
          "aggregate");
}

void remap_pending(Report& report) {
  no_flag(report, &GpuFacts::remap_pending, "a memory row waits for a reset to be remapped");
}

void remap_failed(Report& report) {
  no_flag(report, &GpuFacts::remap_failed, "a memory row could not be remapped");
}

void remap_uncorrectable(Report& report) {
  no_more(report,
          &GpuFacts::remapped_uncorrectable,
          "rows remapped after uncorrectable errors:",
          "rows");
  no_more(report, &GpuFacts::banks_without_spares, "memory banks without a spare row:", "banks");
}

/// How many retired pages an AMD GPU bears its driver decides by the size of its memory, and says
/// so itself of the page it cannot retire: NVIDIA's numbers do not hold for it.
bool is_worn(const Report& report, const GpuFacts& gpu, std::uint64_t all, std::uint64_t doubles) {
  return gpu.vendor != "amd" && (static_cast<double>(all) > report.limit("pages") ||
                                 static_cast<double>(doubles) > report.limit("double_bit"));
}

void retired_pages(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.retired_pending, [&](bool pending) {
      if (pending) report.against(subject, "a memory page waits for a reboot to be retired");
    });
    report.see(subject, gpu.retired_double_bit, [&](std::uint64_t doubles) {
      const std::uint64_t all = doubles + gpu.retired_single_bit.value_or(0);
      if (is_worn(report, gpu, all, doubles)) {
        Finding& found = report.against(
            subject,
            cat(all, " retired memory pages, ", doubles, " of them for double-bit errors"),
            cat("at most ",
                number_text(report.limit("pages")),
                " and ",
                number_text(report.limit("double_bit"))));
        found.action = Action::rma;
        found.clears = Clears::never;
      } else if (static_cast<double>(all) > report.limit("watch")) {
        report.watch(subject,
                     cat(all, " retired memory pages"),
                     cat("at most ", number_text(report.limit("watch"))));
      }
    });
  });
}

void unrepairable(Report& report) {
  no_flag(report, &GpuFacts::unrepairable_memory, "its memory is beyond repair");
}

/// The window to all of its memory: with a small one, GPUDirect is slow or fails.
void bar1(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.bar1_bytes, [&](std::uint64_t bytes) {
      if (report.node.fabric && gpu.memory_bytes.known() && bytes < *gpu.memory_bytes)
        report.against(subject,
                       cat("BAR1 has ", bytes >> 30, " GiB"),
                       cat("at least its memory, ", *gpu.memory_bytes >> 30, " GiB"));
    });
  });
}

constexpr std::array uncorrected_limits{
    Limit{"count", 0, "uncorrected errors since the last reset"}};
constexpr std::array corrected_limits{Limit{"per_hour", 1e6, "corrected errors an hour"}};
constexpr std::array sram_limits{Limit{"aggregate", 4, "uncorrected errors in the part's life"}};
constexpr std::array row_limits{Limit{"rows", 512, "rows remapped for uncorrectable errors"},
                                Limit{"banks", 0, "banks without a spare row"}};
constexpr std::array page_limits{Limit{"pages", 61, "retired pages of both kinds"},
                                 Limit{"double_bit", 14, "pages retired for double-bit errors"},
                                 Limit{"watch", 10, "retired pages worth a look"}};

constexpr auto rows = std::to_array<Check>({
    {"gpu.ecc_unc_vol",
     "no uncorrected memory error since the last reset",
     "NVML",
     always | in_job,
     Severity::unfit,
     Action::reset_gpu,
     Clears::when_passing,
     "reset the GPU or reboot, then check again",
     uncorrected_limits,
     uncorrected},
    {"gpu.ecc_cor_vol",
     "corrected memory errors come slowly",
     "NVML, baseline",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "run the vendor's diagnosis",
     corrected_limits,
     corrected},
    {"gpu.sram",
     "the GPU's SRAM is sound",
     "NVML",
     periodic | before_job,
     Severity::unfit,
     Action::rma,
     Clears::never,
     "have the GPU replaced",
     sram_limits,
     sram},
    {"gpu.remap_pending",
     "no memory row waits to be remapped",
     "NVML",
     always | in_job,
     Severity::unfit,
     Action::reset_gpu,
     Clears::when_passing,
     "reset the GPU or reboot",
     {},
     remap_pending},
    {"gpu.remap_failed",
     "every bad memory row could be remapped",
     "NVML",
     always,
     Severity::fatal,
     Action::rma,
     Clears::never,
     "have the GPU replaced",
     {},
     remap_failed},
    {"gpu.remap_unc",
     "there are spare memory rows",
     "NVML",
     periodic,
     Severity::unfit,
     Action::rma,
     Clears::never,
     "have the GPU replaced",
     row_limits,
     remap_uncorrectable},
    {"gpu.retired_pages",
     "few memory pages are retired",
     "NVML",
     periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot; when pages keep being retired, replace it",
     page_limits,
     retired_pages},
    {"gpu.unrepairable",
     "the GPU's memory can be repaired",
     "NVML",
     periodic | before_job,
     Severity::fatal,
     Action::rma,
     Clears::never,
     "have the GPU replaced",
     {},
     unrepairable},
    {"gpu.bar1",
     "the PCI window covers the GPU's memory",
     "NVML, class",
     repair,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "switch Resizable BAR and Above 4G on in the firmware",
     {},
     bar1},
});

}  // namespace

std::span<const Check> gpu_memory_checks() { return rows; }

}  // namespace holdfast::health
