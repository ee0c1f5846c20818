// SPDX-License-Identifier: Apache-2.0
// Distributed checkpoints of PyTorch as a program writes them itself: one directory per step, under
// whatever names, or the root is the only one.
#include "checkpoint/layouts/dcp.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"

#include <algorithm>
#include <set>

namespace holdfast::checkpoint {

namespace {

class TorchDcp : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "torch-dcp"; }

  Survey survey(Root& root) const override {
    Survey survey;
    if (looks_like_dcp(root.listing())) {
      survey.checkpoints.push_back(make_root_checkpoint(root, name(), ".metadata"));
      return survey;
    }
    std::set<std::string> shapes;
    std::vector<const Entry*> empty;
    for (const Entry& entry : root.listing().entries) {
      if (!is_directory(entry)) continue;
      const Listing& inside = root.peek(entry.name);
      if (inside.entries.empty()) empty.push_back(&entry);
      if (!looks_like_dcp(inside)) continue;
      shapes.insert(without_numbers(entry.name));
      survey.checkpoints.push_back(
          make_checkpoint(root, name(), entry, step_of_name(entry.name), ".metadata"));
    }
    // A save that was cut off before its first file leaves an empty directory of the same kind.
    for (const Entry* entry : empty)
      if (shapes.contains(without_numbers(entry->name)))
        survey.checkpoints.push_back(
            make_checkpoint(root, name(), *entry, step_of_name(entry->name), ".metadata"));
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    if (examination.sound()) check_dcp(examination, "");
    return std::move(examination).finish(level);
  }
};

}  // namespace

const Layout& torch_dcp() {
  static const TorchDcp layout;
  return layout;
}

}  // namespace holdfast::checkpoint
