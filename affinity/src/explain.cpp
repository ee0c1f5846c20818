// SPDX-License-Identifier: Apache-2.0
// The text of `plan --explain`.
#include "holdfast/affinity/explain.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace holdfast::affinity {

namespace {

/// NICs shown for one GPU besides its own: enough to see the runners-up, few enough to read.
constexpr std::size_t alternatives = 3;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string cores_line(const Placement& rank, const CoreCount& count) {
  std::string line = cat("  cores   ", rank.cores.size(), " (PU ", to_list(rank.pus), ")");
  if (rank.gpus.empty()) return line + "\n";
  line += cat(": ", count.local, " local");
  const std::array<std::pair<std::size_t, std::string_view>, 3> far{
      {{count.other_l3, "behind another L3 cache"},
       {count.other_numa, "on another NUMA node"},
       {count.other_package, "in another package"}}};
  for (const auto& [cores, place] : far)
    if (cores != 0) line += cat(", ", cores, ' ', place);
  return line + "\n";
}

std::string gpu_lines(const Topology& topology, const GpuView& view) {
  const Gpu& gpu = topology.gpus[view.gpu];
  std::string lines = cat("  GPU ", view.gpu, "   ", to_text(gpu.id));
  if (!gpu.model.empty()) lines += cat(", ", gpu.model);
  lines += "\n";
  std::size_t shown = 0;
  std::size_t hidden = 0;
  for (const NicView& nic : view.nics) {
    const bool serves = nic.reason.empty();
    if (!serves && shown == alternatives) {
      ++hidden;
      continue;
    }
    shown += serves ? 0 : 1;
    lines += cat("    ",
                 padded(topology.nics[nic.nic].name, 12),
                 ' ',
                 padded(std::string(to_text(nic.path)), 4),
                 ' ',
                 serves ? "serves it" : nic.reason,
                 "\n");
  }
  if (hidden != 0) lines += cat("    and ", hidden, " more, none nearer than these\n");
  return lines;
}

std::string memory_line(const MemoryPolicy& memory) {
  switch (memory.kind) {
    case MemoryPolicy::Kind::unchanged:
      break;
    case MemoryPolicy::Kind::preferred:
      return cat("  memory  from NUMA node ", to_list(memory.nodes), " first\n");
    case MemoryPolicy::Kind::preferred_many:
      return cat("  memory  from NUMA nodes ", to_list(memory.nodes), " first\n");
  }
  return "  memory  as the kernel gives it\n";
}

std::string cost_lines(const Cost& cost) {
  const std::array<std::pair<double, std::string_view>, 7> terms{
      {{cost.unserved, "share of ranks without PU or GPU (counts 10)"},
       {cost.distance,
        "mean distance of cores from GPUs: 0 local, 1 other NUMA node, 2 other "
        "package (counts 1)"},
       {cost.idle, "share of cores without rank (counts 0.5)"},
       {cost.imbalance, "1 - fewest/most cores per rank (counts 0.5)"},
       {cost.oversharing, "ranks per GPU beyond a fair share (counts 0.5)"},
       {cost.nic_weight,
        "mean path from GPU to NIC: 1 PIX, 2 PXB, 3 PHB, 4 NODE, 6 to 8 SYS "
        "(counts 0.25)"},
       {cost.nic_overload, "GPUs per NIC beyond a fair share (counts 0.5)"}}};
  std::string lines = cat("cost ",
                          decimal(cost.total(), 3),
                          ", without NICs ",
                          decimal(cost.binding(), 3),
                          " (lower is better)\n");
  for (const auto& [value, meaning] : terms)
    lines += cat("  ", decimal(value, 3), "  ", meaning, "\n");
  return lines;
}

}  // namespace

std::string explain(const Topology& topology,
                    const Grant& grant,
                    const Wish& wish,
                    const Plan& plan) {
  const Explanation all = explanation_of(topology, grant, wish, plan);
  std::string text;
  for (std::size_t i = 0; i < plan.ranks.size(); ++i) {
    const Placement& rank = plan.ranks[i];
    text += cat("rank ", rank.rank.value, ": ", rank.why, "\n");
    text += cores_line(rank, all.ranks[i].cores);
    for (const GpuView& gpu : all.ranks[i].gpus)
      text += gpu_lines(topology, gpu);
    text += memory_line(rank.memory);
  }
  for (const std::string& note : plan.notes)
    text += cat("note: ", note, "\n");
  return text + cost_lines(all.cost);
}

}  // namespace holdfast::affinity
