// SPDX-License-Identifier: Apache-2.0
// The part of the pretended library that is about memory and processes.
#include "node.hpp"

#include <string>

using namespace holdfast::fake_nvml;
using namespace holdfast::health::nvml;

extern "C" {

Return nvmlDeviceGetTotalEccErrors(Device device,
                                   unsigned type,
                                   unsigned counter,
                                   unsigned long long* out) {
  const std::string word =
      std::string(type == choice::corrected ? "ecc_corrected_" : "ecc_uncorrected_") +
      (counter == choice::since_reset ? "volatile" : "aggregate");
  return put(device, "nvmlDeviceGetTotalEccErrors", word, out);
}

Return nvmlDeviceGetRemappedRows(Device device,
                                 unsigned* corrected,
                                 unsigned* uncorrected,
                                 unsigned* pending,
                                 unsigned* failed) {
  return about_gpu(device, "nvmlDeviceGetRemappedRows", [&](const Gpu& gpu, unsigned) {
    if (gpu.number("mig").value_or(0) != 0) return code::not_supported;
    *corrected = static_cast<unsigned>(gpu.number("remap_correctable").value_or(0));
    *uncorrected = static_cast<unsigned>(gpu.number("remap_uncorrectable").value_or(0));
    *failed = static_cast<unsigned>(gpu.number("remap_failed").value_or(0));
    const auto waiting = gpu.number("remap_pending");
    *pending = static_cast<unsigned>(waiting.value_or(0));
    return waiting ? code::success : code::not_supported;
  });
}

Return nvmlDeviceGetRowRemapperHistogram(Device device, RowRemapperHistogram* out) {
  out->max = 640;
  return put(device, "nvmlDeviceGetRowRemapperHistogram", "banks_without_spares", &out->none);
}

Return nvmlDeviceGetRetiredPages(Device device,
                                 unsigned cause,
                                 unsigned* count,
                                 unsigned long long* addresses) {
  const unsigned room = *count;
  const Return result = put(device,
                            "nvmlDeviceGetRetiredPages",
                            cause == choice::single_bit ? "retired_single" : "retired_double",
                            count);
  if (result != code::success) return result;
  return addresses == nullptr && *count > room ? code::insufficient_size : code::success;
}

Return nvmlDeviceGetRetiredPagesPendingStatus(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetRetiredPagesPendingStatus", "retired_pending", out);
}

Return nvmlDeviceGetMemoryInfo(Device device, Memory* out) {
  return about_gpu(device, "nvmlDeviceGetMemoryInfo", [&](const Gpu& gpu, unsigned) {
    const auto used =
        gpu.number("memory_used").value_or(0) + gpu.number("memory_reserved").value_or(0);
    out->total = static_cast<unsigned long long>(gpu.number("memory_total").value_or(0));
    out->used = static_cast<unsigned long long>(used);
    out->free = out->total - out->used;
    return code::success;
  });
}

Return nvmlDeviceGetBAR1MemoryInfo(Device device, Bar1Memory* out) {
  return put(device, "nvmlDeviceGetBAR1MemoryInfo", "bar1", &out->total);
}

Return nvmlDeviceGetComputeRunningProcesses_v3(Device device, unsigned* count, Process* out) {
  constexpr const char* function = "nvmlDeviceGetComputeRunningProcesses_v3";
  return about_gpu(device, function, [&](const Gpu& gpu, unsigned) {
    const unsigned room = *count;
    *count = static_cast<unsigned>(gpu.processes.size());
    if (*count > room) return code::insufficient_size;
    for (const auto& process : gpu.processes)
      *out++ = {process.pid, process.bytes, ~0U, ~0U};
    return code::success;
  });
}

Return nvmlDeviceGetGraphicsRunningProcesses_v3(Device device, unsigned* count, Process*) {
  constexpr const char* function = "nvmlDeviceGetGraphicsRunningProcesses_v3";
  return about_gpu(device, function, [&](const Gpu&, unsigned) {
    *count = 0;
    return code::success;
  });
}

#ifndef HOLDFAST_OLD_NVML
Return nvmlDeviceGetSramEccErrorStatus(Device device, SramErrors* out) {
  if (out->version != versioned<SramErrors>(1)) return code::argument_version_mismatch;
  const Return result =
      put(device, "nvmlDeviceGetSramEccErrorStatus", "sram_threshold", &out->threshold_exceeded);
  return result == code::success ? put(device, "", "sram_uncorrected", &out->aggregate_double)
                                 : result;
}

Return nvmlDeviceGetUnrepairableMemoryFlag_v1(Device device, UnrepairableMemory* out) {
  return put(device, "nvmlDeviceGetUnrepairableMemoryFlag_v1", "unrepairable", &out->unrepairable);
}

Return nvmlDeviceGetMemoryInfo_v2(Device device, MemoryV2* out) {
  if (out->version != versioned<MemoryV2>(2)) return code::argument_version_mismatch;
  return about_gpu(device, "nvmlDeviceGetMemoryInfo_v2", [&](const Gpu& gpu, unsigned) {
    const auto value = [&gpu](const char* word) {
      return static_cast<unsigned long long>(gpu.number(word).value_or(0));
    };
    out->total = value("memory_total");
    out->reserved = value("memory_reserved");
    out->used = value("memory_used");
    out->free = out->total - out->used - out->reserved;
    return code::success;
  });
}
#endif

}  // extern "C"
