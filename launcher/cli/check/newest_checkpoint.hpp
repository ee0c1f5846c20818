// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/host_facts.hpp"

#include <filesystem>

namespace holdfast::cli {

/// Finds the newest checkpoint below the directory that is whole, and what it takes. Looks at heads
/// and tails only; may wait for ever, as its file system may. For root the process becomes the
/// directory's owner and cannot go back: call it in a child.
void find_newest_checkpoint(const std::filesystem::path& directory, health::CheckpointFacts& facts);

}  // namespace holdfast::cli
