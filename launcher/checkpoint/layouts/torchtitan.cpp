// SPDX-License-Identifier: Apache-2.0
// torchtitan: DIR/step-N, each a distributed checkpoint, or weights in the Hugging Face form. Its
// own purge thread deletes old ones, counting unfinished ones too, while we look.
#include "checkpoint/layouts/dcp.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view weights_index = "model.safetensors.index.json";

class Torchtitan : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "torchtitan"; }

  Survey survey(Root& root) const override {
    Survey survey;
    bool recognised = false;
    for (const Entry& entry : root.listing().entries) {
      const auto step = match("step-#", entry.name);
      if (!step || !is_directory(entry)) continue;
      const Listing& inside = root.peek(entry.name);
      recognised = recognised || looks_like_dcp(inside) || inside.find(weights_index) != nullptr;
      survey.checkpoints.push_back(
          make_checkpoint(root, name(), entry, step->front(), ".metadata"));
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
    if (tree.find(weights_index) != nullptr && tree.find(".metadata") == nullptr) {
      examination.flag(Flag::model_only);
      if (examination.sound()) check_indexed_weights(examination, weights_index);
    } else if (examination.sound()) {
      const DcpRoots roots = check_dcp(examination, "");
      // The last step, and step 0, are saved as weights only unless the user says otherwise.
      if (!roots.empty() && !roots.contains("train_state") && !roots.contains("optimizer"))
        examination.flag(Flag::model_only);
    }
    return std::move(examination).finish(level);
  }
};

}  // namespace

const Layout& torchtitan() {
  static const Torchtitan layout;
  return layout;
}

}  // namespace holdfast::checkpoint
