// SPDX-License-Identifier: Apache-2.0
// What the GPU drivers say in /proc and /sys, without their libraries: they may be absent, hang on
// a sick GPU, or hide what a cgroup hides.
#include "holdfast/affinity/read.hpp"
#include "holdfast/common/text.hpp"
#include "machine_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace holdfast::affinity {

namespace {

constexpr std::uint16_t nvidia = 0x10de;
constexpr std::uint16_t amd = 0x1002;
constexpr std::string_view nvidia_gpus = "proc/driver/nvidia/gpus";
constexpr std::string_view kfd_nodes = "sys/class/kfd/kfd/topology/nodes";

/// The value behind "Key:" in a file of "Key: value" lines.
std::string_view value_of(std::string_view text, std::string_view key) {
  for (const std::string_view line : split(text, '\n'))
    if (line.starts_with(key) && line.substr(key.size()).starts_with(':'))
      return trim(line.substr(key.size() + 1));
  return {};
}

/// The value in a file of "key value" lines, as KFD writes them.
std::optional<std::uint64_t> property(std::string_view text, std::string_view key) {
  for (const std::string_view line : split(text, '\n'))
    if (line.starts_with(key) && line.substr(key.size()).starts_with(' '))
      return parse_number<std::uint64_t>(trim(line.substr(key.size())));
  return std::nullopt;
}

/// Takes out the functions of a vendor that its driver did not list.
void keep_listed(Devices& devices, std::uint16_t vendor, const std::set<PciAddress>& listed) {
  for (PciFunction& function : devices.functions)
    // a function without vendor, class and names is nothing to anybody
    if (function.vendor == vendor && !listed.contains(function.at))
      function.vendor = function.class_code = 0;
}

/// Compute instances (gi1/ci0, …) of a GPU in MIG mode: each is a device to CUDA, the whole is
/// none.
unsigned mig_instances(const Sysfs& sysfs, unsigned minor) {
  unsigned instances = 0;
  const std::string mig = cat("proc/driver/nvidia/capabilities/gpu", minor, "/mig");
  for (const std::string& gpu_instance : sysfs.names(mig)) {
    if (!gpu_instance.starts_with("gi")) continue;
    for (const std::string& compute_instance : sysfs.names(cat(mig, '/', gpu_instance)))
      if (compute_instance.starts_with("ci")) ++instances;
  }
  return instances;
}

void add_nvidia_faces(const Sysfs& sysfs, const std::string& directory, PciFunction& function) {
  const std::string text = sysfs.text(cat(directory, "/information")).value_or("");
  GpuFace face;
  face.backend = GpuFace::Backend::nvidia_driver;
  face.model = value_of(text, "Model");
  face.uuid = value_of(text, "GPU UUID");
  // a driver that has not yet initialized the GPU writes question marks
  if (face.uuid.find('?') != std::string::npos) face.uuid.clear();
  face.minor = parse_number<unsigned>(value_of(text, "Device Minor"));
  const unsigned instances = face.minor ? mig_instances(sysfs, *face.minor) : 0;
  if (instances == 0) {
    function.gpus.push_back(std::move(face));
    return;
  }
  face.uuid.clear();  // an instance has its own, which only NVML tells
  face.model += " MIG";
  for (face.number = 0; face.number < instances; ++face.number)
    function.gpus.push_back(face);
}

std::string amd_uuid(std::uint64_t unique_id) {
  if (unique_id == 0) return {};
  std::string digits(16, '0');
  std::array<char, 16> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), unique_id, 16).ptr;
  const std::string_view number(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  digits.replace(digits.size() - number.size(), number.size(), number);
  return cat("GPU-", digits);
}

/// A GPU of KFD's node list. The bits 31..28 of location_id number the partitions of one function.
PciAddress kfd_address(std::string_view properties) {
  const auto location = property(properties, "location_id").value_or(0);
  return {static_cast<std::uint32_t>(property(properties, "domain").value_or(0)),
          static_cast<std::uint8_t>(location >> 8U & 0xffU),
          static_cast<std::uint8_t>(location >> 3U & 0x1fU),
          static_cast<std::uint8_t>(location & 0x7U)};
}

/// The device file of a GPU, where we know it: NVIDIA's, of a whole GPU. A MIG instance has further
/// ones, and AMD's driver hides by itself what a cgroup hides.
std::optional<std::string> device_file(const Gpu& gpu) {
  if (gpu.vendor != Vendor::nvidia || gpu.id.partition || !gpu.minor) return std::nullopt;
  return cat("dev/nvidia", *gpu.minor);
}

}  // namespace

std::vector<GpuId> read_closed_gpus(const Topology& topology, const std::filesystem::path& root) {
  const Sysfs files(root);
  std::vector<GpuId> closed;
  bool some_are_there = false;
  for (const Gpu& gpu : topology.gpus) {
    const auto file = device_file(gpu);
    if (!file) continue;
    some_are_there = some_are_there || files.exists(*file);
    if (!files.may_open(*file)) closed.push_back(gpu.id);
  }
  // No device file at all: this is not where the ranks will run, or the files have other names.
  if (!some_are_there) closed.clear();
  return closed;
}

void read_nvidia_gpus(const Sysfs& sysfs, PciFunctions& functions) {
  if (!sysfs.exists(std::string(nvidia_gpus))) return;
  std::set<PciAddress> listed;
  for (const std::string& name : sysfs.names(std::string(nvidia_gpus))) {
    const auto at = parse_pci_address(name);
    if (!at) continue;
    listed.insert(*at);
    if (PciFunction* function = functions.find(*at))
      add_nvidia_faces(sysfs, cat(nvidia_gpus, '/', name), *function);
  }
  keep_listed(functions.devices(), nvidia, listed);
}

void read_amd_gpus(const Sysfs& sysfs, PciFunctions& functions) {
  if (!sysfs.exists(std::string(kfd_nodes))) return;
  std::set<PciAddress> listed;
  bool hidden = false;
  for (const std::string& name : sysfs.names(std::string(kfd_nodes))) {
    const std::string directory = cat(kfd_nodes, '/', name);
    const auto properties = sysfs.text(cat(directory, "/properties"));
    const auto number = parse_number<unsigned>(name);
    if (!properties || properties->empty() || !number) {
      hidden = true;  // the device cgroup keeps GPUs of other jobs from being read
      continue;
    }
    if (property(*properties, "simd_count").value_or(0) == 0) continue;  // a CPU
    const PciAddress at = kfd_address(*properties);
    listed.insert(at);
    PciFunction* function = functions.find(at);
    if (function == nullptr) continue;
    GpuFace face;
    face.backend = GpuFace::Backend::kfd;
    face.number = *number;
    face.uuid = amd_uuid(property(*properties, "unique_id").value_or(0));
    face.model = sysfs.text(cat(directory, "/name")).value_or("");
    if (const auto minor = property(*properties, "drm_render_minor"))
      face.minor = static_cast<unsigned>(*minor);
    function->gpus.push_back(std::move(face));
  }
  if (!hidden) keep_listed(functions.devices(), amd, listed);
}

}  // namespace holdfast::affinity
