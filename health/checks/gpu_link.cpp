// SPDX-License-Identifier: Apache-2.0
// The GPU's roads: PCIe, NVLink, the fabric of NVSwitches.
#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <optional>

namespace holdfast::health {

namespace {

const PciFacts* find_pci(const Report& report, const std::string& at) {
  if (at.empty()) return nullptr;
  const auto found = std::ranges::find(*report.facts.pci, at, &PciFacts::at);
  return found == report.facts.pci->end() ? nullptr : &*found;
}

/// The most lanes of any of these; one that is not there or does not tell limits nothing.
std::uint64_t least_of_most(std::initializer_list<const PciFacts*> ends) {
  std::uint64_t least = ~std::uint64_t{0};
  for (const PciFacts* end : ends)
    if (end != nullptr) least = std::min(least, end->width_most.value_or(least));
  return least;
}

/// The links of the bridges above a device. A link is as wide as the lesser of its two ends; which
/// of its neighbours the other end of a bridge's link is the facts do not say, so that no more is
/// asked of it than both can.
void narrow_above(Report& report, const PciFacts& device, const std::string& subject) {
  if (!device.width_most.known()) return;
  const PciFacts* below = &device;
  for (unsigned depth = 0; depth < 32; ++depth) {
    const PciFacts* bridge = find_pci(report, below->above);
    if (bridge == nullptr) return;
    const PciFacts* above = find_pci(report, bridge->above);
    const std::uint64_t wanted = least_of_most({&device, below, bridge, above});
    if (bridge->width.known() && bridge->width_most.known() && *bridge->width < wanted)
      report.against(subject,
                     cat("the bridge ", bridge->at, " above it runs at ", *bridge->width, " lanes"),
                     cat(wanted, " lanes"));
    below = bridge;
  }
}

void pcie_width(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.pcie_width, [&](std::uint64_t width) {
      const std::uint64_t wanted =
          report.node.pcie_width > 0 ? report.node.pcie_width : gpu.pcie_width_most.value_or(0);
      if (width < wanted)
        report.against(subject, cat("PCIe link has ", width, " lanes"), cat("at least ", wanted));
    });
  });
  report.each(report.facts.pci, [&](const PciFacts& pci) {
    if (pci.kind != "gpu") return;
    const std::string subject = cat("GPU ", pci.at);
    const bool of_driver = report.facts.gpus.known() &&
                           std::ranges::any_of(*report.facts.gpus, [&pci](const GpuFacts& gpu) {
                             return gpu.at == pci.at && gpu.pcie_width.known();
                           });
    if (!of_driver)
      report.see(subject, pci.width, [&](std::uint64_t width) {
        const std::uint64_t wanted = least_of_most({&pci, find_pci(report, pci.above)});
        if (pci.width_most.known() && width < wanted)
          report.against(subject, cat("PCIe link has ", width, " lanes"), cat("at least ", wanted));
      });
    narrow_above(report, pci, subject);
  });
}

/// An idle GPU slows its link down to save power: only one that works at full clock is judged.
void pcie_generation(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    if (!gpu.performance_state.is(0) || gpu.utilization_percent.value_or(0) == 0) return;
    report.see(subject, gpu.pcie_generation, [&](std::uint64_t now) {
      if (gpu.pcie_generation_most.known() && now < *gpu.pcie_generation_most)
        report.against(subject,
                       cat("PCIe link runs at generation ", now, " under load"),
                       cat("generation ", *gpu.pcie_generation_most));
    });
  });
}

/// One bad bit in 10^12 is what PCIe allows: at 16 lanes of generation 5 that is 31 replays a
/// minute.
double replays_allowed(const GpuFacts& gpu, double hours) {
  constexpr std::array giga_transfers{2.5, 5.0, 8.0, 16.0, 32.0, 64.0};
  const auto generation = std::clamp<std::uint64_t>(gpu.pcie_generation_most.value_or(4), 1, 6);
  const auto lanes = static_cast<double>(gpu.pcie_width_most.value_or(16));
  return std::ceil(lanes * giga_transfers[generation - 1] * 0.06) * 60 * hours;
}

void pcie_replays(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.pcie_replays, [&](std::uint64_t value) {
      const auto growth = report.grown(gpu.at, "pcie_replays", value, Since::an_hour);
      const double most = replays_allowed(gpu, report.hours());
      if (growth && static_cast<double>(*growth) > most)
        report.watch(subject,
                     cat(*growth, " PCIe replays in ", number_text(report.hours()), " h"),
                     cat("at most ", number_text(most)));
    });
    const auto none =
        [&](const Fact<std::uint64_t>& counter, std::string_view name, std::string_view what) {
          report.see(subject, counter, [&](std::uint64_t value) {
            const auto growth = report.grown(gpu.at, name, value);
            if (growth && *growth > 0)
              report.against(subject, cat(*growth, ' ', what, " since the last look"), "none");
          });
        };
    none(gpu.pcie_rollovers, "pcie_rollovers", "overflows of the PCIe replay counter");
    none(gpu.pcie_fatal, "pcie_fatal", "fatal PCIe errors");
  });
}

std::uint64_t links_up(const GpuFacts& gpu) {
  if (!gpu.nvlinks.known()) return 0;
  return static_cast<std::uint64_t>(std::ranges::count_if(
      *gpu.nvlinks, [](const NvlinkFacts& link) { return link.active.is(true); }));
}

/// Where NVSwitches connect the GPUs every link leads somewhere.
bool has_fabric(const Report& report) {
  const Facts& facts = report.facts;
  const auto tells = [](const GpuFacts& gpu) { return gpu.fabric_state.known(); };
  const auto is_switch = [](const PciFacts& pci) { return pci.kind == "nvswitch"; };
  return report.node.fabric || (facts.pci.known() && std::ranges::any_of(*facts.pci, is_switch)) ||
         (facts.gpus.known() && std::ranges::any_of(*facts.gpus, tells));
}

/// GPUs on cards have links too, of which as many lead somewhere as there are bridges on them,
/// often none. Where no class says how many, all of them alike are taken for built so.
bool are_built_so(const Report& report) {
  if (report.node.nvlinks > 0 || has_fabric(report)) return false;
  std::optional<std::uint64_t> first;
  for (const GpuFacts& gpu : *report.facts.gpus) {
    if (!gpu.nvlinks.known()) continue;
    if (!first) first = links_up(gpu);
    if (links_up(gpu) != *first) return false;
  }
  return true;
}

void nvlinks_of(Report& report,
                const std::vector<NvlinkFacts>& links,
                const std::string& subject,
                bool built_so) {
  std::vector<std::uint64_t> down;
  std::uint64_t may_be_up = 0;
  for (const NvlinkFacts& link : links) {
    if (link.active.is(false))
      down.push_back(link.link);
    else
      ++may_be_up;
    report.see(subject, link.active, [](bool) {});
  }
  const unsigned demanded = report.node.nvlinks;
  if (built_so && !down.empty()) {
    report.watch(subject, cat(may_be_up, " of ", links.size(), " NVLinks are active")).severity =
        Severity::note;
    return;
  }
  if (may_be_up >= (demanded > 0 ? demanded : links.size())) return;
  for (const std::uint64_t link : down)
    report.against(subject, cat("NVLink ", link, " is down"), "active");
  if (down.empty())
    report.against(subject, cat(may_be_up, " NVLinks are active"), cat("at least ", demanded));
}

void nvlink_state(Report& report) {
  if (!report.facts.gpus.known()) return;
  const bool built_so = are_built_so(report);
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.see(subject, gpu.nvlinks, [&](const std::vector<NvlinkFacts>& links) {
      nvlinks_of(report, links, subject, built_so);
    });
  });
}

void nvlink_speed(Report& report) {
  std::uint64_t fastest = 0;
  const auto each_link = [&](auto judge) {
    report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
      report.each(gpu.nvlinks, [&](const NvlinkFacts& link) {
        if (!link.active.is(false)) judge(link, subject);
      });
    });
  };
  each_link([&](const NvlinkFacts& link, const std::string&) {
    fastest = std::max(fastest, link.megabytes_per_second.value_or(0));
  });
  each_link([&](const NvlinkFacts& link, const std::string& subject) {
    report.see(subject, link.megabytes_per_second, [&](std::uint64_t speed) {
      if (speed < fastest)
        report.against(subject,
                       cat("NVLink ", link.link, " runs at ", speed, " MB/s"),
                       cat(fastest, " MB/s as the others"));
    });
  });
}

void nvlink_errors(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    report.each(gpu.nvlinks, [&](const NvlinkFacts& link) {
      const std::string place = cat(gpu.at, '/', link.link);
      const auto few = [&](const Fact<std::uint64_t>& counter, std::string_view name, double most) {
        report.see(subject, counter, [&](std::uint64_t value) {
          if (value == 0) return;  // as nearly all of a node's many links: no name is made up
          const auto growth = report.grown(place, name, value, Since::an_hour);
          if (growth && static_cast<double>(*growth) > most)
            report.against(subject,
                           cat("NVLink ",
                               link.link,
                               ": ",
                               *growth,
                               ' ',
                               name,
                               " in ",
                               number_text(report.hours()),
                               " h"),
                           cat("at most ", number_text(most)));
        });
      };
      few(link.recoveries, "recoveries", report.limit("recoveries_per_hour") * report.hours());
      few(link.replays, "replays", report.limit("replays_per_hour") * report.hours());
      few(link.crc_errors, "crc_errors", report.limit("crc_per_hour") * report.hours());
    });
  });
}

/// The driver tells the fabric of GPUs since Hopper (nvml.h, nvmlDeviceGetGpuFabricInfo: "for
/// Hopper + NVSwitch systems"); those before it tell none, also behind NVSwitches.
bool tells_its_fabric(const GpuFacts& gpu) {
  constexpr std::array before{"V100", "A100", "A800"};
  const std::string model = gpu.model.value_or("");
  return !model.empty() && std::ranges::none_of(before, [&model](const char* name) {
    return model.find(name) != std::string::npos;
  });
}

void fabric(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    const bool tells_none = !gpu.fabric_state.known() && gpu.fabric_state.gap() == Gap::lacking;
    if (report.node.fabric && tells_none && tells_its_fabric(gpu))
      report.against(subject, "belongs to no fabric of NVSwitches", "registration completed");
    report.see(subject, gpu.fabric_state, [&](const std::string& state) {
      if (state != "completed")
        report.against(subject, cat("its registration with the fabric is ", state), "completed");
      else if (gpu.fabric_status.value_or(0) != 0)
        report.against(subject,
                       cat("its registration with the fabric failed with ", *gpu.fabric_status),
                       "completed");
    });
    const auto none = [&](const Fact<bool>& trouble, std::string_view what) {
      report.see(subject, trouble, [&](bool is_so) {
        if (is_so) report.against(subject, std::string(what));
      });
    };
    none(gpu.fabric_degraded_bandwidth, "the fabric gives it less bandwidth");
    none(gpu.fabric_route_unhealthy, "a route of the fabric to it is unhealthy");
    none(gpu.fabric_access_timeout, "the fabric reports access timeouts");
    report.see(subject, gpu.fabric_misconfigured, [&](std::uint64_t reason) {
      if (reason > 1) report.against(subject, cat("the fabric is misconfigured, reason ", reason));
    });
    report.see(subject, gpu.fabric_summary, [&](std::uint64_t summary) {
      if (summary == 2) report.against(subject, "the fabric calls it unhealthy");
      if (summary == 3) report.watch(subject, "the fabric has limited capacity");
    });
  });
}

/// Only GPUs on one module with their processor (GH200, GB200) have such links.
void chip_to_chip(Report& report) {
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    if (!gpu.c2c_links.known()) return;
    report.see(subject, gpu.c2c_active, [&](std::uint64_t active) {
      if (active < *gpu.c2c_links)
        report.against(subject,
                       cat(active, " links to its processor (C2C) are active"),
                       cat("all ", *gpu.c2c_links));
    });
  });
}

constexpr std::array nvlink_limits{Limit{"recoveries_per_hour", 0, "link recoveries an hour"},
                                   Limit{"replays_per_hour", 100, "replays an hour"},
                                   Limit{"crc_per_hour", 100, "CRC errors an hour"}};

constexpr auto rows = std::to_array<Check>({
    {"gpu.pcie_width",
     "each GPU has all its PCIe lanes, and the bridges above it",
     "NVML, PCI",
     before_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot; then reseat the GPU or its riser",
     {},
     pcie_width},
    {"gpu.pcie_gen",
     "each busy GPU runs its PCIe link at full speed",
     "NVML",
     periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot; then reseat the GPU or its riser",
     {},
     pcie_generation},
    {"gpu.pcie_replay",
     "PCIe links repeat few packets",
     "NVML, baseline",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::by_reboot,
     "reseat the GPU; look at the riser",
     {},
     pcie_replays},
    {"gpu.nvlink_state",
     "every NVLink is up",
     "NVML, class",
     always | in_job,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reset or reboot; then replace the GPU or its board",
     {},
     nvlink_state},
    {"gpu.nvlink_speed",
     "every NVLink runs at full speed",
     "NVML",
     periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reset or reboot",
     {},
     nvlink_speed},
    {"gpu.nvlink_err",
     "NVLinks have few errors",
     "NVML, baseline",
     after_job | periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "run the vendor's diagnosis",
     nvlink_limits,
     nvlink_errors},
    {"gpu.fabric",
     "each GPU is registered with a healthy fabric",
     "NVML",
     before_job | periodic | in_job,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "restart nvidia-fabricmanager",
     {},
     fabric},
    {"gpu.c2c",
     "every link between a GPU and its processor is up",
     "NVML, GPUs beside a Grace processor",
     before_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot; then replace the module",
     {},
     chip_to_chip},
});

}  // namespace

std::span<const Check> gpu_link_checks() { return rows; }

}  // namespace holdfast::health
