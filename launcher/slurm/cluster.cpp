// SPDX-License-Identifier: Apache-2.0
#include "holdfast/slurm/cluster.hpp"

#include "holdfast/common/text.hpp"
#include "slurm/fields.hpp"

#include <algorithm>

namespace holdfast::slurm {

namespace {

constexpr std::string_view no_accounting = "accounting_storage/none";

/// `scontrol show config` pads its names: "SLURM_VERSION           = 22.05.8".
std::string_view setting(std::string_view text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos && trim(line.substr(0, equals)) == name)
      return trim(line.substr(equals + 1));
  }
  return {};
}

bool has_word(std::string_view list, std::string_view word) {
  const auto words = split(list, ',');
  return std::ranges::count(words, word) != 0;
}

}  // namespace

ClusterFacts parse_cluster(std::string_view text) {
  ClusterFacts facts;
  const auto release = split(setting(text, "SLURM_VERSION"), '.');
  if (release.size() >= 2) {
    facts.year = parse_number<unsigned>(release[0]).value_or(0);
    facts.month = parse_number<unsigned>(release[1]).value_or(0);
  }
  const std::string_view storage = setting(text, "AccountingStorageType");
  facts.accounting = !storage.empty() && storage != no_accounting && storage != "(null)";
  facts.slurmd_port = parse_number<std::uint16_t>(setting(text, "SlurmdPort")).value_or(0);
  const bool knows_it = facts.year > 25 || (facts.year == 25 && facts.month >= 11);
  facts.expedites =
      knows_it && has_word(setting(text, "SlurmctldParameters"), "enable_expedited_requeue");
  return facts;
}

process::Command show_cluster() { return {{"scontrol", "show", "config"}, {}, {}, false}; }

std::map<std::string, std::string> parse_topology(std::string_view text) {
  std::map<std::string, std::string> leaf;
  for (const std::string_view line : split(text, '\n')) {
    std::string name = field(line, "BlockName");
    if (name.empty() && field(line, "Level") == "0") name = field(line, "SwitchName");
    if (name.empty()) continue;
    for (const std::string& node : hosts(field(line, "Nodes")))
      leaf.emplace(node, name);
  }
  return leaf;
}

process::Command show_topology() { return {{"scontrol", "show", "topology"}, {}, {}, false}; }

}  // namespace holdfast::slurm
