// SPDX-License-Identifier: Apache-2.0
// PyTorch Lightning: NAME.ckpt, a file of torch.save() or, sharded, a directory with a distributed
// checkpoint and meta.pt, which is written last; under DeepSpeed a directory with its save. The
// number in hpc_ckpt_N counts preemptions; the step is inside.
#include "checkpoint/layouts/dcp.hpp"
#include "checkpoint/layouts/deepspeed_tag.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

constexpr const char* ending = ".ckpt";

bool is_shard(std::string_view path) { return path.ends_with(".distcp") || path == ".metadata"; }

class Lightning : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "lightning"; }

  Survey survey(Root& root) const override {
    Survey survey;
    for (const Entry& entry : root.listing().entries) {
      if (!entry.name.ends_with(ending)) continue;
      if (entry.status.kind == FileKind::refused) {
        survey.notes.push_back({entry.name,
                                Verdict::damaged,
                                Level::listing,
                                cat(entry.name, " is a link to a checkpoint that is not there")});
        continue;
      }
      if (names_another(root, entry)) continue;
      auto step = number_after("step=", entry.name);
      if (!step) step = number_after("step_", entry.name);
      survey.checkpoints.push_back(make_checkpoint(root, name(), entry, step, "meta.pt"));
    }
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    if (!examination.sound()) return std::move(examination).finish(level);
    const std::string tag = checkpoint.is_directory ? find_deepspeed_tag(examination, "") : "";
    if (!checkpoint.is_directory)
      check_file(examination);
    else if (tree.find("latest") == nullptr && tag.empty())
      check_sharded(examination);
    else if (!tag.empty())
      check_deepspeed_tag(examination, tag);
    return std::move(examination).finish(level);
  }

 private:
  static void check_file(Examination& examination) {
    if (examination.need("", Verdict::unfinished, "the save never began") == nullptr) return;
    const auto facts = check_torch_file(examination, "");
    if (!facts) return;
    if (const auto step = facts->step()) examination.tell_step(*step);
    if (facts->has("pytorch-lightning_version") && !facts->has("state_dict"))
      examination.blame("",
                        Verdict::damaged,
                        Level::structure,
                        cat(examination.path_of(""), " is of Lightning, but has no state_dict"));
    if (!facts->has_filled("optimizer_states")) examination.flag(Flag::model_only);
  }

  static void check_sharded(Examination& examination) {
    constexpr const char* marker = "meta.pt";
    examination.need(marker, Verdict::unfinished, "rank 0 writes it last");
    if (!examination.sound()) return;
    check_marker_is_newest(examination, marker, is_shard);
    if (!examination.sound()) return;
    check_dcp(examination, "");
    if (!examination.sound()) return;
    const auto facts = check_torch_file(examination, marker);
    if (facts && facts->step()) examination.tell_step(*facts->step());
  }

  /// last.ckpt as a link to one that is listed itself.
  static bool names_another(const Root& root, const Entry& entry) {
    if (!entry.status.linked) return false;
    const auto target = root.disk().read_link(entry.name);
    return target && root.listing().find(base_name(*target)) != nullptr;
  }
};

}  // namespace

const Layout& lightning() {
  static const Lightning layout;
  return layout;
}

}  // namespace holdfast::checkpoint
