// SPDX-License-Identifier: Apache-2.0
// Composer and llm-foundry: epE-baB-rank0.pt, or epE-baB/ as a distributed checkpoint, and links
// latest-rankR.pt that are set after a barrier. The step is the batch.
#include "checkpoint/layouts/dcp.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

class Composer : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "composer"; }

  Survey survey(Root& root) const override {
    Survey survey;
    for (const Entry& entry : root.listing().entries) {
      auto numbers = match("ep#-ba#", entry.name);
      if (!numbers) numbers = match("ep#-ba#-rank0.pt*", entry.name);
      if (numbers)
        survey.checkpoints.push_back(
            make_checkpoint(root, name(), entry, numbers->at(1), ".metadata"));
      else if (entry.status.kind == FileKind::refused && entry.name.starts_with("latest-"))
        survey.notes.push_back({entry.name,
                                Verdict::damaged,
                                Level::listing,
                                cat(entry.name, " is a link to a checkpoint that is not there")});
    }
    if (survey.checkpoints.empty()) survey.notes.clear();
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    if (examination.sound() && checkpoint.is_directory)
      check_dcp(examination, "");
    else if (examination.sound() && !checkpoint.path.ends_with(".pt"))
      examination.blame("",
                        Verdict::unknown,
                        Level::listing,
                        cat(checkpoint.path, " is compressed, and its inside is not read here"));
    else if (examination.sound() &&
             examination.need("", Verdict::unfinished, "the save never began") != nullptr)
      check_torch_file(examination, "");
    return std::move(examination).finish(level);
  }
};

}  // namespace

const Layout& composer() {
  static const Composer layout;
  return layout;
}

}  // namespace holdfast::checkpoint
