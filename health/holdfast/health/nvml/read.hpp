// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/facts.hpp"

#include <string>

namespace holdfast::health {

/// What of the NVIDIA GPUs is read.
struct NvmlWish {
  std::string library{"libnvidia-ml.so.1"};  ///< as for dlopen; a site or a test may name another
  bool thorough{};  ///< also what takes milliseconds: the InfoROM's checksum
};

/// Fills gpu_driver (without device_nodes and kernel_version, which are files) and gpus by asking
/// NVML. A failing GPU can hold the driver's lock, and then every call here waits for ever: call it
/// in a child with a deadline (probes/child). Processes on the GPUs are known by number alone.
void ask_nvml(const NvmlWish& wish, Facts& facts);

}  // namespace holdfast::health
