// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace holdfast::recovery {

/// A message without what changes from run to run: numbers and addresses become '#', a path its
/// last component, runs of blanks one blank. At most 200 bytes.
[[nodiscard]] std::string without_chance(std::string_view message);

/// The text on one line as a person may be shown it, at most `bytes` long.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes = 200);

}  // namespace holdfast::recovery
