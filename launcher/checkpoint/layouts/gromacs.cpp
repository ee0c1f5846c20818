// SPDX-License-Identifier: Apache-2.0
// GROMACS: state.cpt and the one before it, state_prev.cpt (or NAME.cpt with -deffnm), each written
// under a temporary name, synced and renamed. No checksum, but a number at each end. The pair is
// the history: where state.cpt is bad, state_prev.cpt is the answer.
#include "checkpoint/edges.hpp"
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/gromacs_cpt.hpp"
#include "checkpoint/layouts/candidate.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/self_dated.hpp"
#include "checkpoint/layouts/unsummed.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view ending = ".cpt";

class Gromacs final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "gromacs"; }

  Survey survey(Root& root) const override {
    Survey survey;
    for (const Entry& entry : root.listing().entries)
      if (entry.name.ends_with(ending) && entry.status.kind != FileKind::directory)
        survey.checkpoints.push_back(file_candidate(entry.name, name(), entry.status.modified));
    const auto look = [&](const Checkpoint& one) -> Dated {
      const auto edges = read_edges(root.disk(), one.path, gromacs_head_bytes, 0);
      const auto head = edges ? parse_gromacs_head(edges->head) : edges.error();
      if (!head) return {};
      return {.recognised = true, .foreign = false, .step = head->step};
    };
    if (!date_by_contents(survey.checkpoints, look)) survey.checkpoints.clear();
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination notes(disk, checkpoint, tree, level, context);
    notes.check_listing();
    if (notes.need("", Verdict::unfinished, "it is the checkpoint") != nullptr &&
        notes.wants(Level::edges))
      check_edges(notes);
    check_unsummed(notes);
    return std::move(notes).finish(std::min(level, Level::edges));
  }

 private:
  static void check_edges(Examination& notes) {
    const auto edges =
        read_edges(notes.disk(), notes.path_of(""), gromacs_head_bytes, gromacs_tail_bytes);
    if (!edges) return notes.blame("", edges.error(), Level::edges);
    const auto head = parse_gromacs_head(edges->head);
    if (!head) return notes.blame("", head.error(), Level::edges);
    if (head->step) notes.tell_step(*head->step);
    if (!is_gromacs_tail(edges->tail))
      notes.blame("",
                  Verdict::damaged,
                  Level::edges,
                  cat(notes.path_of(""),
                      " does not end as a finished checkpoint: it was cut, or never finished"));
  }
};

}  // namespace

const Layout& gromacs() {
  static const Gromacs layout;
  return layout;
}

}  // namespace holdfast::checkpoint
