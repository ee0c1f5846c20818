// SPDX-License-Identifier: Apache-2.0
#include "fake_sysfs.hpp"

#include "holdfast/common/text.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace holdfast::testing {

namespace {

/// A set as a kernel mask: one hexadecimal number, which is enough for 64 CPUs.
std::string mask(const CpuSet& set) {
  constexpr std::string_view letters = "0123456789abcdef";
  std::string out;
  for (unsigned digit = 16; digit-- > 0;) {
    unsigned value = 0;
    for (unsigned bit = 0; bit < 4; ++bit)
      if (set.contains(digit * 4 + bit)) value |= 1U << bit;
    out += letters[value];
    if (digit == 8) out += ',';
  }
  return out;
}

}  // namespace

FakeSysfs& FakeSysfs::file(const std::string& path, std::string_view text) {
  const std::filesystem::path file = root_ / path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text << '\n';
  return *this;
}

FakeSysfs& FakeSysfs::link(const std::string& path, const std::string& target) {
  const std::filesystem::path file = root_ / path;
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::create_symlink(target, file);
  return *this;
}

FakeSysfs& FakeSysfs::cpus(const Cpus& shape) {
  const unsigned cores = shape.packages * shape.cores;
  const unsigned all = cores * shape.threads;
  const std::string system = "sys/devices/system";
  for (const char* name : {"online", "possible", "present"})
    file(cat(system, "/cpu/", std::string_view{name}), to_list(CpuSet::range(0, all)));
  file(cat(system, "/node/online"), to_list(CpuSet::range(0, shape.packages)));
  file("proc/cpuinfo", "");
  for (unsigned package = 0; package < shape.packages; ++package) {
    CpuSet in_package;
    for (unsigned thread = 0; thread < shape.threads; ++thread) {
      const unsigned first = thread * cores + package * shape.cores;
      in_package |= CpuSet::range(first, first + shape.cores);
    }
    nodes_.push_back(in_package);
    const std::string node = cat(system, "/node/node", package);
    file(cat(node, "/cpumap"), mask(in_package));
    file(cat(node, "/meminfo"), cat("Node ", package, " MemTotal: 1024000 kB"));
    for (const unsigned pu : in_package) {
      CpuSet siblings;
      for (unsigned thread = 0; thread < shape.threads; ++thread)
        siblings.insert(pu % cores + thread * cores);
      const std::string cpu = cat(system, "/cpu/cpu", pu);
      file(cat(cpu, "/topology/physical_package_id"), cat(package));
      file(cat(cpu, "/topology/core_id"), cat(pu % cores));
      file(cat(cpu, "/topology/core_cpus"), mask(siblings));
      file(cat(cpu, "/topology/package_cpus"), mask(in_package));
      file(cat(cpu, "/cache/index3/level"), "3");
      file(cat(cpu, "/cache/index3/type"), "Unified");
      file(cat(cpu, "/cache/index3/size"), "32768K");
      file(cat(cpu, "/cache/index3/shared_cpu_map"), mask(in_package));
    }
  }
  return *this;
}

std::string FakeSysfs::device_directory(const std::string& path) const {
  return path.empty() ? std::string("devices/virtual") : cat("devices/", path);
}

FakeSysfs& FakeSysfs::function(const Function& function) {
  const std::string directory = cat("sys/", device_directory(function.path));
  const std::string address = std::filesystem::path(function.path).filename().string();
  file(cat(directory, "/class"), function.pci_class);
  file(cat(directory, "/vendor"), cat("0x", function.ids.substr(0, 4)));
  file(cat(directory, "/device"), cat("0x", function.ids.substr(5)));
  file(cat(directory, "/numa_node"), std::to_string(function.numa));
  CpuSet local;
  for (std::size_t node = 0; node < nodes_.size(); ++node)
    if (function.numa < 0 || node == static_cast<std::size_t>(function.numa)) local |= nodes_[node];
  file(cat(directory, "/local_cpulist"), to_list(local));
  return link(cat("sys/bus/pci/devices/", address),
              cat("../../../", device_directory(function.path)));
}

FakeSysfs& FakeSysfs::nvidia_gpu(const std::string& address,
                                 unsigned minor,
                                 const std::string& uuid) {
  return file(cat("proc/driver/nvidia/gpus/", address, "/information"),
              cat("Model: \t\t NVIDIA H100 80GB HBM3\n"
                  "IRQ:   \t\t 98\n"
                  "GPU UUID: \t ",
                  uuid,
                  "\n"
                  "Bus Type: \t PCIe\n"
                  "Bus Location: \t ",
                  address,
                  "\n"
                  "Device Minor: \t ",
                  minor,
                  "\n"
                  "GPU Firmware: \t 550.54.15\n"
                  "GPU Excluded:\t No"));
}

FakeSysfs& FakeSysfs::mig_instance(unsigned minor,
                                   unsigned gpu_instance,
                                   unsigned compute_instance) {
  const std::string gpu =
      cat("proc/driver/nvidia/capabilities/gpu", minor, "/mig/gi", gpu_instance);
  file(cat(gpu, "/access"), "DeviceFileMinor: 3");
  return file(cat(gpu, "/ci", compute_instance, "/access"), "DeviceFileMinor: 4");
}

FakeSysfs& FakeSysfs::kfd_node(unsigned number, const std::string& properties) {
  const std::string node = cat("sys/class/kfd/kfd/topology/nodes/", number);
  file(cat(node, "/name"), "gfx942");
  return file(cat(node, "/properties"), properties);
}

FakeSysfs& FakeSysfs::class_device(const std::string& device_class,
                                   const std::string& name,
                                   const std::string& path) {
  const std::string device = cat(device_directory(path), '/', device_class, '/', name);
  std::filesystem::create_directories(root_ / "sys" / device);
  return link(cat("sys/class/", device_class, '/', name), cat("../../", device));
}

FakeSysfs& FakeSysfs::verbs(const std::string& name,
                            const std::string& path,
                            const std::string& state,
                            const std::string& link_layer,
                            const std::string& rate) {
  class_device("infiniband", name, path);
  const std::string port = cat("sys/class/infiniband/", name, "/ports/1");
  file(cat(port, "/state"), state);
  file(cat(port, "/link_layer"), link_layer);
  return file(cat(port, "/rate"), rate);
}

FakeSysfs& FakeSysfs::netdev(const std::string& name,
                             const std::string& path,
                             const std::string& state,
                             const std::string& speed) {
  class_device("net", name, path);
  const std::string directory = cat("sys/class/net/", name);
  file(cat(directory, "/operstate"), state);
  file(cat(directory, "/speed"), speed);
  return file(cat(directory, "/type"), name.starts_with("ib") ? "32" : "1");
}

}  // namespace holdfast::testing
