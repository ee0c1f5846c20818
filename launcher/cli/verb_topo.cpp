// SPDX-License-Identifier: Apache-2.0
// `holdfast topo`: this node or a recorded one, drawn, as JSON, or compared with another.
#include "cli/node_difference.hpp"
#include "cli/planning.hpp"
#include "cli/printable.hpp"
#include "cli/render/svg.hpp"
#include "cli/render/tree.hpp"
#include "cli/result_file.hpp"
#include "cli/verbs.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/step/machine.hpp"
#include "holdfast/step/node_map.hpp"
#include "holdfast/step/settings.hpp"

#include <array>
#include <filesystem>

namespace holdfast::cli {

using affinity::Topology;

namespace {

constexpr std::array options_of_topo{
    OptionSpec{.name = "topology",
               .takes = Takes::file,
               .argument = "FILE",
               .help = "a recorded machine: hwloc XML, NCCL topology XML or holdfast JSON"},
    OptionSpec{.name = "svg",
               .takes = Takes::file,
               .argument = "FILE",
               .help = "write a drawing; \"-\" is standard output"},
    OptionSpec{.name = "json",
               .takes = Takes::nothing,
               .argument = "",
               .help = "print JSON, which --topology reads again"},
    OptionSpec{.name = "diff",
               .takes = Takes::nothing,
               .argument = "",
               .help = "say how node B differs from node A; B left out is this node"},
    OptionSpec{.name = "strict-ids",
               .takes = Takes::nothing,
               .argument = "",
               .help = "with --diff: UUIDs must be equal too"},
    OptionSpec{.name = "config",
               .takes = Takes::file,
               .argument = "FILE",
               .help = "settings instead of /etc/holdfast/holdfast.toml"},
    OptionSpec{.name = "write-node-map",
               .takes = Takes::nothing,
               .argument = "",
               .help = "read the hardware and keep it for every step until the next boot (root)"},
    OptionSpec{.name = "node-map",
               .takes = Takes::file,
               .argument = "FILE",
               .help = "where the node map is written",
               .hidden = true},
    OptionSpec{.name = "sysroot",
               .takes = Takes::directory,
               .argument = "DIR",
               .help = "where sys, proc and etc are read",
               .hidden = true},
};

Failure misuse(std::string what, std::string remedy) {
  return {FailureKind::bad_input, std::move(what), std::move(remedy), {}};
}

/// Options that ask for different things at once.
std::optional<Failure> contradiction(const ParsedOptions& options) {
  const bool diff = options.has("diff");
  const auto clash = [](std::string_view a, std::string_view b) {
    return misuse(cat("--", a, " and --", b, " exclude each other"), "ask for one of them");
  };
  if (options.has("write-node-map"))
    for (const std::string_view other : {"topology", "svg", "json", "diff", "config"})
      if (options.has(other)) return clash("write-node-map", other);
  if (diff)
    for (const std::string_view other : {"topology", "svg"})
      if (options.has(other)) return clash("diff", other);
  if (options.has("json") && options.has("svg")) return clash("json", "svg");
  if (options.has("strict-ids") && !diff)
    return misuse("--strict-ids belongs to --diff", "add --diff or leave it out");
  if (diff && options.operands().empty())
    return misuse("--diff needs the nodes to compare", "write --diff A B");
  if (!diff && !options.operands().empty())
    return misuse(cat('"', options.operands().front(), "\" is one word too many"),
                  "a recorded machine is named by --topology FILE");
  return std::nullopt;
}

/// The site's settings are read only where they matter: a broken file there must not keep anybody
/// from looking at a recording.
Result<Topology> read_this_node(const ParsedOptions& options, Caller& caller) {
  step::MachineWish wish;
  // Nodes are compared as they are, not as one user would have his ranks placed on them.
  if (!options.has("diff")) wish.nccl_topology = step::nccl_topology_of(caller.environment);
  wish.fresh = true;  // who looks wants the hardware as it is, not as it was at boot
  if (const auto root = options.value("sysroot")) wish.root = *root;
  const auto file = wish.root / std::filesystem::path(step::settings_file).relative_path();
  const auto settings = read_site_settings(options, file);
  if (!settings) return settings.error();
  auto machine = step::read_machine(*settings, wish);
  if (!machine) return machine.error();
  if (!machine->warning.empty()) caller.voice.warning(machine->warning);
  if (!machine->note.empty()) machine->topology.origin += cat("; ", machine->note);
  return std::move(machine->topology);
}

Result<ExitStatus> run_diff(const ParsedOptions& options, Caller& caller) {
  const std::string& file_a = options.operands().front();
  const bool with_file = options.operands().size() > 1;
  const auto a = affinity::read_topology_file(file_a);
  if (!a) return a.error();
  const auto b = with_file ? affinity::read_topology_file(options.operands().back())
                           : read_this_node(options, caller);
  if (!b) return b.error();
  const NamedNode first{printable(file_a), *a};
  const NamedNode second{with_file ? printable(options.operands().back()) : "this node", *b};
  const auto differences = differences_between(first, second, options.has("strict-ids"));
  if (options.has("json"))
    caller.out << to_json(first, second, differences);
  else if (differences.empty())
    caller.out << first.name << " and " << second.name << " are alike\n";
  else
    for (const Difference& difference : differences)
      caller.out << difference.sentence << '\n';
  return differences.empty() ? ExitStatus::ok : ExitStatus::negative;
}

Result<ExitStatus> run_write_node_map(const ParsedOptions& options) {
  const auto settings = step::read_settings(step::settings_file);
  if (!settings) return settings.error();
  const auto written =
      step::write_this_node_map(*settings, options.value("node-map").value_or(step::node_map_file));
  if (!written) return written.error();
  return ExitStatus::ok;
}

Result<ExitStatus> run_topo(const ParsedOptions& options, Caller& caller) {
  if (auto failure = contradiction(options)) return *std::move(failure);
  if (options.has("write-node-map")) return run_write_node_map(options);
  if (options.has("diff")) return run_diff(options, caller);
  const auto file = options.value("topology");
  const auto topology =
      file ? affinity::read_topology_file(*file) : read_this_node(options, caller);
  if (!topology) return topology.error();
  if (options.has("json")) {
    caller.out << affinity::to_json(*topology) << '\n';
    return ExitStatus::ok;
  }
  if (const auto drawing = options.value("svg")) {
    const auto written = write_result(caller, *drawing, draw_svg(*topology, nullptr));
    if (!written) return written.error();
    return ExitStatus::ok;
  }
  caller.out << draw_tree(*topology, caller.looks);
  return ExitStatus::ok;
}

}  // namespace

const Verb topo_verb{
    .name = "topo",
    .summary = "draw this node or a recorded one, or say how two nodes differ",
    .about =
        "Draws packages, NUMA nodes, cores, GPUs, NICs and the PCI paths between them. With "
        "--diff:\n"
        "exit status 0 when the nodes are alike, 1 when they differ.",
    .operands = {.shown = "[A [B]]", .at_most = 2, .is_command = false},
    .options = options_of_topo,
    .examples =
        "holdfast topo --svg node.svg\n"
        "holdfast topo --json > good.json\n"
        "holdfast topo --diff good.json",
    .run = run_topo,
};

}  // namespace holdfast::cli
