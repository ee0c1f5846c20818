// SPDX-License-Identifier: Apache-2.0
// Making the manifest of one checkpoint: `ckpt verify --manifest` does it for a person, `ckpt watch
// --manifest` in the background for each that becomes complete.
#pragma once

#include "cli/ckpt/deep.hpp"
#include "cli/ckpt/look.hpp"

namespace holdfast::cli {

/// Sums up the checkpoint's files and writes its manifest into the sidecar. What an interrupted
/// call has read is not read again. A checkpoint that changes meanwhile is a failure: its sums
/// would be those of no save.
[[nodiscard]] Result<checkpoint::Manifest> write_sums(const checkpoint::Disk& disk,
                                                      const std::string& sidecar,
                                                      const checkpoint::Listed& listed,
                                                      const DeepWish& wish,
                                                      const TellState& tell);

/// Whether the sidecar has a manifest of this very save.
[[nodiscard]] bool has_sums(const checkpoint::Disk& disk,
                            const std::string& sidecar,
                            const checkpoint::Listed& listed);

}  // namespace holdfast::cli
