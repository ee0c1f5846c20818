// SPDX-License-Identifier: Apache-2.0
// The functions of the pretended libnvidia-ml.so.1; README.md says what it is and how it is driven.
// HOLDFAST_OLD_NVML leaves out what came late.
#include "node.hpp"

#include <cstring>
#include <string>

using namespace holdfast::fake_nvml;
using namespace holdfast::health::nvml;

extern "C" {

Return nvmlInit_v2() { return start_session("nvmlInit_v2"); }
Return nvmlShutdown() { return end_session(); }

Return nvmlSystemGetDriverVersion(char* out, unsigned length) {
  return about_node("nvmlSystemGetDriverVersion",
                    [&](const State& state) { return copy_text(state.driver, out, length); });
}

Return nvmlSystemGetCudaDriverVersion_v2(int* out) {
  return about_node("nvmlSystemGetCudaDriverVersion_v2", [&](const State& state) {
    *out = state.cuda;
    return code::success;
  });
}

Return nvmlDeviceGetCount_v2(unsigned* out) {
  return about_node("nvmlDeviceGetCount_v2", [&](const State& state) {
    *out = 0;
    for (const Gpu& gpu : state.gpus)
      *out += gpu.vanished ? 0U : 1U;
    return code::success;
  });
}

Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* out) { return open_gpu(index, out); }

Return nvmlDeviceGetName(Device device, char* out, unsigned length) {
  return put_text(device, "nvmlDeviceGetName", "model", "NVIDIA H100 80GB HBM3", out, length);
}

Return nvmlDeviceGetUUID(Device device, char* out, unsigned length) {
  const auto number = reinterpret_cast<std::size_t>(device);
  const std::string uuid = "GPU-01000100-0000-0000-0000-0000000000" + std::to_string(10 + number);
  return put_text(device, "nvmlDeviceGetUUID", "uuid", uuid, out, length);
}

Return nvmlDeviceGetSerial(Device device, char* out, unsigned length) {
  return put_text(device, "nvmlDeviceGetSerial", "serial", "1320000000000", out, length);
}

Return nvmlDeviceGetVbiosVersion(Device device, char* out, unsigned length) {
  return put_text(device, "nvmlDeviceGetVbiosVersion", "vbios", "96.00.74.00.09", out, length);
}

Return nvmlDeviceGetInforomImageVersion(Device device, char* out, unsigned length) {
  return put_text(
      device, "nvmlDeviceGetInforomImageVersion", "inforom", "G520.0200.00.05", out, length);
}

Return nvmlDeviceGetPciInfo_v3(Device device, PciInfo* out) {
  return about_gpu(device, "nvmlDeviceGetPciInfo_v3", [&](const Gpu& gpu, unsigned index) {
    *out = {};
    out->device_id = 0x233010deU;
    return copy_text(
        bus_id(gpu, index), out->bus_id.data(), static_cast<unsigned>(out->bus_id.size()));
  });
}

Return nvmlDeviceValidateInforom(Device device) {
  unsigned valid{};
  const Return result = put(device, "nvmlDeviceValidateInforom", "inforom_valid", &valid);
  return result == code::success && valid == 0 ? code::corrupted_inforom : result;
}

Return nvmlDeviceGetEccMode(Device device, unsigned* now, unsigned* next) {
  const Return result = put(device, "nvmlDeviceGetEccMode", "ecc", now);
  return result == code::success ? put(device, "", "ecc_pending", next) : result;
}

Return nvmlDeviceGetMigMode(Device device, unsigned* now, unsigned* next) {
  const Return result = put(device, "nvmlDeviceGetMigMode", "mig", now);
  return result == code::success ? put(device, "", "mig_pending", next) : result;
}

Return nvmlDeviceGetPersistenceMode(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetPersistenceMode", "persistence", out);
}

Return nvmlDeviceGetComputeMode(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetComputeMode", "compute_mode", out);
}

Return nvmlDeviceGetPerformanceState(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetPerformanceState", "pstate", out);
}

Return nvmlDeviceGetApplicationsClock(Device device, unsigned, unsigned* out) {
  return put(device, "nvmlDeviceGetApplicationsClock", "application_clock", out);
}

Return nvmlDeviceGetMaxClockInfo(Device device, unsigned, unsigned* out) {
  return put(device, "nvmlDeviceGetMaxClockInfo", "highest_clock", out);
}

Return nvmlDeviceGetEnforcedPowerLimit(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetEnforcedPowerLimit", "power_limit", out);
}

Return nvmlDeviceGetPowerManagementDefaultLimit(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetPowerManagementDefaultLimit", "power_limit_default", out);
}

Return nvmlDeviceGetPowerUsage(Device device, unsigned* out) {
  return put(device, "nvmlDeviceGetPowerUsage", "power", out);
}

Return nvmlDeviceGetUtilizationRates(Device device, Utilization* out) {
  constexpr const char* function = "nvmlDeviceGetUtilizationRates";
  const Return result = put(device, function, "utilization", &out->gpu);
  return result == code::success ? put(device, "", "memory_busy", &out->memory) : result;
}

Return nvmlDeviceGetTemperature(Device device, unsigned, unsigned* out) {
  return put(device, "nvmlDeviceGetTemperature", "temperature", out);
}

Return nvmlDeviceGetTemperatureThreshold(Device device, unsigned which, unsigned* out) {
  constexpr const char* function = "nvmlDeviceGetTemperatureThreshold";
  return put(device, function, which == choice::shutdown ? "shutdown" : "slowdown", out);
}

#ifndef HOLDFAST_OLD_NVML
Return nvmlDeviceGetGspFirmwareVersion(Device device, char* out) {
  constexpr unsigned length = 64;
  return put_text(device, "nvmlDeviceGetGspFirmwareVersion", "gsp", "550.163.01", out, length);
}

Return nvmlDeviceGetTemperatureV(Device device, Temperature* out) {
  if (out->version != versioned<Temperature>(1)) return code::argument_version_mismatch;
  return put(device, "nvmlDeviceGetTemperatureV", "temperature", &out->degrees);
}

Return nvmlDeviceGetMarginTemperature(Device device, MarginTemperature* out) {
  if (out->version != versioned<MarginTemperature>(1)) return code::argument_version_mismatch;
  return put(device, "nvmlDeviceGetMarginTemperature", "margin", &out->margin);
}

Return nvmlDeviceGetCurrentClocksEventReasons(Device device, unsigned long long* out) {
  return put(device, "nvmlDeviceGetCurrentClocksEventReasons", "clock_events", out);
}
#else
Return nvmlDeviceGetCurrentClocksThrottleReasons(Device device, unsigned long long* out) {
  return put(device, "nvmlDeviceGetCurrentClocksThrottleReasons", "clock_events", out);
}
#endif

}  // extern "C"
