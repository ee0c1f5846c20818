// SPDX-License-Identifier: Apache-2.0
// The file of `holdfast decide`: a loss and all that is looked at to decide about it, as JSON.
// holdfast-decide(1) describes it. Pure.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/recovery/decide.hpp"

#include <string_view>

namespace holdfast::cli {

struct DecideCase {
  recovery::History history;  ///< its last loss is classified where the file has evidence
  recovery::Choice choice;
  recovery::Ground ground;
  recovery::Policy policy;
};

/// No file a person writes is larger; one with 100,000 lines of stderr is a tenth of it.
inline constexpr std::size_t most_case_bytes = std::size_t{256} << 20U;

[[nodiscard]] Result<DecideCase> parse_case(std::string_view text);

}  // namespace holdfast::cli
