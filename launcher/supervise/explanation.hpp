// SPDX-License-Identifier: Apache-2.0
// What a decision rests on, in lines for the user: `holdfast run --explain`. Pure.
#pragma once

#include "holdfast/recovery/decide.hpp"

#include <string>
#include <vector>

namespace holdfast::supervise {

[[nodiscard]] std::vector<std::string> explanation(const recovery::Decision& decision,
                                                   const recovery::Loss& loss);

/// Of an attempt that starts: where, from what, and why so.
[[nodiscard]] std::vector<std::string> explanation(const std::vector<std::string>& nodes,
                                                   const std::vector<std::string>& spares,
                                                   const std::optional<recovery::Resume>& resume,
                                                   const std::string& why);

}  // namespace holdfast::supervise
