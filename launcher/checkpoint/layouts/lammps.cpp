// SPDX-License-Identifier: Apache-2.0
// LAMMPS restart files: one file, or with '%' in the name a base and numbered pieces. They are
// written straight to their final names by `restart` and `write_restart`, end with the words they
// begin with, and carry no checksum. Names are the user's, so they are told by their first bytes.
#include "checkpoint/bytes.hpp"
#include "checkpoint/edges.hpp"
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/lammps_restart.hpp"
#include "checkpoint/layouts/candidate.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/self_dated.hpp"
#include "checkpoint/layouts/unsummed.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view format = "lammps";
constexpr std::string_view base_word = "base";

/// Names that may be restart files, the ones a manual or a colleague would suggest.
bool may_be_restart(std::string_view name) {
  const std::string small = lower(name);
  return small.find("restart") != std::string::npos || small.find("rst") != std::string::npos;
}

/// "multi.base.rst" is the base of "multi.%.rst".
std::optional<std::string> pattern_of_base(std::string_view name) {
  const auto at = name.find(base_word);
  if (at == std::string_view::npos) return std::nullopt;
  return cat(name.substr(0, at), '%', name.substr(at + base_word.size()));
}

/// Every pattern a name may be a piece of: "run2.3.rst" of "run%.3.rst" and of "run2.%.rst".
std::vector<std::string> patterns_of_piece(std::string_view name) {
  std::vector<std::string> patterns;
  for (std::size_t at = 0; at < name.size();) {
    std::size_t end = at;
    while (end < name.size() && name[end] >= '0' && name[end] <= '9')
      ++end;
    if (end > at) patterns.push_back(cat(name.substr(0, at), '%', name.substr(end)));
    at = std::max(end, at + 1);
  }
  return patterns;
}

std::map<std::string, Checkpoint> gather(const Listing& listing) {
  std::map<std::string, Checkpoint> found;
  std::vector<const Entry*> others;
  for (const Entry& entry : listing.entries) {
    if (entry.status.kind == FileKind::directory || !may_be_restart(entry.name)) continue;
    if (const auto pattern = pattern_of_base(entry.name)) {
      found[*pattern] = file_candidate(*pattern, format, entry.status.modified);
      found[*pattern].parts = {entry.name};
    } else {
      others.push_back(&entry);
    }
  }
  for (const Entry* entry : others) {
    Checkpoint* owner = nullptr;
    for (const std::string& pattern : patterns_of_piece(entry->name))
      if (const auto at = found.find(pattern); at != found.end()) owner = &at->second;
    if (owner != nullptr)
      owner->parts.push_back(entry->name);
    else
      found[entry->name] = file_candidate(entry->name, format, entry->status.modified);
  }
  return found;
}

/// A beginning that a save which was cut off, or a lost page, may have left: none, or zeros. What
/// begins otherwise is another kind of file.
bool is_blank(std::string_view head) {
  return head.substr(0, lammps_magic.size()).find_first_not_of('\0') == std::string_view::npos;
}

/// The file that holds the head: the file itself, or the base of several.
std::string head_file(const Checkpoint& checkpoint) {
  for (const std::string& part : checkpoint.parts)
    if (part.find(base_word) != std::string::npos) return part;
  return "";
}

void check_tail(Examination& notes, std::string_view member, const Edges& edges) {
  if (has_lammps_tail(edges.tail)) return;
  notes.blame(member,
              Verdict::damaged,
              Level::edges,
              cat(notes.path_of(member),
                  " does not end as a finished restart file: it was cut, or never finished"));
}

/// The pieces a base speaks of, numbered from 0.
void check_pieces(Examination& notes, const Edges& base) {
  const auto pieces = lammps_pieces(base.tail);
  if (!pieces)
    return;  // an older or newer form: what is there is checked, what should be is not known
  const std::string_view pattern = base_name(notes.checkpoint().path);
  for (std::uint32_t number = 0; number < *pieces; ++number) {
    std::string name(pattern);
    name.replace(name.find('%'), 1, std::to_string(number));
    const Member* piece =
        notes.need(name, Verdict::unfinished, cat("it was written in ", *pieces, " pieces"));
    if (piece == nullptr) return;
    const auto edges = read_edges(notes.disk(), notes.path_of(name), 0, lammps_tail_bytes);
    if (!edges) return notes.blame(name, edges.error(), Level::edges);
    check_tail(notes, name, *edges);
  }
}

void check_edges(Examination& notes, const std::string& head) {
  const auto edges =
      read_edges(notes.disk(), notes.path_of(head), lammps_head_bytes, lammps_tail_bytes);
  if (!edges) return notes.blame(head, edges.error(), Level::edges);
  if (!has_lammps_head(edges->head))
    return notes.blame(head,
                       Verdict::damaged,
                       Level::edges,
                       cat(notes.path_of(head), " does not begin as a LAMMPS restart file"));
  if (const auto step = lammps_step(edges->head)) notes.tell_step(*step);
  check_tail(notes, head, *edges);
  if (!notes.checkpoint().parts.empty() && notes.sound()) check_pieces(notes, *edges);
}

class Lammps final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return format; }

  Survey survey(Root& root) const override {
    Survey survey;
    auto found = gather(root.listing());
    for (auto& [pattern, checkpoint] : found) {
      std::ranges::sort(checkpoint.parts);
      survey.checkpoints.push_back(std::move(checkpoint));
    }
    const auto look = [&](const Checkpoint& one) -> Dated {
      const auto edges =
          read_edges(root.disk(), path_of(one, head_file(one)), lammps_head_bytes, 0);
      if (!edges) return {};
      if (!has_lammps_head(edges->head))
        return {.recognised = false, .foreign = !is_blank(edges->head), .step = {}};
      return {.recognised = true, .foreign = false, .step = lammps_step(edges->head)};
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
    const std::string head = head_file(checkpoint);
    const bool there =
        notes.need(head, Verdict::unfinished, "it holds what the pieces share") != nullptr;
    if (there && notes.wants(Level::edges)) check_edges(notes, head);
    check_unsummed(notes);
    return std::move(notes).finish(std::min(level, Level::edges));
  }
};

}  // namespace

const Layout& lammps() {
  static const Lammps layout;
  return layout;
}

}  // namespace holdfast::checkpoint
