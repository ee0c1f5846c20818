// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checkpoint/examination.hpp"

#include <string_view>

namespace holdfast::checkpoint {

/// The last look at a checkpoint whose format has no checksums. Every file that `counts` is opened
/// (may it be read at all?) and looked at for holes, which are all that can be seen of lost data; a
/// sound one is listed as payload without claims, for a manifest of our own.
void check_unsummed(Examination& notes, bool (*counts)(std::string_view path));

/// The same for all files.
void check_unsummed(Examination& notes);

}  // namespace holdfast::checkpoint
