// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/checkpoint/verdict.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

/// One candidate, as directory listings tell it: nothing of it has been opened.
struct Checkpoint {
  std::string path;    ///< relative to the root; "" is the root itself
  std::string format;  ///< the layout's name: "torch-dcp"
  std::string tag;     ///< what the framework calls it where that is not the step: "global_step10"
  std::optional<std::uint64_t> step;
  std::optional<Time> committed;  ///< when the commit marker was written, where there is one
  bool is_directory{true};
  /// Of a checkpoint that is several files side by side ("ckpt-12.index", "ckpt-12.data-…"): their
  /// names, sorted. They lie in the directory `path` lies in, and `path` itself ("ckpt-12") is what
  /// the framework calls them together. Empty: `path` is the one file or directory.
  std::vector<std::string> parts;
  bool leftover{};   ///< a temporary name: an interrupted save, whatever it holds
  std::string note;  ///< the layout's own remark from survey to judge; never shown
};

/// A checkpoint that killed the attempts started from it, as the event log remembers it. Identity
/// is path, step and commit time together: the same name saved again is another checkpoint.
struct Condemned {
  std::string path;
  std::optional<std::uint64_t> step;
  std::optional<Time> committed;
  std::string why;  ///< "attempts 4 and 5 died while loading it"
};

/// The memory that speaks of this checkpoint, or nullptr.
[[nodiscard]] const Condemned* find_condemned(std::span<const Condemned> memory,
                                              const Checkpoint& checkpoint);

/// Newest last: by step, then commit marker, then name. Never by time alone: copies and `touch`
/// change times. A checkpoint that tells no step comes before all that do.
[[nodiscard]] std::strong_ordering by_age(const Checkpoint& a, const Checkpoint& b);

/// The path under the root of one of its members: `member` is as in its Tree.
[[nodiscard]] std::string path_of(const Checkpoint& checkpoint, std::string_view member);

/// "dir/name", and "name" where dir is "" (the root).
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view name);

}  // namespace holdfast::checkpoint
