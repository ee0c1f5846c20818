// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/recovery/loss.hpp"

#include <string>

namespace holdfast::recovery {

/// What a person may do about a loss that holdfast will not go on from: one sentence.
[[nodiscard]] std::string advice_for(const Loss& loss);

/// The same where attempts come and go and nothing new is saved.
[[nodiscard]] std::string advice_for_no_progress(const Loss& loss);

}  // namespace holdfast::recovery
