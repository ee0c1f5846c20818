// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstddef>
#include <string>

namespace holdfast::checkpoint {

/// A note of our own, of at most `most` bytes; not_found where there is none. It lies on the file
/// system of the checkpoints as a rule, so it is read within a deadline as they are.
[[nodiscard]] Result<std::string> read_note(const std::string& file, std::size_t most);

}  // namespace holdfast::checkpoint
