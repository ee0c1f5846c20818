// SPDX-License-Identifier: Apache-2.0
// What GPUs need around them: the fabric's service, AMD's compute driver, bridges that let peers
// speak to each other.
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

bool has(const Facts& facts, std::string_view kind) {
  return facts.pci.known() &&
         std::ranges::any_of(*facts.pci, [kind](const PciFacts& pci) { return pci.kind == kind; });
}

bool all_are_registered(const Facts& facts) {
  return facts.gpus.known() && !facts.gpus->empty() &&
         std::ranges::all_of(*facts.gpus, [](const GpuFacts& gpu) {
           return gpu.fabric_state.is("completed") && gpu.fabric_status.value_or(0) == 0;
         });
}

/// Where there are NVSwitches nothing runs without it, whether a class says so or not. It may run
/// where this node's services do not tell of it: in a container of its own, or on a host around
/// this one.
void fabric_manager(Report& report) {
  if (!has(report.facts, "nvswitch")) return;
  const auto& services = report.facts.system.services;
  if (services.unseen()) return report.unseen("", services.why());
  if (!services.known() || services->empty()) return;
  const auto service = services->find("nvidia-fabricmanager");
  if (service == services->end()) {
    if (!all_are_registered(report.facts))
      report.unseen("", "there are NVSwitches, and no service nvidia-fabricmanager is installed");
    return;
  }
  report.saw();
  if (!service->second)
    report.against("", "there are NVSwitches, and nvidia-fabricmanager does not run", "runs");
}

void compute_driver(Report& report) {
  const Facts& facts = report.facts;
  if (!facts.gpus.known()) return;
  const auto gpus = static_cast<std::uint64_t>(
      std::ranges::count_if(*facts.gpus, [](const GpuFacts& gpu) { return gpu.vendor == "amd"; }));
  if (gpus == 0) return;
  const Fact<std::uint64_t>& nodes = facts.gpu_driver.compute_nodes;
  if (!nodes.known() && nodes.asked() && !nodes.unseen())
    return void(report.against("", "the compute driver (KFD) is not there", cat(gpus, " GPUs")));
  report.see("", nodes, [&](std::uint64_t seen) {
    if (seen < gpus)
      report.against("", cat("GPUs in the compute driver (KFD): ", seen), cat("all ", gpus));
  });
}

/// Only bridges above a GPU that shares them with something else matter, and those are few: all are
/// named, and the finding is no more than a watch, for a virtual machine needs the redirection.
void peer_to_peer(Report& report) {
  if (!has(report.facts, "gpu")) return;
  report.each(report.facts.pci, [&](const PciFacts& pci) {
    if (pci.kind != "bridge") return;
    report.see(pci.at, pci.redirects, [&](bool redirects) {
      if (redirects)
        report.against(
            pci.at, "ACS sends what GPUs and NICs say to each other through the root", "off");
    });
  });
}

constexpr auto rows = std::to_array<Check>({
    {"gpu.fabricmanager",
     "the service of the NVSwitches runs",
     "PCI, cgroups of systemd",
     before_job | periodic,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "systemctl restart nvidia-fabricmanager",
     {},
     fabric_manager},
    {"gpu.kfd",
     "AMD's compute driver knows every GPU",
     "/sys/class/kfd, /sys/class/drm",
     before_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "load amdgpu anew, or reboot",
     {},
     compute_driver},
    {"gpu.pcie_p2p",
     "bridges let GPUs and NICs reach each other",
     "PCI configuration (ACS)",
     repair,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "switch ACS redirection off where the node is no host of virtual machines",
     {},
     peer_to_peer},
});

}  // namespace

std::span<const Check> gpu_around_checks() { return rows; }

}  // namespace holdfast::health
