// SPDX-License-Identifier: Apache-2.0
// Whatever no other layout knows: directories that the user's program finishes by writing a marker
// file (--ckpt-marker DONE), or of which the user's own command says whether they are good
// (--ckpt-verify). It is never recognised by itself; the user asks for it.
#include "checkpoint/examination.hpp"
#include "checkpoint/layouts/candidate.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/unsummed.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

bool is_payload(std::string_view path) { return !is_bystander(base_name(path)); }

class Marker final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "marker"; }

  Survey survey(Root& root) const override {
    Survey survey;
    if (!root.marker().empty()) {
      if (const Entry* own = root.listing().find(root.marker())) {
        survey.checkpoints.push_back(directory_candidate("", name()));
        survey.checkpoints.front().committed = own->status.modified;
        return survey;
      }
    }
    for (const Entry& entry : root.listing().entries) {
      if (entry.status.kind != FileKind::directory || is_bystander(entry.name)) continue;
      Checkpoint one = directory_candidate(entry.name, name());
      one.tag = entry.name;
      one.step = last_number(entry.name);
      one.leftover = is_temporary(entry.name);
      if (!root.marker().empty())
        if (const auto status = root.disk().status(join_path(entry.name, root.marker())))
          one.committed = status->modified;
      survey.checkpoints.push_back(std::move(one));
    }
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
                  cat(checkpoint.path, " has the name of a save under way"));
    if (!context.marker.empty())
      check_marked(notes);
    else if (context.by_command)
      notes.flag(Flag::without_inventory);  // what belongs to it the command knows
    else
      notes.blame("",
                  Verdict::unknown,
                  Level::listing,
                  cat(checkpoint.path, " is of no format known here, and no marker was named"));
    check_unsummed(notes, is_payload);
    return std::move(notes).finish(std::min(level, Level::edges));
  }

 private:
  static void check_marked(Examination& notes) {
    const std::string& marker = notes.context().marker;
    const Member* found = notes.tree().find(marker);
    // Without it nothing else is to be said: the save goes on, or another file is the marker here.
    if (found == nullptr || found->status.kind != FileKind::regular)  // it may well be empty
      return notes.blame(marker,
                         Verdict::unfinished,
                         Level::listing,
                         cat(notes.path_of(marker), " is not there yet"));
    check_marker_is_newest(notes, marker, is_payload);
    check_foreign_members(notes, is_payload);
    for (const Member& member : notes.tree().members)
      if (member.path != marker && member.status.kind == FileKind::regular &&
          member.status.size == 0 && !is_bystander(base_name(member.path)))
        notes.blame(member.path,
                    Verdict::damaged,
                    Level::listing,
                    cat(notes.path_of(member.path), " is empty"));
    check_beside_sibling(notes);
  }
};

}  // namespace

const Layout& marker() {
  static const Marker layout;
  return layout;
}

}  // namespace holdfast::checkpoint
