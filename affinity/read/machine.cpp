// SPDX-License-Identifier: Apache-2.0
// This machine as a topology: CPUs first, then devices near them. Where the kernel does not know
// what devices are near (a VM), the cloud's NCCL topology file may.
#include "file_locality.hpp"
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "machine_parts.hpp"

#include <algorithm>

namespace holdfast::affinity {

namespace {

bool is_known(const Locality& near) { return near.numa || !near.pus.empty(); }

/// The file clouds install for their VMs. One that is broken must not keep a job from running: it
/// is left out, and the topology's origin says so.
std::string add_cloud_file(const std::filesystem::path& path, Topology& topology) {
  const auto file = read_nccl_file(path);
  if (!file && file.error().kind == FailureKind::not_found) return {};
  if (!file) return cat(" without ", path.string(), ", which is no readable NCCL topology");
  place_by_file(*file, Trust::machine, topology);
  return cat(" with ", path.string());
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
  add_devices(topology, devices);
  if (!all_known)
    topology.origin +=
        add_cloud_file(source.root / "var/run/nvidia-topologyd/virtualTopology.xml", topology);
  if (auto failure = inconsistency(topology)) return std::move(*failure).within(topology.origin);
  return topology;
}

}  // namespace holdfast::affinity
