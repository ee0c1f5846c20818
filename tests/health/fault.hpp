// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "healthy_node.hpp"
#include "holdfast/health/check.hpp"

#include <span>
#include <string_view>

namespace holdfast::health {

/// A node on which one thing is wrong.
struct Node {
  Facts facts = healthy_node();
  NodeClass node = healthy_class();
  Baseline before = baseline_of(healthy_node());

  GpuFacts& gpu() { return facts.gpus->at(2); }
  IbPortFacts& port() { return facts.ib_ports->at(3); }
  PciFacts& pci(std::string_view at);
  MountFacts& mount(std::string_view path);
  /// Puts GPU 2 and its neighbours behind a switch whose link to the root port has so many lanes of
  /// so many.
  void behind_a_switch(std::uint64_t most, std::uint64_t lanes);
  /// GPUs on cards, not behind NVSwitches, each with so many links that lead somewhere.
  void on_cards(std::size_t links);
  KernelEvent& event(KernelEventKind kind, Severity severity, Action action);
};

/// One row of the fault matrix: a check, a state, and what is to be said of it.
struct Fault {
  std::string_view check;
  std::string_view state;  ///< in the name of the test
  Severity severity;
  Action action;
  void (*make)(Node& node);
};

[[nodiscard]] std::span<const Fault> gpu_faults();
[[nodiscard]] std::span<const Fault> link_faults();
[[nodiscard]] std::span<const Fault> host_faults();

}  // namespace holdfast::health
