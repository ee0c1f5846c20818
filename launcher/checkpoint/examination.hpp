// SPDX-License-Identifier: Apache-2.0
// The notebook of a judge: findings are written into it as files are looked at, and at the end it
// sums them up to one judgement. Every layout uses one, so that equal damage reads equal whatever
// the format.
#pragma once

#include "holdfast/checkpoint/layout.hpp"

#include <string>
#include <string_view>

namespace holdfast::checkpoint {

class Examination {
 public:
  Examination(const Disk& disk,
              const Checkpoint& checkpoint,
              const Tree& tree,
              Level level,
              const Context& context);

  [[nodiscard]] const Disk& disk() const { return disk_; }
  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] const Tree& tree() const { return tree_; }
  [[nodiscard]] const Context& context() const { return context_; }
  [[nodiscard]] bool wants(Level level) const { return level <= level_; }
  /// The path of a member under the root of the catalogue.
  [[nodiscard]] std::string path_of(std::string_view member) const;

  /// Writes down what is wrong with one member. `why` starts with the file's name or has it in it.
  void blame(std::string_view member, Verdict verdict, Level level, std::string why);
  /// The same for a failed read: gone, denied, too slow or torn, each to its own verdict.
  void blame(std::string_view member, const Failure& failure, Level level);
  void flag(Flag flag) { judgement_.flags.insert(flag); }
  void tell_step(std::uint64_t step) { judgement_.step = step; }
  void add_payload(PayloadFile file) { judgement_.payload.push_back(std::move(file)); }
  [[nodiscard]] std::vector<PayloadFile>& payload() { return judgement_.payload; }

  /// Nothing so far that keeps the checkpoint from being used.
  [[nodiscard]] bool sound() const { return judgement_.verdict == Verdict::good; }
  [[nodiscard]] const Judgement& so_far() const { return judgement_; }

  /// What no format tolerates: leftovers of an interrupted save, members that cannot be looked at,
  /// more entries than the limit. Every layout starts with it.
  void check_listing();

  /// The member is there, a regular file and not empty; else it is written down. `absent` is the
  /// verdict when it is not there at all.
  const Member* need(std::string_view member, Verdict absent, std::string_view what);

  /// The verdict over all that was written down. `reached` is the level that was completed when
  /// everything is sound.
  [[nodiscard]] Judgement finish(Level reached) &&;

 private:
  const Disk& disk_;
  const Checkpoint& checkpoint_;
  const Tree& tree_;
  Level level_;
  const Context& context_;
  Judgement judgement_;
};

/// How a failed read speaks of the file: bad contents are damage, no answer is no verdict.
[[nodiscard]] Verdict verdict_of(const Failure& failure);

}  // namespace holdfast::checkpoint
