// SPDX-License-Identifier: Apache-2.0
// What earlier attempts learned of checkpoints, kept as one JSON object a line in an append-only
// file of the state directory. A checkpoint that kills the attempts started from it is condemned;
// it looks good to every check, so only memory can keep it from being chosen again.
#pragma once

#include "holdfast/checkpoint/checkpoint.hpp"
#include "holdfast/common/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

enum class Experience {
  died,       ///< an attempt started from it ended badly before it saved anything newer
  condemned,  ///< a person or the supervisor ruled it out
  acquitted,  ///< it was ruled in again: what came before does not count
};

/// One line of the memory. Identity is path, step and commit time together, as in Condemned.
struct MemoryEntry {
  Experience experience{Experience::died};
  std::string path;
  std::optional<std::uint64_t> step;
  std::optional<Time> committed;
  std::string why;
  Time when;
};

[[nodiscard]] MemoryEntry remember(Experience experience,
                                   const Checkpoint& checkpoint,
                                   std::string why,
                                   Time when);

/// One line, without its end; and back. Nothing for a line that is torn or not understood.
[[nodiscard]] std::string to_line(const MemoryEntry& entry);
[[nodiscard]] std::optional<MemoryEntry> parse_memory_line(std::string_view line);

/// Who is condemned by all this: ruled out, or `deaths` attempts died of it.
[[nodiscard]] std::vector<Condemned> condemned_by(std::span<const MemoryEntry> memory,
                                                  unsigned deaths = 2);

/// All entries; none where the file is missing. Lines that cannot be understood are passed over: a
/// crash may have cut one off.
[[nodiscard]] Result<std::vector<MemoryEntry>> read_memory(const std::string& file);

Result<void> append_memory(const std::string& file, const MemoryEntry& entry);

}  // namespace holdfast::checkpoint
