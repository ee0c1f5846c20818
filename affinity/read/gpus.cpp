// SPDX-License-Identifier: Apache-2.0
// Which PCI functions are GPUs, and how many: the rules of "what is a GPU a rank may use".
#include "devices.hpp"

#include <algorithm>
#include <array>

namespace holdfast::affinity {

namespace {

constexpr std::uint16_t nvidia = 0x10de;
constexpr std::uint16_t amd = 0x1002;
constexpr std::uint16_t intel = 0x8086;

/// Graphics of a baseboard controller that carry AMD's vendor id: Rage XL, Radeon 7000, ES1000.
/// Other controllers (ASPEED 1a03, Matrox 102b) are told apart by their vendor.
constexpr std::array<std::uint16_t, 5> amd_console_graphics{0x4752, 0x5159, 0x515e, 0x5965, 0x5969};

/// The enumerations that show partitions as devices of their own, best first. NVML shows the whole
/// function, OpenCL shows it once per platform: they name a GPU and count none.
constexpr std::array counting{GpuFace::Backend::nccl,
                              GpuFace::Backend::kfd,
                              GpuFace::Backend::nvidia_driver,
                              GpuFace::Backend::rsmi,
                              GpuFace::Backend::level_zero,
                              GpuFace::Backend::cuda};

std::vector<const GpuFace*> faces_of(const PciFunction& function, GpuFace::Backend backend) {
  std::vector<const GpuFace*> faces;
  for (const GpuFace& face : function.gpus)
    if (face.backend == backend) faces.push_back(&face);
  std::ranges::stable_sort(faces, {}, &GpuFace::number);
  return faces;
}

}  // namespace

Vendor vendor_of(const PciFunction& function) {
  switch (function.vendor) {
    case nvidia:
      return Vendor::nvidia;
    case amd:
      return Vendor::amd;
    case intel:
      return Vendor::intel;
    default:
      return Vendor::unknown;
  }
}

bool is_gpu(const PciFunction& function, const std::vector<std::uint16_t>& more_vendors) {
  // A runtime that numbers it makes it one, whatever its class: ranks count in that numbering.
  if (!function.gpus.empty()) return true;
  const unsigned base = function.class_code >> 8U;
  const bool display = base == 0x03;
  switch (function.vendor) {
    case nvidia:
      return display;
    case amd:
      // MI300 shows itself as a processing accelerator (12xx)
      return (display || base == 0x12) &&
             std::ranges::find(amd_console_graphics, function.device) == amd_console_graphics.end();
    case intel:
      // Graphics built into the CPU (VGA on bus 0) drive a screen; data-center GPUs are 0380 and
      // sit behind a bridge.
      return display &&
             !(function.class_code == 0x0300 && function.at.domain == 0 && function.at.bus == 0);
    default:
      return display && std::ranges::find(more_vendors, function.vendor) != more_vendors.end();
  }
}

std::vector<Gpu> gpus_of(const PciFunction& function) {
  std::vector<const GpuFace*> parts;
  for (const GpuFace::Backend backend : counting)
    if (auto faces = faces_of(function, backend); faces.size() > parts.size())
      parts = std::move(faces);
  Gpu whole{{function.at, std::nullopt}, vendor_of(function), {}, {}, {}, function.near, {}};
  for (const GpuFace& face : function.gpus) {
    if (whole.model.empty()) whole.model = face.model;
    if (whole.uuid.empty()) whole.uuid = face.uuid;
    if (!whole.minor) whole.minor = face.minor;
  }
  if (parts.size() < 2) return {whole};
  std::vector<Gpu> gpus;
  for (const GpuFace* face : parts) {
    Gpu gpu = whole;
    gpu.id.partition = static_cast<unsigned>(gpus.size());
    gpu.uuid = face->uuid;
    gpu.minor = face->minor;
    if (!face->model.empty()) gpu.model = face->model;
    gpus.push_back(std::move(gpu));
  }
  return gpus;
}

}  // namespace holdfast::affinity
