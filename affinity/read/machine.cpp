// SPDX-License-Identifier: Apache-2.0
// This machine as a topology: CPUs first, then devices near them. Where the kernel does not know
// what devices are near (a VM), the cloud's NCCL topology file may.
#include "file.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "machine_parts.hpp"
#include "nccl_xml.hpp"

#include <algorithm>

namespace holdfast::affinity {

namespace {

bool is_known(const Locality& near) { return near.numa || !near.pus.empty(); }

/// Copies a bridge and those above it from the file's tree; gives its new index.
std::optional<std::size_t> copy_bridge(const Devices& from,
                                       std::optional<std::size_t> bridge,
                                       Devices& to,
                                       std::map<std::size_t, std::size_t>& copied) {
  if (!bridge) return std::nullopt;
  if (const auto done = copied.find(*bridge); done != copied.end()) return done->second;
  BridgeSeen seen = from.bridges[*bridge];
  seen.parent = copy_bridge(from, seen.parent, to, copied);
  to.bridges.push_back(std::move(seen));
  copied[*bridge] = to.bridges.size() - 1;
  return to.bridges.size() - 1;
}

/// Gives functions of unknown locality the place the file has for them. Both the NUMA node and the
/// switches come from the file: what a hypervisor shows of either is invented together.
void place_by_file(const NcclFile& file, const Topology& topology, Devices& devices) {
  const CpuSet all = topology.pus();
  std::map<std::size_t, std::size_t> copied;
  for (PciFunction& function : devices.functions) {
    if (is_known(function.near)) continue;
    const auto told = std::ranges::find(file.devices.functions, function.at, &PciFunction::at);
    if (told == file.devices.functions.end() || !told->near.numa) continue;
    function.near = locality_near(topology, all, told->near.pus, {*told->near.numa});
    function.near.numa = told->near.numa;
    function.bridge = copy_bridge(file.devices, told->bridge, devices, copied);
  }
}

/// Reads the file and uses it. A file that is broken must not keep a job from running: it is left
/// out, and the topology's origin says so.
std::string add_file_locality(const std::filesystem::path& path,
                              const Topology& topology,
                              Devices& devices) {
  const auto text = read_text_file(path);
  if (!text) return {};
  const auto root = parse_xml(*text, path.string());
  if (root && root->name == "system")
    if (const auto file = nccl_file(*root)) {
      place_by_file(*file, topology, devices);
      return cat(" with ", path.string());
    }
  return cat(" without ", path.string(), ", which is no readable NCCL topology");
}

std::vector<std::uint16_t> vendor_numbers(const std::vector<std::string>& vendors) {
  std::vector<std::uint16_t> numbers;
  for (const std::string& vendor : vendors)
    if (const auto number = parse_number<std::uint16_t>(vendor, 16)) numbers.push_back(*number);
  return numbers;
}

}  // namespace

Result<Topology> read_machine(const MachineSource& source) {
  const Sysfs sysfs(source.root);
  auto parts = read_cpus(sysfs);
  if (!parts) return parts.error();
  Topology topology;
  topology.origin = source.root == "/" ? "this machine" : cat("machine in ", source.root.string());
  add_cpus(topology, std::move(*parts));

  PciFunctions functions(sysfs, topology);
  functions.read_all();
  read_nvidia_gpus(sysfs, functions);
  read_amd_gpus(sysfs, functions);
  read_nics(sysfs, functions);
  Devices& devices = functions.devices();
  devices.gpu_vendors = vendor_numbers(source.gpu_vendors);
  const bool all_known = std::ranges::all_of(
      devices.functions, [](const PciFunction& function) { return is_known(function.near); });
  if (!all_known) {
    const std::filesystem::path file =
        source.nccl_topology.empty() ? source.root / "var/run/nvidia-topologyd/virtualTopology.xml"
                                     : source.nccl_topology;
    topology.origin += add_file_locality(file, topology, devices);
  }
  add_devices(topology, devices);
  if (auto failure = inconsistency(topology)) return std::move(*failure).within(topology.origin);
  return topology;
}

}  // namespace holdfast::affinity
