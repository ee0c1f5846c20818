// SPDX-License-Identifier: Apache-2.0
// All checkpoints under one root, each with its verdict: what `holdfast ckpt list` prints and what
// select() chooses from. Reading is done by one process on one node; ranks get the answer handed to
// them, because two nodes may see two listings of the same network directory.
#pragma once

#include "holdfast/checkpoint/layout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::checkpoint {

/// How to look. The defaults are those of `holdfast ckpt`.
struct Wish {
  std::string format;      ///< a layout's name; empty: recognise it
  std::string marker;      ///< user-named commit marker; empty: none
  bool by_command{};       ///< a command of the user's has the last word on what is good here
  unsigned candidates{3};  ///< how many of the newest are looked into; the others are only listed
  Level level{Level::structure};
  std::chrono::nanoseconds slack{std::chrono::seconds(2)};
  std::chrono::nanoseconds quiet{std::chrono::seconds(60)};
  Limits limits;
  std::optional<std::uint64_t>
      world_size;  ///< ranks of the job: helps formats without an inventory
  /// Directories that may hold manifests of our own; the first that has one of a checkpoint speaks.
  std::vector<std::string> manifests;
  std::vector<Condemned> condemned;  ///< not looked into: whatever they hold, they are not chosen
};

struct Listed {
  Checkpoint checkpoint;
  Judgement judgement;
  std::uint64_t bytes{};
  std::uint64_t files{};
  Time newest;  ///< latest modification of a file in it
};

/// What lies in a root without any checkpoint.
enum class Ground {
  absent,     ///< there is no such directory: nothing was ever saved
  empty,      ///< nothing in it that could be (part of) a checkpoint
  foreign,    ///< files or directories that no layout knows
  inhabited,  ///< checkpoints, good or bad, or traces of them
};

struct Catalogue {
  std::string format;  ///< the layout recognised; empty: none
  std::vector<Listed> newest_first;
  std::vector<Finding> notes;  ///< on pointers and leftovers beside the checkpoints
  Ground ground{Ground::empty};
  std::string foreign;  ///< the first name no layout knows, for the sentence
  std::string root;     ///< for it too, as who asks names it; may be empty
};

/// Lists and judges. Fails only when the root itself cannot be read; a checkpoint that cannot is
/// `unknown`.
[[nodiscard]] Result<Catalogue> read_catalogue(const Disk& root, const Wish& wish, Time now);

/// One checkpoint by its path under the root ("" is the root), wherever it stands in the order.
[[nodiscard]] Result<Listed> read_checkpoint(const Disk& root,
                                             const std::string& path,
                                             const Wish& wish,
                                             Time now);

}  // namespace holdfast::checkpoint
