// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <functional>
#include <string_view>

namespace holdfast::checkpoint {

/// Gets every key and value of a table in ascending order; a failure ends the reading.
using SstableEntry = std::function<Result<void>(std::string_view key, std::string_view value)>;

/// Reads a whole LevelDB table with uncompressed blocks, as TensorFlow's `.index` files are. Every
/// block's masked CRC-32C is compared before anything in it is believed.
[[nodiscard]] Result<void> read_sstable(std::string_view file, const SstableEntry& entry);

}  // namespace holdfast::checkpoint
