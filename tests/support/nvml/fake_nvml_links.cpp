// SPDX-License-Identifier: Apache-2.0
// The part of the pretended library that is about PCIe, NVLink, the fabric, and fields.
#include "node.hpp"

#include <algorithm>
#include <string>

using namespace holdfast::fake_nvml;
using namespace holdfast::health::nvml;

namespace {

struct Field {
  unsigned number;
  std::string_view word;  ///< of a link without "nvlinkN_"
  bool of_link;
};

constexpr Field fields[] = {
    {field::memory_temperature, "memory_temperature", false},
    {field::nvlink_count, "nvlinks", false},
    {field::pcie_rollovers, "pcie_rollovers", false},
    {field::remapped_correctable, "remap_correctable", false},
    {field::remapped_uncorrectable, "remap_uncorrectable", false},
    {field::remap_pending, "remap_pending", false},
    {field::remap_failed, "remap_failed", false},
    {field::nvlink_speed, "speed", true},
    {field::pcie_fatal, "pcie_fatal", false},
#ifndef HOLDFAST_OLD_NVML
    {field::recovery_action, "recovery_action", false},
    {field::c2c_count, "c2c_links", false},
#endif
};

std::string link_word(unsigned link, std::string_view word) {
  return "nvlink" + std::to_string(link) + "_" + std::string(word);
}

bool has_link(const Gpu& gpu, unsigned link) {
  return static_cast<std::int64_t>(link) < gpu.number("nvlinks").value_or(0);
}

#ifndef HOLDFAST_OLD_NVML
/// Links to the processor: the first `c2c_active` of them are up.
void answer_c2c_state(const Gpu& gpu, FieldValue& value) {
  const auto links = gpu.number("c2c_links");
  const auto active = gpu.number("c2c_active");
  value.result = code::not_supported;
  if (!links || !active || static_cast<std::int64_t>(value.scope) >= *links) return;
  value.result = code::success;
  value.type = ValueType::natural;
  value.value.natural = static_cast<std::int64_t>(value.scope) < *active ? 1 : 0;
}
#endif

void answer_field(const Gpu& gpu, FieldValue& value) {
#ifndef HOLDFAST_OLD_NVML
  if (value.field == field::c2c_state) return answer_c2c_state(gpu, value);
#endif
  const auto* const found = std::ranges::find(fields, value.field, &Field::number);
  value.result = code::not_supported;
  if (found == std::end(fields)) return;
  const auto number =
      gpu.number(found->of_link ? link_word(value.scope, found->word) : std::string(found->word));
  if (!number || (found->of_link && !has_link(gpu, value.scope))) return;
  value.result = code::success;
  value.type = ValueType::natural_wide;
  value.value.natural_wide = static_cast<unsigned long long>(*number);
}

}  // namespace

extern "C" {

Return nvmlDeviceGetCurrPcieLinkWidth(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetCurrPcieLinkWidth", "pcie_width", out);
}

Return nvmlDeviceGetMaxPcieLinkWidth(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetMaxPcieLinkWidth", "pcie_width_most", out);
}

Return nvmlDeviceGetCurrPcieLinkGeneration(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetCurrPcieLinkGeneration", "pcie_generation", out);
}

Return nvmlDeviceGetMaxPcieLinkGeneration(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetMaxPcieLinkGeneration", "pcie_generation_most", out);
}

Return nvmlDeviceGetPcieReplayCounter(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetPcieReplayCounter", "pcie_replays", out);
}

Return nvmlDeviceGetNvLinkState(Device device, unsigned link, unsigned* out) {
  return about_gpu(device, "nvmlDeviceGetNvLinkState", [&](const Gpu& gpu, unsigned) {
    const auto active = gpu.number(link_word(link, "active"));
    if (!active || !has_link(gpu, link)) return code::invalid_argument;
    *out = static_cast<unsigned>(*active);
    return code::success;
  });
}

Return nvmlDeviceGetNvLinkErrorCounter(Device device,
                                       unsigned link,
                                       unsigned counter,
                                       unsigned long long* out) {
  return about_gpu(device, "nvmlDeviceGetNvLinkErrorCounter", [&](const Gpu& gpu, unsigned) {
    constexpr std::string_view words[] = {"replays", "recoveries", "crc"};
    *out = 0;
    if (!has_link(gpu, link)) return code::invalid_argument;
    if (counter >= std::size(words)) return code::success;  // data CRC: counted with the flits
    const auto value = gpu.number(link_word(link, words[counter]));
    *out = static_cast<unsigned long long>(value.value_or(0));
    return value ? code::success : code::not_supported;
  });
}

Return nvmlDeviceGetFieldValues(Device device, int count, FieldValue* values) {
  return about_gpu(device, "nvmlDeviceGetFieldValues", [&](const Gpu& gpu, unsigned) {
    std::for_each(values, values + count, [&gpu](FieldValue& value) { answer_field(gpu, value); });
    return code::success;
  });
}

#ifndef HOLDFAST_OLD_NVML
Return nvmlDeviceGetGpuFabricInfoV(Device device, FabricInfoV3* out) {
  const bool third = out->version == versioned<FabricInfoV3>(3);
  if (!third && out->version != versioned<FabricInfoV2>(2)) return code::argument_version_mismatch;
  return about_gpu(device, "nvmlDeviceGetGpuFabricInfoV", [&](const Gpu& gpu, unsigned) {
    const auto summary = gpu.number("fabric_summary");
    // a driver of before the summary does not know version 3
    if (third && !summary) return code::argument_version_mismatch;
    out->state = static_cast<unsigned char>(gpu.number("fabric_state").value_or(0));
    out->status = static_cast<Return>(gpu.number("fabric_status").value_or(0));
    out->health = static_cast<unsigned>(gpu.number("fabric_health").value_or(0));
    if (third) out->summary = static_cast<unsigned char>(*summary);
    return code::success;
  });
}
#else
Return nvmlDeviceGetGpuFabricInfo(Device device, FabricInfo* out) {
  return put(device, "nvmlDeviceGetGpuFabricInfo", "fabric_state", &out->state);
}
#endif

}  // extern "C"
