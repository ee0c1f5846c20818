// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "answer.hpp"
#include "calls.hpp"
#include "holdfast/health/gpu_facts.hpp"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace holdfast::health::nvml {

/// One GPU being asked. Every call goes through ask(): a GPU once found lost is not asked again,
/// because each further call may wait for seconds and says the same.
class OpenDevice {
 public:
  OpenDevice(const Calls& calls, Device device) : calls_(calls), device_(device) {}

  [[nodiscard]] const Calls& calls() const { return calls_; }

  template <class... Parameters, class... Arguments>
  Return ask(Call<Device, Parameters...> call, Arguments... arguments) {
    if (worst_ == code::gpu_is_lost) return code::gpu_is_lost;
    if (call == nullptr) return code::function_not_found;
    return keep(call(device_, arguments...), identity(call));
  }

  /// A whole number; `before` are arguments that stand before the place for the answer.
  template <class Function, class... Before>
  Fact<std::uint64_t> number(Function call, Before... before) {
    unsigned value{};
    const Return result = ask(call, before..., &value);
    return fact_of<std::uint64_t>(result, value);
  }
  template <class Function, class... Before>
  Fact<std::uint64_t> wide(Function call, Before... before) {
    unsigned long long value{};
    const Return result = ask(call, before..., &value);
    return fact_of<std::uint64_t>(result, value);
  }
  template <class Function, class... Before>
  Fact<bool> flag(Function call, Before... before) {
    unsigned value{};
    const Return result = ask(call, before..., &value);
    return fact_of(result, value != 0);
  }
  Fact<std::string> text(TextCall call);

  /// Asks for many fields in one call; each value carries its own result.
  Return fields(std::span<FieldValue> values);

  /// How the GPU answered so far: the worst of all calls.
  [[nodiscard]] GpuAnswer answer() const { return answer_of(worst_); }

 private:
  /// Which function was asked, to tell them apart; never called.
  using Function = void (*)();
  template <class Any>
  static Function identity(Any call) {
    return reinterpret_cast<Function>(call);
  }
  Return keep(Return result, Function asked);

  const Calls& calls_;
  Device device_;
  Return worst_{code::success};
  std::vector<Function> unclear_;  ///< those that failed without saying why, each once
};

/// What stands in a buffer that the library filled: printable, whatever it wrote.
[[nodiscard]] std::string text_in(std::span<const char> buffer);

/// A field's value as a whole number.
[[nodiscard]] Fact<std::uint64_t> field_fact(const FieldValue& value);

void ask_identity(OpenDevice& device, bool thorough, GpuFacts& gpu);
void ask_modes(OpenDevice& device, GpuFacts& gpu);
void ask_memory(OpenDevice& device, GpuFacts& gpu);
void ask_use(OpenDevice& device, GpuFacts& gpu);
void ask_pcie(OpenDevice& device, GpuFacts& gpu);
void ask_nvlinks(OpenDevice& device, GpuFacts& gpu);
void ask_fabric(OpenDevice& device, GpuFacts& gpu);
void ask_c2c(OpenDevice& device, GpuFacts& gpu);
void ask_heat(OpenDevice& device, GpuFacts& gpu);

}  // namespace holdfast::health::nvml
