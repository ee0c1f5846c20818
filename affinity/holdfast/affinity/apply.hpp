// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/memory_policy.hpp"
#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/result.hpp"

namespace holdfast::affinity {

/// Binds the calling process (its first thread; later threads inherit) to `cpus` and reads the mask
/// back: the kernel silently cuts it to the cgroup's cpuset, and a cut mask is a failure that says
/// what would be left. After a failure the binding is what it was. An empty set changes nothing.
[[nodiscard]] Result<void> apply_cpus(const CpuSet& cpus);

/// Sets the memory policy of the calling thread; what it starts inherits it. `unchanged` changes
/// nothing. A kernel without MPOL_PREFERRED_MANY gets the first node of the set.
[[nodiscard]] Result<void> apply_memory(const MemoryPolicy& policy);

/// The PUs the calling process may use now.
[[nodiscard]] Result<CpuSet> read_allowed_cpus();

}  // namespace holdfast::affinity
