// SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <string_view>

namespace holdfast::health::nvml {

namespace {

struct Phrase {
  Return result;
  std::string_view words;
};

constexpr Phrase phrases[] = {
    {code::success, "ok"},
    {code::uninitialized, "NVML was not started"},
    {code::invalid_argument, "NVML refuses the question"},
    {code::not_supported, "not supported"},
    {code::no_permission, "permission is missing"},
    {code::not_found, "not found"},
    {code::insufficient_size, "the answer is longer than expected"},
    {code::insufficient_power, "a GPU has too little power: a cable is loose"},
    {code::driver_not_loaded, "driver not loaded"},
    {code::timeout, "the driver did not answer in its own time"},
    {code::interrupt_trouble, "the GPU's interrupts do not arrive"},
    {code::library_not_found, "a part of the driver's library is missing"},
    {code::function_not_found, "not supported by this library"},
    {code::corrupted_inforom, "the InfoROM is corrupt"},
    {code::gpu_is_lost, "the GPU is lost"},
    {code::reset_required, "the GPU must be reset"},
    {code::operating_system, "the kernel or a cgroup refuses it"},
    {code::version_mismatch, "version mismatch"},
    {code::no_data, "no data"},
    {code::argument_version_mismatch, "not supported in this version"},
    {code::deprecated, "no longer supported"},
    {code::unknown, "unknown error"},
};

}  // namespace

std::string phrase_of(Return result) {
  const auto* const found = std::ranges::find(phrases, result, &Phrase::result);
  return found != std::end(phrases) ? std::string(found->words) : cat("NVML error ", result);
}

bool is_lacking(Return result) {
  return result == code::not_supported || result == code::function_not_found ||
         result == code::argument_version_mismatch || result == code::deprecated;
}

GpuAnswer answer_of(Return result) {
  switch (result) {
    case code::gpu_is_lost:
      return GpuAnswer::lost;
    case code::reset_required:
      return GpuAnswer::reset_required;
    case code::insufficient_power:
      return GpuAnswer::no_power;
    case code::interrupt_trouble:
      return GpuAnswer::interrupts;
    case code::corrupted_inforom:
      return GpuAnswer::corrupt_inforom;
    case code::unknown:
    case code::timeout:
      return GpuAnswer::failing;
    default:
      return GpuAnswer::answers;  // about the question, not about the GPU
  }
}

}  // namespace holdfast::health::nvml
