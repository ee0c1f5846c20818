// SPDX-License-Identifier: Apache-2.0
// DMTCP: an image of every process, ckpt_<program>_<id>.dmtcp, each written as .temp and renamed;
// the coordinator writes the restart script last. Only one generation lies in a directory unless
// the user rotates directories. MANA keeps one directory per rank, ckpt_rank_<r>.
#include "checkpoint/bytes.hpp"
#include "checkpoint/edges.hpp"
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/dmtcp_image.hpp"
#include "checkpoint/heuristics.hpp"
#include "checkpoint/layouts/candidate.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/unsummed.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <set>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view format = "dmtcp";
constexpr std::string_view image_ending = ".dmtcp";
constexpr std::string_view script_link = "dmtcp_restart_script.sh";
constexpr std::size_t script_bytes = 16U << 20U;

bool is_script(std::string_view name) {
  return name.starts_with("dmtcp_restart_script") && name.ends_with(".sh");
}

bool is_image(std::string_view name) { return name.ends_with(image_ending); }

bool holds_images(const Listing& listing) {
  return std::ranges::any_of(listing.entries, [](const Entry& entry) {
    return is_script(entry.name) || match("ckpt_rank_#", entry.name) ||
           (entry.name.starts_with("ckpt_") && is_image(entry.name));
  });
}

Checkpoint checkpoint_at(const std::string& path, const Listing& listing) {
  Checkpoint one = directory_candidate(path, format);
  one.tag = base_name(path);
  one.step = last_number(base_name(path));
  for (const Entry& entry : listing.entries)
    if (is_script(entry.name))
      one.committed = std::max(one.committed.value_or(Time{}), entry.status.modified);
  return one;
}

/// The script of this generation: where the link leads, else the newest.
const Member* script_of(const Tree& tree) {
  if (const Member* link = tree.find(script_link)) return link;
  const Member* newest = nullptr;
  for (const Member& member : tree.members)
    if (is_script(member.path) &&
        (newest == nullptr || newest->status.modified < member.status.modified))
      newest = &member;
  return newest;
}

void check_script(Examination& notes, const Member& script) {
  const auto text = read_small_file(notes.disk(), notes.path_of(script.path), script_bytes);
  if (!text) return notes.blame(script.path, text.error(), Level::edges);
  const auto images = dmtcp_script_images(*text);
  if (!images)
    return notes.blame(script.path,
                       Verdict::damaged,
                       Level::edges,
                       cat(notes.path_of(script.path), " names no images"));
  std::set<std::string_view> there;
  for (const Member& member : notes.tree().members)
    there.insert(base_name(member.path));
  for (const std::string& image : *images) {
    // Paths in it are absolute; what counts is the file in this directory.
    const std::string name(base_name(image));
    if (!there.contains(name))
      notes.blame(name,
                  Verdict::damaged,
                  Level::edges,
                  cat(notes.path_of(name), " is missing: ", script.path, " names it"));
  }
}

void check_image(Examination& notes, const std::string& member) {
  const auto edges =
      read_edges(notes.disk(), notes.path_of(member), dmtcp_head_bytes, dmtcp_tail_bytes);
  if (!edges) return notes.blame(member, edges.error(), Level::edges);
  const DmtcpImage kind = dmtcp_image(edges->head);
  if (kind == DmtcpImage::foreign)
    return notes.blame(member,
                       Verdict::damaged,
                       Level::edges,
                       cat(notes.path_of(member), " does not begin as a DMTCP image"));
  if (kind == DmtcpImage::plain && !is_dmtcp_end(edges->tail))
    notes.blame(
        member,
        Verdict::damaged,
        Level::edges,
        cat(notes.path_of(member), " does not end with DMTCP's mark of the end: it is cut"));
}

/// MANA's directories of ranks must be all there; where they are, there may be no script.
bool check_ranks(Examination& notes) {
  Grid ranks;
  for (const Member& member : notes.tree().members)
    if (const auto numbers = match("ckpt_rank_#", member.path)) ranks.insert({numbers->front()});
  if (const auto gap = first_gap(ranks)) {
    const std::string name = cat("ckpt_rank_", gap->front());
    notes.blame(name,
                Verdict::unfinished,
                Level::listing,
                cat(notes.path_of(name), " is missing: higher ranks are there"));
  }
  return !ranks.empty();
}

class Dmtcp final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return format; }

  Survey survey(Root& root) const override {
    Survey survey;
    if (holds_images(root.listing())) {
      survey.checkpoints.push_back(checkpoint_at("", root.listing()));
      return survey;
    }
    for (const Entry& entry : root.listing().entries) {
      if (entry.status.kind != FileKind::directory) continue;
      const Listing& inside = root.peek(entry.name);
      if (holds_images(inside)) survey.checkpoints.push_back(checkpoint_at(entry.name, inside));
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
    notes.flag(Flag::world_size_bound);
    check_foreign_members(notes, is_image);
    const bool by_rank = check_ranks(notes);
    const Member* script = script_of(tree);
    if (script != nullptr) {
      check_marker_is_newest(notes, script->path, is_image);
    } else if (!by_rank) {
      (void)notes.need(script_link, Verdict::unfinished, "the coordinator writes it last");
    }
    if (script != nullptr && notes.wants(Level::edges)) check_script(notes, *script);
    for (const Member& member : tree.members) {
      if (!is_image(member.path)) continue;
      if (notes.need(member.path, Verdict::unfinished, "an image of a process") != nullptr &&
          notes.wants(Level::edges))
        check_image(notes, member.path);
    }
    check_unsummed(notes);
    return std::move(notes).finish(std::min(level, Level::edges));
  }
};

}  // namespace

const Layout& dmtcp() {
  static const Dmtcp layout;
  return layout;
}

}  // namespace holdfast::checkpoint
