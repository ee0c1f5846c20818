// SPDX-License-Identifier: Apache-2.0
// How each framework saves: the operations it performs, in its order, with its bytes. The damage
// matrix breaks what these leave, and the kill trials stop them half-way.
#pragma once

#include "holdfast/checkpoint/verdict.hpp"
#include "support/checkpoint/world.hpp"

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace holdfast::checkpoint::testing {

/// What a fixture's damage is expected to be called, where formats differ.
struct Expected {
  Verdict missing_shard{Verdict::damaged};
  Verdict empty_shard{Verdict::damaged};
  Verdict missing_marker{Verdict::unfinished};
  Verdict flipped_byte{Verdict::damaged};   ///< at Level::payload; good where there is no checksum
  Verdict foreign_shard{Verdict::damaged};  ///< the same file of an older step, with its time
  Verdict hole{Verdict::damaged};
  Verdict zeroed_head{Verdict::damaged};
};

struct Framework {
  std::string name;    ///< of the fixture
  std::string format;  ///< that the catalogue is to recognise
  /// Saves step `step` below the root; gives the checkpoint's path.
  std::string (*save)(World& world, std::uint64_t step);
  /// A file with tensors, relative to the checkpoint; "" is the checkpoint itself, and what begins
  /// with ".." lies beside it.
  std::string shard;
  std::string marker;  ///< the file that commits; empty: none, or the shard's own end
  Expected expected;
  /// One index over all saves is rewritten in place: when it is torn, none of them can be told.
  bool one_index{};

  /// Whether a save leaves those before it alone, so that one may be damaged and another not.
  [[nodiscard]] bool keeps_saves_apart() const;
  [[nodiscard]] bool has_marker() const { return !marker.empty(); }
};

/// How a test's parameter is told.
inline void PrintTo(const Framework& framework, std::ostream* out) { *out << framework.name; }

/// Every framework of this tree. One row each; see frameworks.cpp.
[[nodiscard]] const std::vector<Framework>& frameworks();

/// Writes files side by side, as ranks do: a piece of each in turn.
struct NewFile {
  std::string path;
  std::string bytes;
};
void write_together(World& world, const std::vector<NewFile>& files);

}  // namespace holdfast::checkpoint::testing
