// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"
#include "cli/render/plan.hpp"
#include "holdfast/affinity/distance.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::cli {

namespace {

using affinity::Placement;
using affinity::Topology;

constexpr std::size_t columns = 6;
using Row = std::array<std::string, columns>;

std::string gpus_of(const Topology& topology, const Placement& place) {
  std::vector<std::string> names;
  for (const std::size_t index : place.gpus)
    names.push_back(place.gpus.size() == 1 ? cat(index, ' ', to_text(topology.gpus[index].id))
                                           : cat(index));
  return names.empty() ? "-" : join(names, ",");
}

std::string nics_of(const Topology& topology, const Placement& place) {
  std::vector<std::string> names;
  for (const std::size_t index : place.nics) {
    std::string name = topology.nics[index].name;
    if (place.gpus.size() == 1)
      name += cat(
          ' ',
          to_text(path_between(topology, topology.gpus[place.gpus.front()], topology.nics[index])));
    names.push_back(std::move(name));
  }
  return names.empty() ? "-" : join(names, ",");
}

Row row_of(const Topology& topology, const Placement& place) {
  const std::string numa = to_list(numa_of(topology, place));
  return {cat(place.rank.value),
          gpus_of(topology, place),
          nics_of(topology, place),
          numa.empty() ? "-" : numa,
          cat(place.cores.size()),
          to_list(place.pus)};
}

}  // namespace

CpuSet numa_of(const Topology& topology, const Placement& place) {
  CpuSet nodes;
  for (const std::size_t core : place.cores)
    if (const auto numa = topology.cores[core].numa) nodes.insert(numa->value);
  return nodes;
}

std::string draw_plan_table(const PlanView& view) {
  std::vector<Row> rows{{"RANK", "GPU", "NIC", "NUMA", "CORES", "PUS"}};
  for (const Placement& place : view.plan.ranks)
    rows.push_back(row_of(view.topology, place));
  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < columns; ++i)
      widths[i] = std::max(widths[i], width_of(row[i]));
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i)
      line += i + 1 == columns ? row[i] : padded(row[i], widths[i] + 2);
    out += cat(line, '\n');
  }
  return out;
}

std::string explain_environment(const std::vector<affinity::EnvironmentEdit>& edits) {
  std::string out;
  for (const affinity::EnvironmentEdit& edit : edits) {
    const auto* verb = edit.kept ? "keeps yours, not " : "";
    out += cat(
        "    ", verb, edit.name, '=', edit.value, "  (", edit.receiver, ": ", edit.reason, ")\n");
  }
  return out;
}

}  // namespace holdfast::cli
