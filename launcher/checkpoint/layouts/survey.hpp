// SPDX-License-Identifier: Apache-2.0
// Making candidates out of names.
#pragma once

#include "holdfast/checkpoint/layout.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::checkpoint {

/// A candidate for an entry of the root; `marker` (relative to it, "" for the entry itself, being a
/// file) tells when it was committed.
[[nodiscard]] Checkpoint make_checkpoint(Root& root,
                                         std::string_view layout,
                                         const Entry& entry,
                                         std::optional<std::uint64_t> step,
                                         std::string_view marker);

/// The root itself as the one candidate.
[[nodiscard]] Checkpoint make_root_checkpoint(Root& root,
                                              std::string_view layout,
                                              std::string_view marker);

/// When a file was last changed; nothing when it cannot be seen.
[[nodiscard]] std::optional<Time> modified(const Root& root, const std::string& path);

/// An entry that is a directory, reached by a link or not.
[[nodiscard]] bool is_directory(const Entry& entry);
[[nodiscard]] bool is_file(const Entry& entry);

/// Whether a directory's first entries have one of this name or shape ('#' and '*' as in match()).
[[nodiscard]] bool has_entry(Root& root, const std::string& directory, std::string_view shape);

}  // namespace holdfast::checkpoint
