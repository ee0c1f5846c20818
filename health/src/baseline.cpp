// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/baseline.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::health {

namespace {

/// Collects counters under "SUBJECT NAME"; those without a value are left out.
class Collection {
 public:
  explicit Collection(Baseline& into) : into_(into) {}

  void add(std::string_view subject, std::string_view name, const Fact<std::uint64_t>& counter) {
    if (counter.known()) into_.counters[counter_name(subject, name)] = *counter;
  }
  void add(std::string_view subject, const Fact<Counters>& counters) {
    if (!counters.known()) return;
    for (const auto& [name, value] : *counters)
      into_.counters[counter_name(subject, name)] = value;
  }

 private:
  Baseline& into_;
};

void add_gpu(Collection& all, const GpuFacts& gpu) {
  all.add(gpu.at, "ecc_uncorrected_volatile", gpu.ecc_uncorrected_volatile);
  all.add(gpu.at, "ecc_corrected_volatile", gpu.ecc_corrected_volatile);
  all.add(gpu.at, "pcie_replays", gpu.pcie_replays);
  all.add(gpu.at, "pcie_rollovers", gpu.pcie_rollovers);
  all.add(gpu.at, "pcie_fatal", gpu.pcie_fatal);
  if (!gpu.nvlinks.known()) return;
  for (const NvlinkFacts& link : *gpu.nvlinks) {
    const std::string subject = cat(gpu.at, "/", link.link);
    all.add(subject, "replays", link.replays);
    all.add(subject, "recoveries", link.recoveries);
    all.add(subject, "crc_errors", link.crc_errors);
  }
}

}  // namespace

std::string counter_name(std::string_view subject, std::string_view name) {
  return cat(subject, ' ', name);
}

Baseline baseline_of(const Facts& facts) {
  Baseline made{facts.boot_id, facts.at, {}};
  Collection all(made);
  if (facts.gpus.known())
    for (const GpuFacts& gpu : *facts.gpus)
      add_gpu(all, gpu);
  if (facts.pci.known())
    for (const PciFacts& pci : *facts.pci) {
      all.add(pci.at, "aer_correctable", pci.aer_correctable);
      all.add(pci.at, "aer_nonfatal", pci.aer_nonfatal);
      all.add(pci.at, "aer_fatal", pci.aer_fatal);
    }
  if (facts.ib_ports.known())
    for (const IbPortFacts& port : *facts.ib_ports) {
      const std::string subject = cat(port.device, '/', port.port);
      all.add(subject, port.counters);
      // no counter, but how it was: one that is not active at two looks is not so for a moment
      if (port.state.known())
        all.add(subject, "not_active", Fact<std::uint64_t>(port.state.is("ACTIVE") ? 0 : 1));
    }
  if (facts.nets.known())
    for (const NetFacts& net : *facts.nets)
      all.add(net.name, net.counters);
  if (facts.memory.edac.known())
    for (const EdacFacts& edac : *facts.memory.edac) {
      all.add(edac.controller, "corrected", edac.corrected);
      all.add(edac.controller, "uncorrected", edac.uncorrected);
    }
  all.add("cpu", "throttled", facts.cpu.throttled);
  all.add("event_log", "entries", facts.system.event_log_entries);
  return made;
}

std::optional<std::uint64_t> growth(const Baseline& before,
                                    const Facts& now,
                                    std::string_view counter,
                                    std::uint64_t value) {
  // The service processor's log outlives a boot; all other counters begin with it.
  const bool outlives = counter.starts_with("event_log ");
  if (before.boot_id.empty() || (before.boot_id != now.boot_id && !outlives)) return std::nullopt;
  const auto found = before.counters.find(counter);
  if (found == before.counters.end()) return std::nullopt;
  return value < found->second ? value : value - found->second;
}

}  // namespace holdfast::health
