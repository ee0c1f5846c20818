// SPDX-License-Identifier: Apache-2.0
// Flax before Orbax: one msgpack file checkpoint_<step>, renamed from checkpoint_tmp. Arrays spread
// over processes lie beside it in checkpoint_<step>_gda/, which is finished first and then holds
// commit_success.txt. There is no checksum, but the file must end where its one value ends.
#include "checkpoint/bytes.hpp"
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/msgpack.hpp"
#include "checkpoint/layouts/candidate.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/unsummed.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view array_ending = "_gda";
constexpr std::string_view array_marker = "commit_success.txt";

void check_arrays(Examination& notes, const std::string& file) {
  const std::string arrays = cat(base_name(notes.checkpoint().path), array_ending);
  if (notes.tree().find(arrays) == nullptr)
    return notes.blame(arrays,
                       Verdict::damaged,
                       Level::structure,
                       cat(notes.path_of(arrays), " is missing: ", file, " says arrays lie there"));
  const std::string marker = join_path(notes.path_of(arrays), array_marker);
  const auto status = notes.disk().status(marker);
  if (status) return;
  if (status.error().kind != FailureKind::not_found)
    return notes.blame(arrays, status.error(), Level::structure);
  notes.blame(arrays,
              Verdict::unfinished,
              Level::structure,
              cat(marker, " is missing: its arrays were not all written"));
}

void check_file(Examination& notes, const std::string& member) {
  const std::string path = notes.path_of(member);
  const auto file = notes.disk().open(path);
  if (!file) return notes.blame(member, file.error(), Level::edges);
  const auto shape = walk_msgpack(Slice(**file), notes.context().limits.index_items);
  if (!shape) return notes.blame(member, shape.error(), Level::structure);
  if (shape->placeholders) check_arrays(notes, path);
}

class Flax final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "flax"; }

  Survey survey(Root& root) const override {
    Survey survey;
    for (const Entry& entry : root.listing().entries) {
      const auto step = match("checkpoint_#", entry.name);
      const bool leftover = entry.name == "checkpoint_tmp";
      if ((!step && !leftover) || entry.status.kind == FileKind::directory) continue;
      Checkpoint one = file_candidate(entry.name, name(), entry.status.modified);
      one.tag = entry.name;
      one.leftover = leftover;
      if (step) one.step = step->front();
      const std::string arrays = cat(entry.name, array_ending);
      if (root.listing().find(arrays) != nullptr) one.parts = {entry.name, arrays};
      survey.checkpoints.push_back(std::move(one));
    }
    if (std::ranges::all_of(survey.checkpoints, &Checkpoint::leftover)) survey.checkpoints.clear();
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination notes(disk, checkpoint, tree, level, context);
    notes.check_listing();
    if (checkpoint.leftover)
      notes.blame("",
                  Verdict::unfinished,
                  Level::listing,
                  cat(checkpoint.path, " is what an interrupted save left"));
    const std::string file =
        checkpoint.parts.empty() ? "" : std::string(base_name(checkpoint.path));
    if (notes.need(file, Verdict::unfinished, "it is the checkpoint") != nullptr &&
        notes.wants(Level::structure))
      check_file(notes, file);
    check_unsummed(notes);
    return std::move(notes).finish(std::min(level, Level::structure));
  }
};

}  // namespace

const Layout& flax() {
  static const Flax layout;
  return layout;
}

}  // namespace holdfast::checkpoint
