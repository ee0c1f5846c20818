// SPDX-License-Identifier: Apache-2.0
// Is every GPU there, and does it answer its driver.
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

bool has_nvidia(const Facts& facts) {
  const auto is_one = [](const PciFacts& pci) { return pci.kind == "gpu" && pci.vendor == "10de"; };
  return facts.pci.known() && std::ranges::any_of(*facts.pci, is_one);
}

void driver(Report& report) {
  report.see("", report.facts.gpu_driver.start, [&](const std::string& start) {
    if (start != "ok") report.against("", cat("the GPU driver says: ", start), "must start");
  });
  if (report.facts.gpu_driver.start.gap() == Gap::lacking &&
      !report.facts.gpu_driver.start.known() && has_nvidia(report.facts))
    report.against("", "there are NVIDIA GPUs and no driver library", "must start");
}

/// Of the maker whose driver answered: a processor's own graphics beside them is none of them.
std::size_t gpus_on_the_bus(const Facts& facts, const std::vector<GpuFacts>& answered) {
  if (!facts.pci.known()) return 0;
  const bool amd = !answered.empty() && answered.front().vendor == "amd";
  const std::string_view vendor = amd ? "1002" : "10de";
  return static_cast<std::size_t>(std::ranges::count_if(*facts.pci, [vendor](const PciFacts& pci) {
    return pci.kind == "gpu" && pci.vendor == vendor;
  }));
}

/// GPUs whose maker's driver nobody here asks: that it does not answer says nothing.
bool has_gpus_of_others(const Facts& facts) {
  return facts.pci.known() && std::ranges::any_of(*facts.pci, [](const PciFacts& pci) {
           return pci.kind == "gpu" && pci.vendor != "10de" && pci.vendor != "1002";
         });
}

/// Not one GPU answers. That there should be some only the class knows, or Slurm.
void none_answers(Report& report) {
  const Facts& facts = report.facts;
  if (!facts.gpus.asked()) return;
  const std::uint64_t promised = facts.slurm.gres_gpus.value_or(0);
  if (report.node.gpus > 0)
    report.against("", "no GPU driver answers", cat(report.node.gpus, " GPUs"));
  else if (promised > 0 && !has_gpus_of_others(facts))
    report.against("", "no GPU driver answers", cat(promised, " GPUs, as Slurm is told"));
}

void count(Report& report) {
  const Facts& facts = report.facts;
  const unsigned expected = report.node.gpus;
  if (facts.gpus.unseen()) return report.unseen("", facts.gpus.why());
  if (!facts.gpus.known()) return none_answers(report);
  const std::size_t bus = gpus_on_the_bus(facts, *facts.gpus);
  report.saw();
  const auto opened =
      static_cast<std::size_t>(std::ranges::count_if(*facts.gpus, [](const GpuFacts& gpu) {
        return !gpu.answer.known() || *gpu.answer != GpuAnswer::lost;
      }));
  if (opened < expected)
    report.against("", cat("GPUs that answer: ", opened), cat("at least ", expected));
  else if (opened < bus)
    report.against("", cat(opened, " GPUs answer of ", bus, " on the PCI bus"), "all of them");
}

std::string_view phrase(GpuAnswer answer) {
  switch (answer) {
    case GpuAnswer::lost:
      return "has fallen off the bus";
    case GpuAnswer::no_power:
      return "has too little power: a cable is loose";
    case GpuAnswer::interrupts:
      return "has trouble with its interrupts";
    case GpuAnswer::failing:
      return "does not answer its driver as it should";
    case GpuAnswer::answers:
    case GpuAnswer::reset_required:
    case GpuAnswer::corrupt_inforom:
      return {};
  }
  return {};
}

void lost(Report& report) {
  report.each(report.facts.gpus, [&](const GpuFacts& gpu) {
    const std::string subject = cat("GPU ", gpu.at);
    report.see(subject, gpu.answer, [&](GpuAnswer answer) {
      if (!phrase(answer).empty()) report.against(subject, std::string(phrase(answer)), "answers");
    });
  });
  report.each(report.facts.pci, [&](const PciFacts& pci) {
    if (pci.kind != "gpu" || !pci.gone.is(true)) return;
    const auto told = [&pci](const GpuFacts& gpu) {
      return gpu.at == pci.at && gpu.answer.is(GpuAnswer::lost);
    };
    // A job sees only its own GPUs in the driver and all of the node on the bus.
    if (report.tier == Tier::job && report.facts.gpus.known() &&
        std::ranges::find(*report.facts.gpus, pci.at, &GpuFacts::at) == report.facts.gpus->end())
      return;
    if (!report.facts.gpus.known() || std::ranges::none_of(*report.facts.gpus, told))
      report.against(cat("GPU ", pci.at), "reads all ones: it has fallen off the bus", "answers");
  });
}

void reset_required(Report& report) {
  report.each(report.facts.gpus, [&](const GpuFacts& gpu) {
    report.see(cat("GPU ", gpu.at), gpu.answer, [&](GpuAnswer answer) {
      if (answer == GpuAnswer::reset_required)
        report.against(cat("GPU ", gpu.at), "must be reset before it can go on");
    });
  });
}

void recovery(Report& report) {
  report.each(report.facts.gpus, [&](const GpuFacts& gpu) {
    const std::string subject = cat("GPU ", gpu.at);
    report.see(subject, gpu.recovery_action, [&](std::uint64_t action) {
      switch (action) {
        case 0:
          return;
        case 1:
          report.against(subject, "the driver asks for a reset of the GPU");
          return;
        case 2:
          report.against(subject, "the driver asks for a reboot").action = Action::reboot;
          return;
        case 3: {
          Finding& found = report.against(subject, "the driver asks to keep peers away from it");
          found.severity = Severity::unfit;
          found.action = Action::drain;
          return;
        }
        case 4:
          report.against(subject, "the driver asks to drain it and reset it");
          return;
        case 5: {
          Finding& found = report.against(subject, "the driver asks for a restart of IMEX");
          found.severity = Severity::unfit;
          found.action = Action::restart_service;
          return;
        }
        default:
          report.against(subject, cat("the driver asks for recovery action ", action)).severity =
              Severity::unfit;
      }
    });
  });
}

/// A GPU may work with it for long, so that a node with jobs is not drained for it; one that comes
/// from a repair has to be sound.
void inforom(Report& report) {
  const auto corrupt = [&report](const std::string& subject) {
    Finding& found = report.against(subject, "its InfoROM is corrupt");
    if (report.tier != Tier::return_to_service) found.severity = Severity::watch;
  };
  report.each_gpu([&](const GpuFacts& gpu, const std::string& subject) {
    if (gpu.answer.is(GpuAnswer::corrupt_inforom)) return corrupt(subject);
    report.see(subject, gpu.inforom_valid, [&](bool valid) {
      if (!valid) corrupt(subject);
    });
  });
}

/// The driver on disk was exchanged while the old one is loaded: the next job fails to start.
void driver_match(Report& report) {
  const GpuDriverFacts& driver = report.facts.gpu_driver;
  report.see("", driver.version, [&](const std::string& version) {
    if (driver.kernel_version.known() && *driver.kernel_version != version)
      report.against(
          "",
          cat("the driver's library is ", version, ", the loaded module ", *driver.kernel_version),
          "the same");
    else if (!report.node.driver.empty() && version != report.node.driver)
      report.against("", cat("the driver is ", version), report.node.driver);
  });
}

void device_nodes(Report& report) {
  report.see("", report.facts.gpu_driver.device_nodes, [&](const std::vector<DeviceNode>& nodes) {
    for (const DeviceNode& node : nodes)
      if (!node.there)
        report.against(node.path, "is not there");
      else if (!node.usable_by_all && node.usable_by_group)
        report.watch(node.path, "can be opened by the users of its group only");
      else if (!node.usable_by_all)
        report.against(node.path, "cannot be opened by every user");
  });
}

constexpr auto rows = std::to_array<Check>({
    {"gpu.driver",
     "the GPU driver starts",
     "NVML, PCI",
     always | in_job,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "load the driver; after an upgrade, reboot",
     {},
     driver},
    {"gpu.count",
     "as many GPUs answer as there should be",
     "NVML, PCI, class",
     always,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot once; then look at the slot",
     {},
     count},
    {"gpu.lost",
     "every GPU answers",
     "NVML, PCI configuration",
     always | in_job,
     Severity::fatal,
     Action::reboot,
     Clears::when_passing,
     "reboot; the second time within a day, replace it",
     {},
     lost},
    {"gpu.reset_required",
     "no GPU waits for a reset",
     "NVML",
     always | in_job,
     Severity::fatal,
     Action::reset_gpu,
     Clears::when_passing,
     "nvidia-smi --gpu-reset, or reboot",
     {},
     reset_required},
    {"gpu.recovery",
     "the driver asks for no recovery",
     "NVML field 230",
     always | in_job,
     Severity::fatal,
     Action::reset_gpu,
     Clears::when_passing,
     "do what the driver asks, then check again",
     {},
     recovery},
    {"gpu.inforom",
     "the InfoROM of each GPU is sound",
     "NVML; its checksum at return-to-service",
     periodic,
     Severity::unfit,
     Action::inspect,
     Clears::never,
     "run the vendor's diagnosis; have the part replaced",
     {},
     inforom},
    {"gpu.driver_match",
     "library, module and class name one driver",
     "NVML, /proc/driver/nvidia",
     before_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reload the driver or reboot after an upgrade",
     {},
     driver_match},
    {"gpu.devnodes",
     "the device files of the GPUs are there for every user",
     "/dev/nvidia*",
     before_job,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "run nvidia-modprobe -u -c 0, or start nvidia-persistenced",
     {},
     device_nodes},
});

}  // namespace

std::span<const Check> gpu_driver_checks() { return rows; }

}  // namespace holdfast::health
