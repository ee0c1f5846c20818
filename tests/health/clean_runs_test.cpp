// SPDX-License-Identifier: Apache-2.0
// A hundred thousand looks at healthy nodes whose numbers move as those of real nodes do: none is
// drained. What moves, and how far, is the list below; a limit that is set too sharp fails here.
#include "fault.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/actions.hpp"
#include "holdfast/health/learn.hpp"
#include "holdfast/health/verdict.hpp"

#include <random>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

class Noise {
 public:
  explicit Noise(unsigned seed) : engine_(seed) {}

  std::uint64_t upto(std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(engine_);
  }
  bool chance(double share) { return std::bernoulli_distribution(share)(engine_); }

  void stir(Facts& facts) {
    facts.at += 300;
    for (GpuFacts& gpu : *facts.gpus)
      stir(gpu);
    for (PciFacts& pci : *facts.pci)
      *pci.aer_correctable += upto(20);
    for (IbPortFacts& port : *facts.ib_ports)
      stir(port);
    Counters& net = *facts.nets->front().counters;
    net["rx_errors"] += upto(2);
    facts.memory.available_bytes = 1000 * gib + upto(900 * gib);
    facts.memory.large_free_blocks = 20 + upto(5000);
    facts.memory.edac->front().corrected =
        *facts.memory.edac->front().corrected + (chance(0.002) ? 1 : 0);
    facts.cpu.load_1m = static_cast<double>(upto(190));
    facts.system.clock_offset_us = static_cast<std::int64_t>(upto(20000)) - 10000;
    facts.system.zombies = upto(40);
    facts.system.files_open = 9000 + upto(100000);
    facts.system.blocked = std::vector<ProcessFacts>(upto(8), ProcessFacts{7, "dd", 1001, 5});
    for (MountFacts& mount : *facts.storage.mounts)
      if (mount.path != "/dev/shm") mount.bytes_free = 40 * gib + upto(900 * gib);
    if (chance(0.05)) program_fault(facts);
  }

 private:
  void stir(GpuFacts& gpu) {
    *gpu.ecc_corrected_volatile += upto(3000);
    *gpu.pcie_replays += upto(40);
    gpu.temperature_c = static_cast<std::int64_t>(30 + upto(45));
    gpu.temperature_margin_c = 87 - *gpu.temperature_c;
    gpu.memory_temperature_c = *gpu.temperature_c + static_cast<std::int64_t>(upto(18));
    gpu.utilization_percent = upto(100);
    gpu.power_mw = 70000 + *gpu.utilization_percent * 6000 + upto(40000);
    gpu.clock_event_reasons = chance(0.1) ? 0x4 : 0x1;
    gpu.performance_state = *gpu.utilization_percent == 0 ? 8 : 0;
    gpu.memory_used_bytes = upto(gib / 2);
    for (NvlinkFacts& link : *gpu.nvlinks)
      *link.replays += upto(1);
  }
  void stir(IbPortFacts& port) {
    Counters& counters = *port.counters;
    counters["symbol_error"] += upto(3);
    counters["port_rcv_errors"] += upto(50);
    counters["local_ack_timeout_err"] += upto(30);
    counters["port_xmit_data"] += upto(1ULL << 40);
  }
  void program_fault(Facts& facts) {
    KernelEvent event;
    event.kind = KernelEventKind::xid;
    event.code = 31;
    event.device = facts.gpus->at(upto(2)).at;
    event.at = facts.at - 10;
    event.severity = Severity::note;
    event.by_program = true;
    event.meaning = "page fault of a program";
    facts.kernel->push_back(event);
  }

  std::mt19937_64 engine_;
};

/// Three GPUs with four links each and two ports: more of the same say no more and take their time.
void shrink(Facts& facts) {
  facts.gpus->resize(3);
  for (GpuFacts& gpu : *facts.gpus)
    gpu.nvlinks->resize(4);
  facts.ib_ports->resize(2);
  facts.pci->resize(9);  // a GPU, its bridge and a NIC, three times
  facts.slurm.gres_gpus = 3;
}

#ifdef HOLDFAST_SANITIZED
constexpr unsigned runs_of_each = 100;  // it looks for other things than one chance in many
#else
constexpr unsigned runs_of_each = 2000;
#endif

TEST(CleanRuns, AHundredThousandDrainNothing) {
  constexpr unsigned nodes = 50;
  Facts small = healthy_node();
  shrink(small);
  const Limits limits{learn_class(small, "small"), {}};
  Policy policy;
  policy.mode = Mode::act;
  const Fleet fleet{{{"n17", false, true, "", ""}}};
  unsigned drains = 0;
  unsigned asked = 0;
  std::string first;
  for (unsigned node = 0; node < nodes; ++node) {
    Noise noise(node);
    Facts facts = healthy_node();
    shrink(facts);
    Baseline before = baseline_of(facts);
    for (unsigned run = 0; run < runs_of_each; ++run) {
      noise.stir(facts);
      const Tier tier = static_cast<Tier>(run % 3);
      const Findings findings = judge({facts, before, limits, tier}, {});
      const Decision decision = decide_actions(findings, fleet, "n17", {}, policy, facts.boot_id);
      if (decision.step == Decision::Step::drain && first.empty()) first = decision.reason;
      drains += decision.step == Decision::Step::drain || decision.refuse_job ? 1 : 0;
      asked += must_ask(findings, {}) ? 1 : 0;
      before = baseline_of(facts);
      facts.kernel->clear();
    }
  }
  EXPECT_EQ(drains, 0U) << first;
  EXPECT_EQ(asked, 0U) << "a healthy node asked Slurm";
}

}  // namespace
}  // namespace holdfast::health
