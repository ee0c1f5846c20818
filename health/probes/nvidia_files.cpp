// SPDX-License-Identifier: Apache-2.0
// What files say of the NVIDIA driver beside NVML: the loaded module, the device files, and where a
// GPU sits that no longer tells it.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <iterator>
#include <sys/stat.h>

namespace holdfast::health {

namespace {

/// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue …": the word that is a version.
Fact<std::string> module_version(const Tree& tree) {
  auto text = tree.text("proc/driver/nvidia/version");
  if (!text.known()) return text;
  for (const std::string_view word :
       split(std::string_view(*text).substr(0, text->find('\n')), ' ')) {
    const bool digits = word.find_first_not_of("0123456789.") == std::string_view::npos;
    if (digits && word.find('.') != std::string_view::npos) return std::string(word);
  }
  return Fact<std::string>::unseen("proc/driver/nvidia/version names no version");
}

DeviceNode device_node(const Tree& tree, const std::string& path) {
  struct stat status {};
  DeviceNode node;
  node.path = cat('/', path);
  node.there = stat(tree.path_of(path).c_str(), &status) == 0;
  constexpr mode_t for_all = S_IROTH | S_IWOTH;
  node.usable_by_all = node.there && (status.st_mode & for_all) == for_all;
  constexpr mode_t for_group = S_IRGRP | S_IWGRP;
  node.usable_by_group =
      node.there && status.st_gid != 0 && (status.st_mode & for_group) == for_group;
  return node;
}

std::vector<DeviceNode> device_nodes(const Tree& tree, std::uint64_t gpus) {
  std::vector<DeviceNode> nodes;
  nodes.reserve(gpus + 2);
  for (std::uint64_t gpu = 0; gpu < gpus; ++gpu)
    nodes.push_back(device_node(tree, cat("dev/nvidia", gpu)));
  nodes.push_back(device_node(tree, "dev/nvidiactl"));
  nodes.push_back(device_node(tree, "dev/nvidia-uvm"));
  return nodes;
}

/// The kernel's list of all functions, in one file: "0018\t15b31021\t…", a line each.
bool lists_no_function_of_nvidia(const Tree& tree) {
  constexpr std::size_t most = std::size_t{1} << 20;
  const auto list = tree.long_text("proc/bus/pci/devices", most);
  return list.known() && !list->empty() && list->find("\t10de") == std::string::npos;
}

/// The NVIDIA GPUs on the bus, in its order; also those the driver does not see.
std::vector<std::string> gpus_on_the_bus(const Tree& tree) {
  constexpr std::string_view folder = "sys/bus/pci/devices/";
  constexpr std::string_view screens = "0x03";  // VGA and 3D controllers
  std::vector<std::string> out;
  if (lists_no_function_of_nvidia(tree)) return out;
  const auto names = tree.names(std::string(folder));
  for (const std::string& address : names.value_or({}))
    if (tree.text(cat(folder, address, "/vendor")).is("0x10de") &&
        tree.text(cat(folder, address, "/class")).value_or("").starts_with(screens))
      out.push_back(address);
  std::ranges::sort(out);
  return out;
}

/// A lost GPU does not tell its address. NVML counts in the order of the bus, so that the addresses
/// nobody claims belong to the lost ones in the same order; where the numbers differ nothing is
/// said.
void name_lost_gpus(const Tree& tree, std::vector<GpuFacts>& gpus) {
  const auto is_nameless = [](const GpuFacts& gpu) { return gpu.at.starts_with("index "); };
  if (std::ranges::none_of(gpus, is_nameless)) return;
  const std::vector<std::string> on_the_bus = gpus_on_the_bus(tree);
  std::vector<std::string> unclaimed;
  std::ranges::copy_if(on_the_bus, std::back_inserter(unclaimed), [&](const std::string& address) {
    return std::ranges::find(gpus, address, &GpuFacts::at) == gpus.end();
  });
  if (static_cast<std::size_t>(std::ranges::count_if(gpus, is_nameless)) != unclaimed.size())
    return;
  auto next = unclaimed.begin();
  for (GpuFacts& gpu : gpus)
    if (is_nameless(gpu)) gpu.at = *next++;
}

}  // namespace

bool may_have_nvidia_gpus(const Tree& tree) {
  return tree.exists("proc/driver/nvidia") || !gpus_on_the_bus(tree).empty();
}

void look_at_nvidia_files(const Tree& tree, Facts& facts) {
  GpuDriverFacts& driver = facts.gpu_driver;
  driver.kernel_version = module_version(tree);
  // The library without a driver, on a node without a GPU: one image for all nodes, not a fault.
  const bool no_driver = driver.start.is("driver not loaded") && !driver.kernel_version.known();
  if (no_driver && gpus_on_the_bus(tree).empty()) {
    driver.start = Fact<std::string>::lacking("no NVIDIA GPU here");
    facts.gpus = Fact<std::vector<GpuFacts>>::lacking("no NVIDIA GPU here");
  }
  if (driver.counted.known() && *driver.counted <= 256 && driver.kernel_version.known())
    driver.device_nodes = device_nodes(tree, *driver.counted);
  if (!facts.gpus.known()) return;
  name_lost_gpus(tree, *facts.gpus);
  name_gpu_processes(tree, *facts.gpus);
}

}  // namespace holdfast::health
