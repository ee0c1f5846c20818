// SPDX-License-Identifier: Apache-2.0
// Megatron-LM: DIR/iter_0000100 and a tracker file that names the newest. Three kinds of contents:
// torch_dist (metadata.json), plain distributed checkpoints, and the old mp_rank_* directories.
#include "checkpoint/heuristics.hpp"
#include "checkpoint/layouts/dcp.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/megatron_dist.hpp"
#include "checkpoint/layouts/survey.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

constexpr const char* tracker = "latest_checkpointed_iteration.txt";

bool siblings_have(const Examination& examination, std::string_view file) {
  return std::ranges::any_of(examination.context().siblings, [&](const Checkpoint& sibling) {
    const auto status = examination.disk().status(join_path(sibling.path, file));
    return status && status->kind == FileKind::regular;
  });
}

/// Tensor, pipeline and expert rank of a directory, whichever its name has.
std::optional<std::vector<std::uint64_t>> ranks_of(std::string_view directory) {
  for (const auto* shape : {"mp_rank_#", "mp_rank_#_#", "mp_rank_#_#_#"})
    if (auto ranks = match(shape, directory)) return ranks;
  return std::nullopt;
}

void check_legacy(Examination& examination) {
  examination.flag(Flag::world_size_bound);
  Grid grid;
  for (const Member& member : examination.tree().members) {
    const auto ranks = ranks_of(member.path);
    if (!ranks || member.status.kind != FileKind::directory) continue;
    if (!grid.empty() && grid.begin()->size() != ranks->size()) {
      examination.blame(member.path,
                        Verdict::damaged,
                        Level::listing,
                        cat(examination.path_of(member.path), " is of another grid of ranks"));
      return;
    }
    grid.insert(*ranks);
    examination.need(join_path(member.path, "model_optim_rng.pt"),
                     Verdict::unfinished,
                     "this rank's save never ended");
  }
  if (const auto gap = first_gap(grid)) {
    std::string name = "mp_rank";
    for (const std::uint64_t rank : *gap)
      name += cat('_', rank);
    examination.blame(name,
                      Verdict::unfinished,
                      Level::listing,
                      cat(examination.path_of(""), " lacks the ranks ", name));
  }
  check_foreign_members(examination, is_tensor_file);
  check_beside_sibling(examination);
  for (const Member& member : examination.tree().members)
    if (examination.sound() && member.path.ends_with(".pt") &&
        examination.need(member.path, Verdict::damaged, "a rank's state") != nullptr)
      check_torch_file(examination, member.path);
}

class Megatron : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "megatron"; }

  Survey survey(Root& root) const override {
    Survey survey;
    for (const Entry& entry : root.listing().entries) {
      const bool release = entry.name == "release" && root.listing().find(tracker) != nullptr;
      const auto step = match("iter_#", entry.name);
      if (!is_directory(entry) || (!release && (!step || entry.name.size() < 12))) continue;
      Checkpoint checkpoint =
          make_checkpoint(root, name(), entry, release ? 0 : step->front(), "metadata.json");
      if (!checkpoint.committed)
        checkpoint.committed = modified(root, join_path(entry.name, ".metadata"));
      survey.checkpoints.push_back(std::move(checkpoint));
    }
    if (root.listing().find(tracker) != nullptr) note_tracker(root, survey);
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination examination(disk, checkpoint, tree, level, context);
    examination.check_listing();
    if (examination.sound()) check_contents(examination);
    return std::move(examination).finish(level);
  }

 private:
  static void check_contents(Examination& examination) {
    const Tree& tree = examination.tree();
    const bool legacy = std::ranges::any_of(tree.members, [](const Member& member) {
      return member.status.kind == FileKind::directory && ranks_of(member.path);
    });
    if (tree.find("metadata.json") != nullptr || siblings_have(examination, "metadata.json"))
      check_megatron_dist(examination, "");
    else if (legacy)
      check_legacy(examination);
    else
      check_dcp(examination, "");
  }

  /// A tracker that is torn or names nothing: Megatron would exit with status 0, or start anew.
  static void note_tracker(Root& root, Survey& survey) {
    const auto text = read_small_file(root.disk(), tracker, 64);
    const std::string named = text ? std::string(trim(*text)) : std::string();
    const auto step = parse_number<std::uint64_t>(named);
    if (text && named != "release" && !step) {
      survey.notes.push_back({tracker,
                              Verdict::damaged,
                              Level::edges,
                              cat(tracker, " holds no iteration: a write of it was cut off")});
      return;
    }
    const bool there = std::ranges::any_of(survey.checkpoints, [&](const Checkpoint& checkpoint) {
      return named == "release" ? checkpoint.path == named : checkpoint.step == step;
    });
    if (text && !there)
      survey.notes.push_back({tracker,
                              Verdict::damaged,
                              Level::edges,
                              cat(tracker, " names iteration ", named, ", which is not there")});
  }
};

}  // namespace

const Layout& megatron() {
  static const Megatron layout;
  return layout;
}

}  // namespace holdfast::checkpoint
