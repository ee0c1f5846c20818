// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/cpu_set.hpp"

namespace holdfast::affinity {

/// Where a rank's memory comes from first. Never a strict binding: a full NUMA node must not kill a
/// job.
struct MemoryPolicy {
  enum class Kind {
    unchanged,       ///< leave what the kernel or Slurm (--mem-bind) set
    preferred,       ///< one NUMA node first (MPOL_PREFERRED)
    preferred_many,  ///< several first (MPOL_PREFERRED_MANY, Linux 5.15; older kernels get the
                     ///< first one)
  };
  Kind kind{Kind::unchanged};
  CpuSet nodes;  ///< NUMA nodes by OS index

  friend bool operator==(const MemoryPolicy&, const MemoryPolicy&) = default;
};

}  // namespace holdfast::affinity
