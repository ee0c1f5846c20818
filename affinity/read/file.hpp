// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::affinity {

/// A whole file of at most max_topology_bytes; a person may name a pipe.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file);

}  // namespace holdfast::affinity
