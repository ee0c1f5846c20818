// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace holdfast::bench {

/// `holdfast-bench plan`: plans for every machine there is, judges the plans, compares with what
/// was measured of others. Returns the exit code: 0, 1 when a bar is missed, 2 when the call is
/// wrong.
int plan_verb(std::span<const std::string_view> arguments);

}  // namespace holdfast::bench
