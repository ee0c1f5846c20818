// SPDX-License-Identifier: Apache-2.0
// DeepSpeed by itself: DIR/TAG and `latest`, which names a tag and commits nothing.
#include "checkpoint/layouts/deepspeed_tag.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <set>

namespace holdfast::checkpoint {

namespace {

/// A directory made by ds_to_universal: zero/PARAMETER/fp32.pt for every parameter.
void check_universal(Examination& examination) {
  bool any = false;
  for (const Member& member : examination.tree().under("zero")) {
    if (member.status.kind != FileKind::directory) {
      if (examination.sound() && member.path.ends_with(".pt") &&
          examination.need(member.path, Verdict::damaged, "a parameter's state") != nullptr)
        check_torch_file(examination, member.path);
      continue;
    }
    any = true;
    const auto inside = examination.tree().under(member.path);
    const bool leaf =
        std::ranges::any_of(inside, [](const Member& file) { return file.path.ends_with(".pt"); });
    if (leaf)
      examination.need(join_path(member.path, "fp32.pt"),
                       Verdict::unfinished,
                       "the conversion of this parameter never ended");
  }
  if (!any || !examination.tree().under("tmp").empty())
    examination.blame("zero",
                      Verdict::unfinished,
                      Level::listing,
                      cat(examination.path_of(""), " is a conversion that never ended"));
}

class Deepspeed : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "deepspeed"; }

  Survey survey(Root& root) const override {
    Survey survey;
    std::set<std::string> shapes;
    std::vector<const Entry*> empty;
    for (const Entry& entry : root.listing().entries) {
      if (!is_directory(entry)) continue;
      const Listing& inside = root.peek(entry.name);
      const bool universal = entry.name.ends_with("_universal") && inside.find("zero") != nullptr;
      if (inside.entries.empty()) empty.push_back(&entry);
      if (!universal && !looks_like_deepspeed_tag(inside)) continue;
      shapes.insert(without_numbers(entry.name));
      add(root, entry, survey);
    }
    for (const Entry* entry : empty)
      if (shapes.contains(without_numbers(entry->name))) add(root, *entry, survey);
    const bool saved_here = root.listing().find("zero_to_fp32.py") != nullptr;
    if ((!survey.checkpoints.empty() || saved_here) && root.listing().find("latest") != nullptr)
      note_latest(root, survey);
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    if (examination.sound() && tree.find("zero") != nullptr)
      check_universal(examination);
    else if (examination.sound())
      check_deepspeed_tag(examination, "");
    return std::move(examination).finish(level);
  }

 private:
  void add(Root& root, const Entry& entry, Survey& survey) const {
    survey.checkpoints.push_back(make_checkpoint(root,
                                                 name(),
                                                 entry,
                                                 number_after("global_step", entry.name),
                                                 "mp_rank_00_model_states.pt"));
    if (!survey.checkpoints.back().committed)
      survey.checkpoints.back().committed = entry.status.modified;
  }

  static void note_latest(Root& root, Survey& survey) {
    const auto text = read_small_file(root.disk(), "latest", 4096);
    if (!text) return;
    const std::string tag(trim(*text));
    if (std::ranges::find(survey.checkpoints, tag, &Checkpoint::path) != survey.checkpoints.end())
      return;
    survey.notes.push_back({"latest",
                            Verdict::damaged,
                            Level::edges,
                            tag.empty() ? std::string("latest is empty: DeepSpeed would start anew")
                                        : cat("latest names ", tag, ", which is not there")});
  }
};

}  // namespace

const Layout& deepspeed() {
  static const Deepspeed layout;
  return layout;
}

}  // namespace holdfast::checkpoint
