// SPDX-License-Identifier: Apache-2.0
// What a return code of NVML means: a value, "this GPU has no such thing", or "it could not be
// seen".
#pragma once

#include "abi.hpp"
#include "holdfast/health/gpu_facts.hpp"

#include <string>
#include <utility>

namespace holdfast::health::nvml {

/// "the GPU is lost", "not supported"; for a code nobody has named "NVML error 77".
[[nodiscard]] std::string phrase_of(Return result);

/// The device, the driver or this version of it has no such thing: nothing is wrong.
[[nodiscard]] bool is_lacking(Return result);

/// How a GPU answers that returned this.
[[nodiscard]] GpuAnswer answer_of(Return result);

template <class T>
[[nodiscard]] Fact<T> fact_of(Return result, T value) {
  if (result == code::success) return Fact<T>(std::move(value));
  return Fact<T>::missing(is_lacking(result) ? Gap::lacking : Gap::unseen, phrase_of(result));
}

}  // namespace holdfast::health::nvml
