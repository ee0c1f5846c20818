// SPDX-License-Identifier: Apache-2.0
// Orbax (JAX): a directory per step, written under "<step>.orbax-checkpoint-tmp…" and renamed;
// within it a directory per item (default, state, params, …), each with _METADATA and an OCDBT
// store or zarr arrays. Orbax keeps no list of its data files that can be read without walking the
// store, so what is missing below d/ is seen by comparing with a good sibling only.
#include "checkpoint/bytes.hpp"
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/json.hpp"
#include "checkpoint/formats/ocdbt_manifest.hpp"
#include "checkpoint/layouts/candidate.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/layouts/unsummed.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

#include <boost/json/value.hpp>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view format = "orbax";
constexpr std::string_view metadata = "_CHECKPOINT_METADATA";
constexpr std::string_view item_metadata = "_METADATA";
constexpr std::string_view manifest = "manifest.ocdbt";
constexpr std::string_view success = "commit_success.txt";
constexpr std::string_view temporary = ".orbax-checkpoint-tmp";
constexpr std::size_t metadata_bytes = 64U << 20U;
constexpr std::size_t manifest_bytes = 64U << 20U;
constexpr std::size_t most_peeks = 8;  // steps looked into before a root is said not to be Orbax'

bool is_temporary_step(std::string_view name) {
  return name.find(temporary) != std::string_view::npos;
}

/// "12", "step_12", "model_0012"; of a temporary directory the step it was to become.
std::optional<std::uint64_t> step_of(std::string_view name) {
  name = name.substr(0, name.find(temporary));
  const auto dash = name.rfind('_');
  return parse_number<std::uint64_t>(dash == std::string_view::npos ? name : name.substr(dash + 1));
}

bool speaks_of_orbax(const Listing& listing) {
  constexpr std::array words{metadata, manifest, item_metadata, success};
  return std::ranges::any_of(words,
                             [&](std::string_view word) { return listing.find(word) != nullptr; });
}

/// A step or one of its items shows Orbax' files.
bool is_step(Root& root, const std::string& path) {
  const Listing& inside = root.peek(path);
  if (speaks_of_orbax(inside)) return true;
  return std::ranges::any_of(inside.entries, [&](const Entry& entry) {
    return entry.status.kind == FileKind::directory &&
           speaks_of_orbax(root.peek(join_path(path, entry.name)));
  });
}

/// Written once, by the save itself: the store's index and its data.
bool is_array_file(std::string_view path) {
  return base_name(path) == manifest || base_name(directory_name(path)) == "d";
}

Checkpoint checkpoint_of(const Entry& entry) {
  Checkpoint one = directory_candidate(entry.name, format);
  one.tag = entry.name;
  one.step = step_of(entry.name);
  one.committed = entry.status.modified;  // of the directory: the rename that commits it is near
  one.leftover = is_temporary_step(entry.name);
  return one;
}

/// The step's own words: when it was begun, when it was committed, what it holds.
void check_metadata(Examination& notes) {
  const Member* member = notes.tree().find(metadata);
  if (member == nullptr) return;  // releases before 2024 wrote none
  if (notes.need(metadata, Verdict::damaged, "what the step holds") == nullptr) return;
  const auto about = read_json_object(notes.disk(), notes.path_of(metadata), metadata_bytes);
  if (!about) return notes.blame(metadata, about.error(), Level::edges);
  if (natural(*about, "commit_timestamp_nsecs").value_or(0) == 0)
    return notes.blame(metadata,
                       Verdict::unfinished,
                       Level::edges,
                       cat(notes.path_of(metadata), " has no commit time: the save did not end"));
  const boost::json::value* items = about->if_contains("item_handlers");
  if (items == nullptr || !items->is_object()) return;  // one item, the step itself
  for (const auto& item : items->get_object()) {
    const std::string name(item.key());
    if (notes.tree().find(name) == nullptr)
      notes.blame(name,
                  Verdict::damaged,
                  Level::edges,
                  cat(notes.path_of(name), " is missing: ", notes.path_of(metadata), " names it"));
  }
}

/// Newer releases write commit_success.txt everywhere; where a sibling has it this one needs it.
void check_success(Examination& notes) {
  if (notes.tree().find(success) != nullptr) return;
  std::size_t asked = 0;
  for (const Checkpoint& sibling : notes.context().siblings) {
    if (sibling.leftover || sibling.path == notes.checkpoint().path) continue;
    if (++asked > most_peeks) return;
    if (!notes.disk().status(join_path(sibling.path, success))) continue;
    notes.blame(success,
                Verdict::unfinished,
                Level::listing,
                cat(notes.path_of(success), " is missing, and ", sibling.path, " has it"));
    return;
  }
}

/// Every directory that has OCDBT's parts needs OCDBT's manifest.
void check_stores(Examination& notes) {
  for (const Member& member : notes.tree().members) {
    const std::string_view name = base_name(member.path);
    const std::string in(directory_name(member.path));
    const bool store = name == "d" || name.starts_with("ocdbt.process_");
    const std::string here = join_path(in, manifest);
    if (store && member.status.kind == FileKind::directory && notes.tree().find(here) == nullptr)
      notes.blame(here,
                  Verdict::unfinished,
                  Level::listing,
                  cat(notes.path_of(here), " is missing: the parts in ", name, " were not merged"));
    if (base_name(in) == "d" && member.status.kind == FileKind::regular && member.status.size == 0)
      notes.blame(member.path,
                  Verdict::damaged,
                  Level::listing,
                  cat(notes.path_of(member.path), " is empty and should hold arrays"));
  }
}

/// An item is more than its description.
void check_items(Examination& notes) {
  for (const Member& member : notes.tree().members) {
    if (base_name(member.path) != item_metadata) continue;
    if (notes.need(member.path, Verdict::damaged, "the description of an item") == nullptr)
      continue;
    const std::string item(directory_name(member.path));
    const bool ocdbt = notes.tree().find(join_path(item, manifest)) != nullptr;
    const bool arrays = std::ranges::any_of(notes.tree().under(item), [](const Member& inside) {
      const auto name = base_name(inside.path);
      return name == ".zarray" || name == "zarr.json" || name == "checkpoint";
    });
    if (!ocdbt && !arrays)
      notes.blame(item,
                  Verdict::unfinished,
                  Level::listing,
                  cat(notes.path_of(item), " is described and holds no arrays"));
    if (!notes.wants(Level::structure)) continue;
    const auto about = read_json_object(notes.disk(), notes.path_of(member.path), metadata_bytes);
    if (!about) notes.blame(member.path, about.error(), Level::structure);
  }
}

/// Arrays are of no use without their description; an old release kept it in "checkpoint".
void check_described(Examination& notes, const Member& store) {
  const std::string item(directory_name(store.path));
  if (base_name(item).starts_with("ocdbt.process_")) return;  // a part, to be merged into the item
  const std::string about = join_path(item, item_metadata);
  if (notes.tree().find(about) != nullptr || notes.tree().find(join_path(item, "checkpoint")))
    return;
  notes.blame(about,
              Verdict::unfinished,
              Level::listing,
              cat(notes.path_of(about), " is missing: nothing says what the arrays beside it are"));
}

void check_manifests(Examination& notes) {
  for (const Member& member : notes.tree().members) {
    if (base_name(member.path) != manifest) continue;
    check_described(notes, member);
    if (notes.need(member.path, Verdict::damaged, "the index of a store") == nullptr) continue;
    const auto text = read_small_file(notes.disk(), notes.path_of(member.path), manifest_bytes);
    if (!text) {
      notes.blame(member.path, text.error(), Level::edges);
      continue;
    }
    const auto read = notes.wants(Level::structure) ? parse_ocdbt_manifest(*text)
                                                    : parse_ocdbt_head(*text, text->size());
    if (!read) notes.blame(member.path, read.error(), Level::structure);
  }
}

/// The arrays of a step of one run weigh the same every time.
void compare_weight(Examination& notes) {
  const Tree* good = notes.context().reference;
  if (good == nullptr) return;
  const std::uint64_t here = notes.tree().bytes();
  const std::uint64_t there = good->bytes();
  if (here >= there - there / 20) return;
  notes.blame("",
              Verdict::damaged,
              Level::listing,
              cat(notes.checkpoint().path,
                  " has ",
                  here,
                  " bytes where the good step before it has ",
                  there,
                  ": files of it are missing"));
}

class Orbax final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return format; }

  Survey survey(Root& root) const override {
    Survey survey;
    if (speaks_of_orbax(root.listing())) {
      survey.checkpoints.push_back(directory_candidate("", format));
      if (const Entry* own = root.listing().find(metadata))
        survey.checkpoints.front().committed = own->status.modified;
      return survey;
    }
    bool ours = root.listing().find("_ROOT_METADATA") != nullptr;
    std::size_t peeks = 0;
    for (const Entry& entry : root.listing().entries) {
      const bool step = step_of(entry.name).has_value();
      if (entry.status.kind != FileKind::directory || !step) continue;
      survey.checkpoints.push_back(checkpoint_of(entry));
      ours = ours || is_temporary_step(entry.name) ||
             (++peeks <= most_peeks && is_step(root, entry.name));
    }
    if (!ours) survey.checkpoints.clear();
    return survey;
  }

  Judgement judge(const Disk& disk,
                  const Checkpoint& checkpoint,
                  const Tree& tree,
                  Level level,
                  const Context& context) const override {
    Examination notes(disk, checkpoint, tree, level, context);
    notes.check_listing();
    notes.flag(Flag::without_inventory);
    if (checkpoint.leftover)
      notes.blame("",
                  Verdict::unfinished,
                  Level::listing,
                  cat(checkpoint.path, " still has the name of a save under way"));
    if (tree.members.empty())
      notes.blame("", Verdict::unfinished, Level::listing, cat(checkpoint.path, " is empty"));
    check_success(notes);
    check_foreign_members(notes, is_array_file);
    check_stores(notes);
    check_items(notes);
    if (notes.wants(Level::edges)) {
      check_metadata(notes);
      check_manifests(notes);
    }
    if (notes.sound()) compare_weight(notes);
    check_unsummed(notes);
    return std::move(notes).finish(std::min(level, Level::structure));
  }
};

}  // namespace

const Layout& orbax() {
  static const Orbax layout;
  return layout;
}

}  // namespace holdfast::checkpoint
