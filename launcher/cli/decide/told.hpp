// SPDX-License-Identifier: Apache-2.0
// A decision as a person and as a program read it.
#pragma once

#include "holdfast/recovery/decide.hpp"

#include <string>

namespace holdfast::cli {

/// A few lines; with `explain` also what the loss rests on and what was refused.
[[nodiscard]] std::string told(const recovery::Decision& decision,
                               const recovery::Loss& loss,
                               bool explain);

/// One JSON object.
[[nodiscard]] std::string told_json(const recovery::Decision& decision, const recovery::Loss& loss);

}  // namespace holdfast::cli
