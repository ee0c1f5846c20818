// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include "holdfast/common/text.hpp"

#include <dlfcn.h>
#include <initializer_list>

namespace holdfast::health::nvml {

namespace {

/// Takes the first of `names` that the library has: newest first.
template <class Function>
void find(void* library, Function& function, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (function != nullptr) return;
  }
}

void find_session(void* library, Calls& calls) {
  find(library, calls.init, {"nvmlInit_v2", "nvmlInit"});
  find(library, calls.shutdown, {"nvmlShutdown"});
  find(library, calls.driver_version, {"nvmlSystemGetDriverVersion"});
  find(library,
       calls.cuda_version,
       {"nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetCudaDriverVersion"});
  find(library, calls.count, {"nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"});
  find(library, calls.by_index, {"nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"});
}

void find_identity(void* library, Calls& calls) {
  find(library, calls.name, {"nvmlDeviceGetName"});
  find(library, calls.uuid, {"nvmlDeviceGetUUID"});
  find(library, calls.serial, {"nvmlDeviceGetSerial"});
  find(library, calls.vbios, {"nvmlDeviceGetVbiosVersion"});
  find(library, calls.inforom, {"nvmlDeviceGetInforomImageVersion"});
  find(library, calls.gsp_firmware, {"nvmlDeviceGetGspFirmwareVersion"});
  find(library, calls.pci, {"nvmlDeviceGetPciInfo_v3"});
  find(library, calls.validate_inforom, {"nvmlDeviceValidateInforom"});
}

void find_modes(void* library, Calls& calls) {
  find(library, calls.ecc_mode, {"nvmlDeviceGetEccMode"});
  find(library, calls.mig_mode, {"nvmlDeviceGetMigMode"});
  find(library, calls.persistence, {"nvmlDeviceGetPersistenceMode"});
  find(library, calls.compute_mode, {"nvmlDeviceGetComputeMode"});
  find(library, calls.performance_state, {"nvmlDeviceGetPerformanceState"});
  find(library, calls.application_clock, {"nvmlDeviceGetApplicationsClock"});
  find(library, calls.highest_clock, {"nvmlDeviceGetMaxClockInfo"});
  find(library, calls.power_limit, {"nvmlDeviceGetEnforcedPowerLimit"});
  find(library, calls.power_limit_default, {"nvmlDeviceGetPowerManagementDefaultLimit"});
  find(library, calls.power, {"nvmlDeviceGetPowerUsage"});
  find(library, calls.utilization, {"nvmlDeviceGetUtilizationRates"});
}

void find_memory(void* library, Calls& calls) {
  find(library, calls.ecc_errors, {"nvmlDeviceGetTotalEccErrors"});
  find(library, calls.sram_errors, {"nvmlDeviceGetSramEccErrorStatus"});
  find(library, calls.remapped_rows, {"nvmlDeviceGetRemappedRows"});
  find(library, calls.remapper_histogram, {"nvmlDeviceGetRowRemapperHistogram"});
  find(library, calls.retired_pages, {"nvmlDeviceGetRetiredPages"});
  find(library, calls.retired_pending, {"nvmlDeviceGetRetiredPagesPendingStatus"});
  find(library, calls.unrepairable_memory, {"nvmlDeviceGetUnrepairableMemoryFlag_v1"});
  find(library, calls.memory_v2, {"nvmlDeviceGetMemoryInfo_v2"});
  find(library, calls.memory, {"nvmlDeviceGetMemoryInfo"});
  find(library, calls.bar1, {"nvmlDeviceGetBAR1MemoryInfo"});
  find(library,
       calls.compute_processes,
       {"nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"});
  find(library,
       calls.graphics_processes,
       {"nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2"});
}

void find_links(void* library, Calls& calls) {
  find(library, calls.pcie_width, {"nvmlDeviceGetCurrPcieLinkWidth"});
  find(library, calls.pcie_width_most, {"nvmlDeviceGetMaxPcieLinkWidth"});
  find(library, calls.pcie_generation, {"nvmlDeviceGetCurrPcieLinkGeneration"});
  find(library, calls.pcie_generation_most, {"nvmlDeviceGetMaxPcieLinkGeneration"});
  find(library, calls.pcie_replays, {"nvmlDeviceGetPcieReplayCounter"});
  find(library, calls.nvlink_state, {"nvmlDeviceGetNvLinkState"});
  find(library, calls.nvlink_errors, {"nvmlDeviceGetNvLinkErrorCounter"});
  find(library, calls.fabric_versioned, {"nvmlDeviceGetGpuFabricInfoV"});
  find(library, calls.fabric, {"nvmlDeviceGetGpuFabricInfo"});
  find(library, calls.fields, {"nvmlDeviceGetFieldValues"});
}

void find_heat(void* library, Calls& calls) {
  find(library,
       calls.clock_events,
       {"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"});
  find(library, calls.temperature_versioned, {"nvmlDeviceGetTemperatureV"});
  find(library, calls.temperature, {"nvmlDeviceGetTemperature"});
  find(library, calls.temperature_threshold, {"nvmlDeviceGetTemperatureThreshold"});
  find(library, calls.temperature_margin, {"nvmlDeviceGetMarginTemperature"});
}

}  // namespace

Result<Calls> open_nvml(const std::string& library) {
  void* opened = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr)
    return Failure{FailureKind::not_found,
                   cat("the GPU driver's library ", library, " cannot be opened"),
                   "install the driver's library, or name it in check.nvml",
                   {}};
  Calls calls;
  find_session(opened, calls);
  find_identity(opened, calls);
  find_modes(opened, calls);
  find_memory(opened, calls);
  find_links(opened, calls);
  find_heat(opened, calls);
  if (calls.init == nullptr || calls.count == nullptr || calls.by_index == nullptr)
    return Failure{FailureKind::unsupported,
                   cat(library, " is no NVML: it lacks nvmlInit or the calls that list GPUs"),
                   "name the driver's own library",
                   {}};
  return calls;
}

}  // namespace holdfast::health::nvml
