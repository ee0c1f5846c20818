// SPDX-License-Identifier: Apache-2.0
// Who a GPU is and how it is set up.
#include "device.hpp"

namespace holdfast::health::nvml {

namespace {

Fact<bool> inforom_valid(OpenDevice& device) {
  const Return result = device.ask(device.calls().validate_inforom);
  if (result == code::corrupted_inforom) return false;
  return fact_of(result, true);
}

/// Sets a mode as it is and as it will be after the next reset.
void ask_mode(OpenDevice& device, PairCall call, Fact<bool>& now, Fact<bool>& next) {
  unsigned current{};
  unsigned pending{};
  const Return result = device.ask(call, &current, &pending);
  now = fact_of(result, current != 0);
  next = fact_of(result, pending != 0);
}

Fact<std::string> compute_mode(OpenDevice& device) {
  constexpr std::string_view words[] = {"default", "exclusive", "prohibited", "exclusive"};
  unsigned mode{};
  const Return result = device.ask(device.calls().compute_mode, &mode);
  if (result == code::success && mode >= std::size(words))
    return Fact<std::string>::unseen("NVML names a compute mode nobody knows");
  return fact_of(result, std::string(words[result == code::success ? mode : 0]));
}

Fact<std::uint64_t> performance_state(OpenDevice& device) {
  auto state = device.number(device.calls().performance_state);
  if (state.known() && *state > 15) return Fact<std::uint64_t>::lacking("unknown to the driver");
  return state;
}

}  // namespace

void ask_identity(OpenDevice& device, bool thorough, GpuFacts& gpu) {
  const Calls& calls = device.calls();
  gpu.uuid = device.text(calls.uuid);
  gpu.model = device.text(calls.name);
  gpu.serial = device.text(calls.serial);
  gpu.vbios = device.text(calls.vbios);
  gpu.inforom = device.text(calls.inforom);
  std::array<char, 96> firmware{};
  const Return result = device.ask(calls.gsp_firmware, firmware.data());
  gpu.gsp_firmware = fact_of(result, text_in(firmware));
  if (thorough) gpu.inforom_valid = inforom_valid(device);
}

void ask_modes(OpenDevice& device, GpuFacts& gpu) {
  const Calls& calls = device.calls();
  gpu.persistence = device.flag(calls.persistence);
  ask_mode(device, calls.ecc_mode, gpu.ecc_on, gpu.ecc_on_next);
  ask_mode(device, calls.mig_mode, gpu.mig_on, gpu.mig_on_next);
  gpu.compute_mode = compute_mode(device);
  gpu.performance_state = performance_state(device);
  gpu.application_mhz = device.number(calls.application_clock, choice::graphics_clock);
  gpu.highest_mhz = device.number(calls.highest_clock, choice::graphics_clock);
  gpu.power_limit_mw = device.number(calls.power_limit);
  gpu.power_limit_default_mw = device.number(calls.power_limit_default);
  gpu.power_mw = device.number(calls.power);
}

}  // namespace holdfast::health::nvml
