// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/spank/settings.hpp"
#include "host.hpp"

namespace holdfast::spank {

/// Makes --holdfast-bind and --holdfast-visible known to srun, sbatch, salloc or slurmstepd.
/// Allowed in slurm_spank_init only.
void register_options(spank_t spank);

/// What was asked for by option, in this process, until now. srun applies options inherited from
/// sbatch first and its own command line after them, and the last word counts.
[[nodiscard]] BindWish asked_by_option();

}  // namespace holdfast::spank
