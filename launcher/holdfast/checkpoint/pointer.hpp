// SPDX-License-Identifier: Apache-2.0
// The small files by which some frameworks find their newest checkpoint: DeepSpeed's `latest`,
// TensorFlow's `checkpoint`, Megatron's tracker, Composer's links. Where such a pointer names
// another checkpoint than the one chosen, it is rewritten: in one step, its old contents recorded,
// and only where the program has no other way to be told.
#pragma once

#include "holdfast/checkpoint/checkpoint.hpp"
#include "holdfast/checkpoint/disk.hpp"
#include "holdfast/common/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

struct Pointer {
  std::string file;      ///< in the root
  bool link{};           ///< a symbolic link; else a file
  std::string contents;  ///< or where the link leads
};

enum class PointerPolicy {
  never,
  needed,  ///< where the format has no other way
  always,  ///< also where an argument would do (Megatron's --ckpt-step)
};

struct PointerEdit {
  Pointer before;
  std::string contents;  ///< what it is to say; or where to lead
  std::string why;
};

/// The pointers of this format that are there.
[[nodiscard]] Result<std::vector<Pointer>> read_pointers(const Disk& root, std::string_view format);

/// What has to be rewritten so that the program finds the chosen checkpoint. Pure.
[[nodiscard]] std::vector<PointerEdit> pointer_edits(std::span<const Pointer> pointers,
                                                     const Checkpoint& chosen,
                                                     PointerPolicy policy);

/// Carries it out under `root`, after writing down the old contents in <sidecar>/pointers.jsonl.
/// conflict when the pointer has changed since it was read: somebody else is at work.
Result<void> apply_pointer_edit(const std::string& root,
                                const std::string& sidecar,
                                const PointerEdit& edit);

}  // namespace holdfast::checkpoint
