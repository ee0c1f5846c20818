// SPDX-License-Identifier: Apache-2.0
// accelerate: a directory per save, nothing that commits it, and a number that counts saves rather
// than steps. What is whole can be told by the ranks' files, by a good sibling, and by everything
// in it being sound; a young one may always be missing something.
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/layouts/training_parts.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

constexpr const char* rank_shape = "random_states_#.pkl";

class Accelerate : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "accelerate"; }

  Survey survey(Root& root) const override {
    Survey survey;
    bool recognised = false;
    for (const Entry& entry : root.listing().entries) {
      if (!is_directory(entry)) continue;
      const bool states = has_entry(root, entry.name, rank_shape);
      const bool named = match("checkpoint_#", entry.name) || match("step_#", entry.name) ||
                         match("epoch_#", entry.name);
      recognised = recognised || states;
      if (!states && !named) continue;
      survey.checkpoints.push_back(
          make_checkpoint(root, name(), entry, step_of_name(entry.name), "random_states_0.pkl"));
    }
    if (!recognised) survey.checkpoints.clear();
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    examination.need("random_states_0.pkl", Verdict::unfinished, "every rank writes one");
    if (examination.sound()) check_members(examination);
    return std::move(examination).finish(level);
  }

 private:
  static void check_members(Examination& examination) {
    const TrainingParts parts = find_parts(examination);
    if (!parts.model)
      examination.blame(
          "", Verdict::unfinished, Level::listing, cat(examination.path_of(""), " holds no model"));
    if (!parts.optimizer) examination.flag(Flag::model_only);
    if (!parts.deepspeed.empty()) examination.flag(Flag::world_size_bound);
    check_foreign_members(examination, is_tensor_file);
    check_rank_files(examination, rank_shape);
    if (examination.sound()) check_parts(examination, parts);
  }
};

}  // namespace

const Layout& accelerate() {
  static const Accelerate layout;
  return layout;
}

}  // namespace holdfast::checkpoint
