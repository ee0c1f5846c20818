// SPDX-License-Identifier: Apache-2.0
// Errors in a GPU's memory and what was done about them, and who uses it.
#include "device.hpp"

#include <vector>

namespace holdfast::health::nvml {

namespace {

void ask_sram(OpenDevice& device, GpuFacts& gpu) {
  SramErrors errors;
  errors.version = versioned<SramErrors>(1);
  const Return result = device.ask(device.calls().sram_errors, &errors);
  gpu.sram_threshold_exceeded = fact_of(result, errors.threshold_exceeded != 0);
  gpu.sram_uncorrected_aggregate =
      fact_of<std::uint64_t>(result, errors.aggregate_parity + errors.aggregate_double);
}

/// The call is refused while MIG instances are active; the fields are then sometimes answered.
void ask_rows(OpenDevice& device, GpuFacts& gpu) {
  unsigned corrected{};
  unsigned uncorrected{};
  unsigned pending{};
  unsigned failed{};
  const Return result =
      device.ask(device.calls().remapped_rows, &corrected, &uncorrected, &pending, &failed);
  if (result == code::success) {
    gpu.remapped_correctable = std::uint64_t{corrected};
    gpu.remapped_uncorrectable = std::uint64_t{uncorrected};
    gpu.remap_pending = pending != 0;
    gpu.remap_failed = failed != 0;
    return;
  }
  std::array<FieldValue, 4> values{};
  values[0].field = field::remapped_correctable;
  values[1].field = field::remapped_uncorrectable;
  values[2].field = field::remap_pending;
  values[3].field = field::remap_failed;
  device.fields(values);
  const auto flag = [&values](std::size_t at) {
    const auto number = field_fact(values[at]);
    return number.known() ? Fact<bool>(*number != 0)
                          : Fact<bool>::missing(number.gap(), number.why());
  };
  gpu.remapped_correctable = field_fact(values[0]);
  gpu.remapped_uncorrectable = field_fact(values[1]);
  gpu.remap_pending = flag(2);
  gpu.remap_failed = flag(3);
}

/// Asked for none, the library says how many there are.
Fact<std::uint64_t> retired(OpenDevice& device, unsigned cause) {
  unsigned count{};
  const Return result = device.ask(
      device.calls().retired_pages, cause, &count, static_cast<unsigned long long*>(nullptr));
  return fact_of<std::uint64_t>(result == code::insufficient_size ? code::success : result, count);
}

void ask_size(OpenDevice& device, GpuFacts& gpu) {
  MemoryV2 memory;
  memory.version = versioned<MemoryV2>(2);
  const Return result = device.ask(device.calls().memory_v2, &memory);
  gpu.memory_bytes = fact_of<std::uint64_t>(result, memory.total);
  gpu.memory_used_bytes = fact_of<std::uint64_t>(result, memory.used);
  if (is_lacking(result)) {
    // the older call counts what the driver reserves as used: no fact about leftovers
    Memory older;
    const Return older_result = device.ask(device.calls().memory, &older);
    gpu.memory_bytes = fact_of<std::uint64_t>(older_result, older.total);
  }
  Bar1Memory bar1;
  const Return bar1_result = device.ask(device.calls().bar1, &bar1);
  gpu.bar1_bytes = fact_of<std::uint64_t>(bar1_result, bar1.total);
}

using ProcessesCall = Call<Device, unsigned*, Process*>;

/// Processes come and go while they are listed: asks again with more room a few times.
Return list_processes(OpenDevice& device, ProcessesCall call, std::vector<Process>& out) {
  constexpr int attempts = 4;
  unsigned room = 64;
  Return result = code::insufficient_size;
  for (int attempt = 0; attempt < attempts && result == code::insufficient_size; ++attempt) {
    std::vector<Process> listed(room);
    unsigned count = room;
    result = device.ask(call, &count, listed.data());
    if (result == code::success && count <= room)
      out.insert(out.end(), listed.begin(), listed.begin() + count);
    constexpr unsigned most = 65'536;
    room = std::min(std::max(count, room) * 2, most);
  }
  return result;
}

Fact<std::vector<GpuProcess>> processes(OpenDevice& device) {
  std::vector<Process> listed;
  const Return computing = list_processes(device, device.calls().compute_processes, listed);
  if (computing != code::success) return fact_of<std::vector<GpuProcess>>(computing, {});
  const Return drawing = list_processes(device, device.calls().graphics_processes, listed);
  if (drawing != code::success && !is_lacking(drawing))
    return fact_of<std::vector<GpuProcess>>(drawing, {});
  std::vector<GpuProcess> out;
  out.reserve(listed.size());
  for (const Process& process : listed) {
    const bool known = process.memory_bytes != memory_unknown;
    out.push_back({process.pid, {}, known ? process.memory_bytes : 0, false});
  }
  return out;
}

}  // namespace

void ask_memory(OpenDevice& device, GpuFacts& gpu) {
  const Calls& calls = device.calls();
  using namespace choice;
  gpu.ecc_uncorrected_volatile = device.wide(calls.ecc_errors, uncorrected, since_reset);
  gpu.ecc_corrected_volatile = device.wide(calls.ecc_errors, corrected, since_reset);
  gpu.ecc_uncorrected_aggregate = device.wide(calls.ecc_errors, uncorrected, for_life);
  ask_sram(device, gpu);
  ask_rows(device, gpu);
  RowRemapperHistogram histogram;
  const Return result = device.ask(calls.remapper_histogram, &histogram);
  gpu.banks_without_spares = fact_of<std::uint64_t>(result, histogram.none);
  UnrepairableMemory flag;
  const Return flag_result = device.ask(calls.unrepairable_memory, &flag);
  gpu.unrepairable_memory = fact_of(flag_result, flag.unrepairable != 0);
  gpu.retired_pending = device.flag(calls.retired_pending);
  gpu.retired_single_bit = retired(device, single_bit);
  gpu.retired_double_bit = retired(device, double_bit);
}

void ask_use(OpenDevice& device, GpuFacts& gpu) {
  ask_size(device, gpu);
  gpu.processes = processes(device);
  Utilization utilization;
  const Return result = device.ask(device.calls().utilization, &utilization);
  gpu.utilization_percent = fact_of<std::uint64_t>(result, utilization.gpu);
  gpu.memory_busy_percent = fact_of<std::uint64_t>(result, utilization.memory);
}

}  // namespace holdfast::health::nvml
