// SPDX-License-Identifier: Apache-2.0
// Programs that call torch.save() themselves: one file per save under any name, or one file that is
// written over again and again. Without a temporary name the end of the archive is all that
// commits.
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"

namespace holdfast::checkpoint {

namespace {

class SingleTorchFile : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "torch-file"; }

  Survey survey(Root& root) const override {
    Survey survey;
    for (const Entry& entry : root.listing().entries)
      if (is_file(entry) && is_torch_name(entry.name))
        survey.checkpoints.push_back(
            make_checkpoint(root, name(), entry, step_of_name(entry.name), ""));
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    if (examination.need("", Verdict::unfinished, "the save never began") != nullptr) {
      const auto facts = check_torch_file(examination, "");
      if (facts && facts->step()) examination.tell_step(*facts->step());
    }
    return std::move(examination).finish(level);
  }
};

}  // namespace

const Layout& single_torch_file() {
  static const SingleTorchFile layout;
  return layout;
}

}  // namespace holdfast::checkpoint
