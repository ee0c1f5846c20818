// SPDX-License-Identifier: Apache-2.0
// VELOC: NAME-RANK-VERSION.dat for every rank, or NAME-agg-VERSION.dat for all, side by side. There
// is no marker; a file's head is written after its data, and VELOC itself takes the largest version
// any rank has, whole or not.
#include "checkpoint/bytes.hpp"
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/veloc_file.hpp"
#include "checkpoint/heuristics.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/unsummed.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view ending = ".dat";

/// "wave-3-12.dat" is rank 3 of version 12 of "wave"; "wave-agg-12.dat" is all ranks of it.
struct Piece {
  std::string series;
  std::optional<std::uint64_t> rank;  ///< nothing: aggregated
  std::uint64_t version{};
};

std::optional<Piece> piece_of(std::string_view name) {
  if (!name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  const auto last = name.rfind('-');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const auto middle = name.rfind('-', last - 1);
  if (middle == std::string_view::npos || middle == 0) return std::nullopt;
  const auto version = parse_number<std::uint64_t>(name.substr(last + 1));
  const auto who = name.substr(middle + 1, last - middle - 1);
  const auto rank = parse_number<std::uint64_t>(who);
  if (!version || (!rank && who != "agg")) return std::nullopt;
  return Piece{std::string(name.substr(0, middle)), rank, *version};
}

/// How many ranks wrote the sibling with the most of them.
std::uint64_t ranks_of_series(std::span<const Checkpoint> siblings, std::string_view series) {
  std::uint64_t ranks = 0;
  for (const Checkpoint& sibling : siblings)
    if (sibling.tag == series) ranks = std::max<std::uint64_t>(ranks, sibling.parts.size());
  return ranks;
}

void check_ranks(Examination& notes) {
  Grid grid;
  for (const Member& member : notes.tree().members) {
    const auto piece = piece_of(member.path);
    if (piece && !piece->rank) return;  // aggregated: one file is all of it
    if (piece) grid.insert({*piece->rank});
  }
  const auto gap = first_gap(grid);
  const std::uint64_t expected = ranks_of_series(notes.context().siblings, notes.checkpoint().tag);
  if (!gap && grid.size() >= expected) return;
  const std::uint64_t missing = gap ? gap->front() : grid.size();
  const std::string name =
      cat(notes.checkpoint().tag, '-', missing, '-', notes.checkpoint().step.value_or(0), ending);
  notes.blame(name,
              Verdict::unfinished,
              Level::listing,
              cat(notes.path_of(name),
                  " is missing: ",
                  gap ? "higher ranks have written theirs" : "other versions have that rank"));
}

void check_file(Examination& notes, const Member& member) {
  const auto file = notes.disk().open(notes.path_of(member.path));
  if (!file) return notes.blame(member.path, file.error(), Level::edges);
  const Slice whole(**file);
  const auto head = read_veloc_head(whole);
  if (!head) {
    // The file mode of VELOC keeps the program's own bytes without a head.
    if (head.error().kind == FailureKind::unsupported) return;
    return notes.blame(member.path, head.error(), Level::edges);
  }
  if (head->regions == 0)
    return notes.blame(
        member.path,
        Verdict::unfinished,
        Level::edges,
        cat(notes.path_of(member.path),
            " begins with zeros: VELOC writes the head last, and did not come to it"));
  if (head->declared != whole.length())
    notes.blame(member.path,
                Verdict::damaged,
                Level::edges,
                cat(notes.path_of(member.path),
                    " should have ",
                    head->declared,
                    " bytes and has ",
                    whole.length()));
}

class Veloc final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "veloc"; }

  Survey survey(Root& root) const override {
    std::map<std::pair<std::string, std::uint64_t>, Checkpoint> found;
    for (const Entry& entry : root.listing().entries) {
      const auto piece = piece_of(entry.name);
      if (!piece || entry.status.kind == FileKind::directory) continue;
      Checkpoint& one = found[{piece->series, piece->version}];
      one.path = cat(piece->series, '-', piece->version);
      one.format = name();
      one.tag = piece->series;
      one.step = piece->version;
      one.is_directory = false;
      one.parts.push_back(entry.name);  // the listing is sorted
      // There is no marker; the last that was written is as near as one comes.
      one.committed = std::max(one.committed.value_or(Time{}), entry.status.modified);
    }
    Survey survey;
    for (auto& [key, checkpoint] : found)
      survey.checkpoints.push_back(std::move(checkpoint));
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination notes(disk, checkpoint, tree, level, context);
    notes.check_listing();
    notes.flag(Flag::world_size_bound);
    check_ranks(notes);
    check_foreign_members(notes, [](std::string_view name) { return piece_of(name).has_value(); });
    for (const Member& member : tree.members) {
      if (notes.need(member.path, Verdict::unfinished, "a rank's data") == nullptr) continue;
      const auto piece = piece_of(member.path);
      if (piece && piece->rank && notes.wants(Level::edges)) check_file(notes, member);
    }
    check_unsummed(notes);
    return std::move(notes).finish(std::min(level, Level::edges));
  }
};

}  // namespace

const Layout& veloc() {
  static const Veloc layout;
  return layout;
}

}  // namespace holdfast::checkpoint
