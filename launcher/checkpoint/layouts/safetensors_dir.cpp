// SPDX-License-Identifier: Apache-2.0
// Weights in safetensors with nothing around them: the root, or one directory per save. Good for
// evaluation and fine-tuning; there is no optimizer to resume with.
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <set>

namespace holdfast::checkpoint {

namespace {

constexpr const char* index_name = "model.safetensors.index.json";

bool looks_like_weights(const Listing& listing) {
  return std::ranges::any_of(listing.entries, [](const Entry& entry) {
    return entry.name.ends_with(".safetensors") || entry.name == index_name;
  });
}

class SafetensorsDir : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "safetensors"; }

  Survey survey(Root& root) const override {
    Survey survey;
    if (looks_like_weights(root.listing())) {
      survey.checkpoints.push_back(make_root_checkpoint(root, name(), index_name));
      return survey;
    }
    for (const Entry& entry : root.listing().entries)
      if (is_directory(entry) && looks_like_weights(root.peek(entry.name)))
        survey.checkpoints.push_back(
            make_checkpoint(root, name(), entry, step_of_name(entry.name), index_name));
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.flag(Flag::model_only);
    examination.flag(Flag::without_inventory);
    examination.check_listing();
    if (examination.sound()) check_members(examination);
    return std::move(examination).finish(level);
  }

 private:
  static void check_members(Examination& examination) {
    check_parts_of(examination);
    check_foreign_members(examination, is_tensor_file);
    if (examination.tree().find(index_name) != nullptr) {
      if (examination.need(index_name, Verdict::unfinished, "it names the weights"))
        check_indexed_weights(examination, index_name);
      return;
    }
    for (const Member& member : examination.tree().members)
      if (examination.sound() && member.path.ends_with(".safetensors") &&
          examination.need(member.path, Verdict::unfinished, "weights") != nullptr)
        check_safetensors_file(examination, member.path);
  }

  /// model-00002-of-00004.safetensors says itself how many there are.
  static void check_parts_of(Examination& examination) {
    std::set<std::uint64_t> there;
    std::uint64_t parts = 0;
    for (const Member& member : examination.tree().members)
      if (const auto numbers = match("*-#-of-#.safetensors", base_name(member.path))) {
        there.insert(numbers->at(0));
        parts = std::max(parts, numbers->at(1));
      }
    std::uint64_t part = 1;
    while (there.contains(part))
      ++part;
    const auto unfinished = [&](const std::string& what) {
      examination.blame(
          "", Verdict::unfinished, Level::listing, cat(examination.path_of(""), " lacks ", what));
    };
    if (part <= parts) unfinished(cat("part ", part, " of ", parts, " of its weights"));
    if (parts > 1 && examination.tree().find(index_name) == nullptr)
      unfinished("the index of its weights, which is written last");
  }
};

}  // namespace

const Layout& safetensors_dir() {
  static const SafetensorsDir layout;
  return layout;
}

}  // namespace holdfast::checkpoint
