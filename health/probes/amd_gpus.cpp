// SPDX-License-Identifier: Apache-2.0
// AMD GPUs as the amdgpu driver shows them in sysfs; no vendor library is asked. A GPU of several
// partitions shows up as several cards of one PCI function and is told once.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <filesystem>

namespace holdfast::health {

namespace {

constexpr const char* cards = "sys/class/drm";

struct RasCounts {
  Fact<std::uint64_t> corrected, uncorrected;
};

/// "ue: 0\nce: 3"
RasCounts ras_counts(const Tree& tree, const std::string& path) {
  const auto text = tree.text(path);
  RasCounts counts;
  counts.corrected = Fact<std::uint64_t>::missing(text.gap(), text.why());
  counts.uncorrected = counts.corrected;
  if (!text.known()) return counts;
  for (const std::string_view line : split(*text, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto number = number_in(trim(line.substr(colon + 1)), path);
    if (line.starts_with("ue")) counts.uncorrected = number;
    if (line.starts_with("ce")) counts.corrected = number;
  }
  return counts;
}

/// Lines "0xPAGE : 0xSIZE : FLAG": R was retired, P waits for a reset, F could not be retired.
void read_bad_pages(const Tree& tree, const std::string& folder, GpuFacts& gpu) {
  constexpr std::size_t most = std::size_t{1} << 20;
  const auto text = tree.long_text(cat(folder, "/ras/gpu_vram_bad_pages"), most);
  if (!text.known()) {
    gpu.retired_double_bit = Fact<std::uint64_t>::missing(text.gap(), text.why());
    return;
  }
  std::uint64_t retired = 0;
  bool pending = false;
  bool failed = false;
  for (const std::string_view line : split(*text, '\n')) {
    if (line.ends_with(": R")) ++retired;
    pending = pending || line.ends_with(": P");
    failed = failed || line.ends_with(": F");
  }
  gpu.retired_double_bit = retired;
  gpu.retired_pending = pending;
  gpu.unrepairable_memory = failed;
}

/// Thousandths of a degree.
Fact<std::int64_t> degrees(const Tree& tree, const std::string& path) {
  return changed<std::int64_t>(tree.number(path), [](std::uint64_t thousandths) {
    return static_cast<std::int64_t>(thousandths / 1000);
  });
}

/// Microwatts to milliwatts.
Fact<std::uint64_t> milliwatts(const Tree& tree, const std::string& path) {
  return changed<std::uint64_t>(tree.number(path),
                                [](std::uint64_t micro) { return micro / 1000; });
}

/// The sensors: temp1 is the edge (absent on data-center GPUs), temp2 the hottest spot, temp3
/// memory.
void read_sensors(const Tree& tree, const std::string& folder, GpuFacts& gpu) {
  const auto names = tree.names(cat(folder, "/hwmon"));
  if (!names.known() || names->empty()) return;
  const std::string sensors = cat(folder, "/hwmon/", names->front());
  gpu.temperature_c = degrees(tree, cat(sensors, "/temp2_input"));
  gpu.slowdown_c = degrees(tree, cat(sensors, "/temp2_crit"));
  gpu.shutdown_c = degrees(tree, cat(sensors, "/temp2_emergency"));
  gpu.memory_temperature_c = degrees(tree, cat(sensors, "/temp3_input"));
  gpu.power_mw = milliwatts(tree, cat(sensors, "/power1_average"));
  gpu.power_limit_mw = milliwatts(tree, cat(sensors, "/power1_cap"));
  gpu.power_limit_default_mw = milliwatts(tree, cat(sensors, "/power1_cap_default"));
  if (gpu.temperature_c.known() && gpu.slowdown_c.known())
    gpu.temperature_margin_c = *gpu.slowdown_c - *gpu.temperature_c;
}

GpuFacts read_gpu(const Tree& tree, const std::string& folder, const std::string& address) {
  GpuFacts gpu;
  gpu.at = address;
  gpu.vendor = "amd";
  gpu.uuid = tree.text(cat(folder, "/unique_id"));
  gpu.model = tree.text(cat(folder, "/product_name"));
  gpu.serial = tree.text(cat(folder, "/serial_number"));
  gpu.vbios = tree.text(cat(folder, "/vbios_version"));
  gpu.memory_bytes = tree.number(cat(folder, "/mem_info_vram_total"));
  gpu.memory_used_bytes = tree.number(cat(folder, "/mem_info_vram_used"));
  gpu.utilization_percent = tree.number(cat(folder, "/gpu_busy_percent"));
  gpu.memory_busy_percent = tree.number(cat(folder, "/mem_busy_percent"));
  gpu.pcie_replays = tree.number(cat(folder, "/pcie_replay_count"));
  const RasCounts memory = ras_counts(tree, cat(folder, "/ras/umc_err_count"));
  gpu.ecc_uncorrected_volatile = memory.uncorrected;
  gpu.ecc_corrected_volatile = memory.corrected;
  gpu.ecc_on = changed<bool>(memory.corrected, [](std::uint64_t) { return true; });
  read_bad_pages(tree, folder, gpu);
  read_sensors(tree, folder, gpu);
  // these files ask the GPU itself: one that answers none of them no longer answers
  const bool silent = gpu.memory_used_bytes.unseen() && gpu.utilization_percent.unseen();
  gpu.answer = silent ? GpuAnswer::failing : GpuAnswer::answers;
  return gpu;
}

/// GPUs among the nodes of the compute driver; a node without a GPU has the ID 0.
Fact<std::uint64_t> compute_nodes(const Tree& tree) {
  constexpr const char* nodes = "sys/class/kfd/kfd/topology/nodes";
  return changed<std::uint64_t>(tree.names(nodes), [&](const std::vector<std::string>& names) {
    return static_cast<std::uint64_t>(std::ranges::count_if(names, [&](const std::string& name) {
      return tree.number(cat(nodes, '/', name, "/gpu_id")).value_or(0) != 0;
    }));
  });
}

}  // namespace

void look_at_amd_gpus(const Tree& tree, Facts& facts) {
  const auto names = tree.names(cards);
  std::vector<GpuFacts> gpus;
  for (const std::string& name : names.value_or({})) {
    if (!name.starts_with("card") || name.find('-') != std::string::npos) continue;
    const std::string folder = cat(cards, '/', name, "/device");
    if (!tree.text(cat(folder, "/vendor")).is("0x1002")) continue;
    std::string address = std::filesystem::path(tree.link(folder)).filename().string();
    if (std::ranges::find(gpus, address, &GpuFacts::at) == gpus.end())
      gpus.push_back(read_gpu(tree, folder, address));
  }
  if (!gpus.empty()) facts.gpu_driver.compute_nodes = compute_nodes(tree);
  facts.gpus = gpus.empty() ? Fact<std::vector<GpuFacts>>::lacking("no GPU driver here")
                            : Fact<std::vector<GpuFacts>>(std::move(gpus));
}

}  // namespace holdfast::health
