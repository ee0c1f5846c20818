// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/recovery/evidence.hpp"
#include "holdfast/recovery/loss.hpp"

namespace holdfast::recovery {

/// Makes one loss of all that is known, in this order: what Slurm says of the job, what nodes show
/// of themselves, the earliest line that is no echo of another rank's end, the first exit, the rank
/// that is silent while all others complain. Pure; linear in the text; no text can hurt it.
[[nodiscard]] Loss classify(const Evidence& evidence);

}  // namespace holdfast::recovery
