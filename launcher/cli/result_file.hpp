// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"
#include "holdfast/common/result.hpp"

#include <string>
#include <string_view>

namespace holdfast::cli {

/// Writes a whole result to the file the user named, "-" being standard output. What was in the
/// file is replaced; a device or a pipe is written to as it is.
[[nodiscard]] Result<void> write_result(Caller& caller,
                                        const std::string& file,
                                        std::string_view text);

}  // namespace holdfast::cli
