// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/spank/cpu_bind.hpp"
#include "host.hpp"

namespace holdfast::spank {

/// In srun, before it launches: puts into its environment, which becomes the job's, what only srun
/// can know: HOLDFAST_MASTER_PORT, HOLDFAST_MASTER_ADDR, HOLDFAST_CPU_BIND_IS_USERS.
void hand_on_srun_facts(spank_t spank, const CpuBindFacts& cpu_bind);

}  // namespace holdfast::spank
