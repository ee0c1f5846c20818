// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/cpu_set.hpp"
#include "machine_spec.hpp"

#include <string>
#include <utility>
#include <vector>

namespace holdfast::testing {

/// One hwloc object of a machine being written.
struct MachineObject {
  std::string type;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<std::pair<std::string, std::string>> infos;
  std::vector<MachineObject> below;
  CpuSet pus, complete, nodes;
  CpuSet hidden;  ///< of the machine: PUs offline or outside the cgroup it was recorded in

  [[nodiscard]] bool is_io() const {
    return type == "Bridge" || type == "PCIDev" || type == "OSDev";
  }
};

/// The objects a spec asks for, sets of PUs and of NUMA nodes given to the leaves only.
[[nodiscard]] MachineObject machine_objects(const SpecLine& machine);

}  // namespace holdfast::testing
