// SPDX-License-Identifier: Apache-2.0
// Clocks and heat.
#include "device.hpp"

namespace holdfast::health::nvml {

namespace {

Fact<std::int64_t> signed_fact(const Fact<std::uint64_t>& fact) {
  if (fact.known()) return static_cast<std::int64_t>(*fact);
  return Fact<std::int64_t>::missing(fact.gap(), fact.why());
}

Fact<std::int64_t> temperature(OpenDevice& device) {
  Temperature asked;
  asked.version = versioned<Temperature>(1);
  asked.sensor = choice::gpu_sensor;
  const Return result = device.ask(device.calls().temperature_versioned, &asked);
  if (!is_lacking(result)) return fact_of<std::int64_t>(result, asked.degrees);
  return signed_fact(device.number(device.calls().temperature, choice::gpu_sensor));
}

}  // namespace

void ask_heat(OpenDevice& device, GpuFacts& gpu) {
  const Calls& calls = device.calls();
  gpu.clock_event_reasons = device.wide(calls.clock_events);
  gpu.temperature_c = temperature(device);
  MarginTemperature margin;
  margin.version = versioned<MarginTemperature>(1);
  const Return result = device.ask(calls.temperature_margin, &margin);
  gpu.temperature_margin_c = fact_of<std::int64_t>(result, margin.margin);
  gpu.slowdown_c = signed_fact(device.number(calls.temperature_threshold, choice::slowdown));
  gpu.shutdown_c = signed_fact(device.number(calls.temperature_threshold, choice::shutdown));
  std::array<FieldValue, 1> memory{};
  memory[0].field = field::memory_temperature;
  device.fields(memory);
  gpu.memory_temperature_c = signed_fact(field_fact(memory[0]));
}

}  // namespace holdfast::health::nvml
