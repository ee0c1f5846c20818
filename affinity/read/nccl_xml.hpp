// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "devices.hpp"
#include "holdfast/common/result.hpp"
#include "xml.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::affinity {

/// One <cpu> of an NCCL topology file: a NUMA node with the PUs near it.
struct NcclCpu {
  std::optional<NumaNode> numa;  ///< none for "-1": a VM that does not say
  CpuSet pus;                    ///< empty where the file has no affinity mask
  std::string model;
};

/// What an NCCL topology file says. A function's `near` holds what its <cpu> says, not cut to the
/// PUs of any machine.
struct NcclFile {
  std::vector<NcclCpu> cpus;
  Devices devices;
};

[[nodiscard]] Result<NcclFile> nccl_file(const XmlElement& root);

}  // namespace holdfast::affinity
