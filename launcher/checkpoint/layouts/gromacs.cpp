// SPDX-License-Identifier: Apache-2.0
// GROMACS: state.cpt and the one before it, state_prev.cpt (or NAME.cpt with -deffnm), each written
// under a temporary name, synced and renamed. No checksum, but a number at each end. The pair is
// the history: where state.cpt is bad, state_prev.cpt is the answer. A checkpoint also names the
// outputs mdrun appends to (md.log, traj.xtc), with their lengths and sums; mdrun refuses to go on
// where they are not like that any more, so they are looked at too, where they lie beside it.
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
    bool with_outputs = false;
    if (notes.need("", Verdict::unfinished, "it is the checkpoint") != nullptr &&
        notes.wants(Level::edges))
      with_outputs = check_edges(notes);
    check_unsummed(notes);
    return std::move(notes).finish(std::min(level, with_outputs ? Level::structure : Level::edges));
  }

 private:
  /// Whether it speaks of outputs that were found.
  static bool check_edges(Examination& notes) {
    const auto edges =
        read_edges(notes.disk(), notes.path_of(""), gromacs_head_bytes, gromacs_tail_bytes);
    const auto head = edges ? parse_gromacs_head(edges->head) : edges.error();
    if (!head) {
      notes.blame("", head.error(), Level::edges);
      return false;
    }
    if (head->step) notes.tell_step(*head->step);
    if (!is_gromacs_tail(edges->tail))
      notes.blame("",
                  Verdict::damaged,
                  Level::edges,
                  cat(notes.path_of(""),
                      " does not end as a finished checkpoint: it was cut, or never finished"));
    if (!notes.sound() || !notes.wants(Level::structure)) return false;
    return check_outputs(notes, parse_gromacs_outputs(edges->tail));
  }

  /// Whether any of them lies beside the checkpoint. None: it was copied to where it is, or mdrun
  /// was started elsewhere, and nothing can be said.
  static bool check_outputs(Examination& notes, const std::vector<GromacsOutput>& outputs) {
    // Numbered outputs are of a run with -noappend, which will not append to them either.
    if (outputs.empty() || outputs.front().path.find(".part") != std::string::npos) return false;
    const std::string_view around = directory_name(notes.path_of(""));
    std::vector<const GromacsOutput*> missing;
    bool found = false;
    for (const GromacsOutput& output : outputs) {
      if (output.path.starts_with('/')) continue;
      const auto status = notes.disk().status(join_path(around, output.path));
      if (status) {
        found = true;
        check_output(notes, output, join_path(around, output.path), *status);
      } else if (status.error().kind == FailureKind::not_found) {
        missing.push_back(&output);
      }
    }
    if (!found) return false;
    for (const GromacsOutput* output : missing)
      notes.blame("",
                  Verdict::damaged,
                  Level::structure,
                  cat(notes.path_of(""), " goes on with ", output->path, ", which is not there"));
    return true;
  }

  static void check_output(Examination& notes,
                           const GromacsOutput& output,
                           const std::string& path,
                           const FileStatus& status) {
    if (status.kind != FileKind::regular) return;  // a FIFO or /dev/null: nothing to go on with
    if (status.size < output.offset)
      return notes.blame("",
                         Verdict::damaged,
                         Level::structure,
                         cat(path,
                             " is ",
                             status.size,
                             " bytes long, and ",
                             notes.path_of(""),
                             " goes on after ",
                             output.offset));
    PayloadFile payload;
    payload.path = path;
    payload.size = output.offset;
    payload.grows = true;
    if (output.summed != 0)
      payload.claims.push_back({output.offset - output.summed,
                                output.summed,
                                Checksum::md5,
                                output.md5,
                                cat("the end that ", notes.path_of(""), " goes on from")});
    notes.add_payload(std::move(payload));
  }
};

}  // namespace

const Layout& gromacs() {
  static const Gromacs layout;
  return layout;
}

}  // namespace holdfast::checkpoint
