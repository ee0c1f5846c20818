// SPDX-License-Identifier: Apache-2.0
// NeMo 2: directories with weights/ (Megatron-core) and context/. A marker beside the checkpoint,
// NAME-unfinished, is set before saving or deleting and taken away after; it is the commit marker
// turned round.
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/megatron_dist.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

std::string marker_of(std::string_view path) {
  for (const std::string_view ending : {".ckpt", "-EMA"})
    if (path.ends_with(ending)) path.remove_suffix(ending.size());
  return cat(path, "-unfinished");
}

class Nemo : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "nemo"; }

  Survey survey(Root& root) const override {
    Survey survey;
    bool recognised = false;
    for (const Entry& entry : root.listing().entries) {
      if (entry.status.kind == FileKind::refused && entry.name.ends_with("-last"))
        survey.notes.push_back({entry.name,
                                Verdict::damaged,
                                Level::listing,
                                cat(entry.name, " is a link to a checkpoint that is not there")});
      if (!is_directory(entry)) continue;
      const bool begun = root.listing().find(marker_of(entry.name)) != nullptr;
      const bool shaped = root.peek(entry.name).find("weights") != nullptr;
      if ((!begun && !shaped) || names_another(root, entry)) continue;
      recognised = recognised || begun || shaped;
      survey.checkpoints.push_back(make_checkpoint(
          root, name(), entry, number_after("step=", entry.name), "weights/metadata.json"));
    }
    if (!recognised) survey.notes.clear();
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    const std::string marker = marker_of(checkpoint.path);
    if (const auto status = disk.status(marker); status)
      examination.blame("",
                        Verdict::unfinished,
                        Level::listing,
                        cat(marker, " stands beside it: saving or deleting it never ended"));
    else if (status.error().kind != FailureKind::not_found)
      examination.blame("", status.error(), Level::listing);
    if (examination.sound()) check_megatron_dist(examination, "weights");
    if (examination.sound()) check_context(examination);
    return std::move(examination).finish(level);
  }

 private:
  /// The model's description, without which the weights are of no use. What else lies there are
  /// copies of the user's own files.
  static void check_context(Examination& examination) {
    const auto members = examination.tree().under("context");
    if (members.empty())
      examination.blame("context",
                        Verdict::unfinished,
                        Level::listing,
                        cat(examination.path_of("context"), " is missing or empty"));
    for (const Member& member : members) {
      if (directory_name(member.path) != "context") continue;
      if (member.path.ends_with(".yaml")) check_yaml_file(examination, member.path);
      if (member.path.ends_with(".json")) check_json_file(examination, member.path);
    }
  }

  /// A link to a checkpoint that is listed itself: NAME-last, when saved as a link.
  static bool names_another(const Root& root, const Entry& entry) {
    if (!entry.status.linked) return false;
    const auto target = root.disk().read_link(entry.name);
    return target && root.listing().find(base_name(*target)) != nullptr;
  }
};

}  // namespace

const Layout& nemo() {
  static const Nemo layout;
  return layout;
}

}  // namespace holdfast::checkpoint
