// SPDX-License-Identifier: Apache-2.0
// The policy of a run as a table: `holdfast run --dry-run --explain`. Pure.
#pragma once

#include "holdfast/recovery/decide.hpp"

#include <string>

namespace holdfast::cli {

/// One row for each cause: how often it is forgiven and how long is waited; then what holds for
/// all.
[[nodiscard]] std::string policy_table(const recovery::Policy& policy);

}  // namespace holdfast::cli
