// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/memory_policy.hpp"
#include "holdfast/common/cpu_set.hpp"

namespace holdfast::step {

/// On a test cluster a small machine stands in for a recorded big one: PU p of the record is played
/// by the real PU number p mod (number of real PUs), and NUMA nodes likewise. Plans are made for
/// the record; only what is handed to the kernel is translated. Without real PUs (the usual case:
/// the topology is this machine's own) every translation is the identity.
struct StandIn {
  CpuSet real_pus;
  CpuSet real_nodes;

  [[nodiscard]] bool active() const { return !real_pus.empty(); }

  /// The real PUs that play these recorded ones.
  [[nodiscard]] CpuSet to_real(const CpuSet& recorded) const;
  /// The recorded PUs, out of `all`, that these real ones play.
  [[nodiscard]] CpuSet to_recorded(const CpuSet& real, const CpuSet& all) const;
  [[nodiscard]] affinity::MemoryPolicy to_real(affinity::MemoryPolicy recorded) const;
};

}  // namespace holdfast::step
