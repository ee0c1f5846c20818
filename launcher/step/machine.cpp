// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/machine.hpp"

#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/step/node_map.hpp"

#include <fstream>
#include <string>

namespace holdfast::step {

namespace {

/// The numbers in a list file of sysfs; empty when it is not there.
CpuSet read_list(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  const auto set = parse_cpu_list(line);
  return set ? *set : CpuSet();
}

Result<affinity::Topology> read_fresh(const Settings& settings, const MachineWish& wish) {
  if (wish.topology) return affinity::read_topology_file(*wish.topology);
  if (settings.topology) return affinity::read_topology_file(*settings.topology);
  affinity::MachineSource source;
  source.root = wish.root;
  source.gpu_vendors = settings.gpu_vendors;
  return affinity::read_machine(source);
}

/// A map is out of date when the settings or the recorded machine it was made from changed.
std::string key_of(const Settings& settings) {
  std::vector<std::filesystem::path> made_from{settings_file};
  if (settings.topology) made_from.push_back(*settings.topology);
  return node_map_key(made_from);
}

Result<affinity::Topology> read_topology(const Settings& settings, const MachineWish& wish) {
  if (!wish.topology && !wish.fresh && wish.root == "/") {
    auto kept = read_node_map(node_map_file, key_of(settings));
    if (kept)
      return kept;  // else there is none worth using, and the hardware is read: slower, never wrong
  }
  return read_fresh(settings, wish);
}

/// Only for the one who asks: never for the node map, which every user's ranks believe.
void add_users_file(const std::filesystem::path& file, Machine& machine) {
  const auto placed = affinity::add_nccl_locality(file, machine.topology);
  if (!placed)
    machine.warning =
        cat("NCCL_TOPO_FILE is not used for placing ranks: ", placed.error().sentence());
  else
    machine.note = cat("NCCL_TOPO_FILE=",
                       file.string(),
                       " says what ",
                       *placed,
                       " of ",
                       machine.topology.gpus.size() + machine.topology.nics.size(),
                       " GPUs and NICs are near");
}

}  // namespace

std::optional<std::filesystem::path> nccl_topology_of(const affinity::Environment& environment) {
  const auto found = environment.find("NCCL_TOPO_FILE");
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<Machine> read_machine(const Settings& settings, const MachineWish& wish) {
  auto topology = read_topology(settings, wish);
  if (!topology) return topology.error();
  Machine machine{std::move(*topology), {}, {}, {}};
  if (settings.stand_in && settings.topology && !wish.topology) {
    machine.stand_in.real_pus = read_list(wish.root / "sys/devices/system/cpu/online");
    machine.stand_in.real_nodes = read_list(wish.root / "sys/devices/system/node/has_memory");
  }
  if (wish.nccl_topology && !wish.topology) add_users_file(*wish.nccl_topology, machine);
  return machine;
}

Result<void> write_this_node_map(const Settings& settings, const std::filesystem::path& file) {
  const auto topology = read_fresh(settings, {});
  if (!topology) return topology.error();
  return write_node_map(file, key_of(settings), *topology);
}

}  // namespace holdfast::step
