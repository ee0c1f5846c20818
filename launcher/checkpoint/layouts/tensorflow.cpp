// SPDX-License-Identifier: Apache-2.0
// TensorFlow's tensor bundles: "ckpt-12.index" and "ckpt-12.data-00000-of-00002", … side by side,
// the index renamed into place last. The text file "checkpoint" names the newest; TensorFlow
// replaces it after the index, so it may lag behind and is no commit marker.
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/tensor_bundle.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view index_ending = ".index";
constexpr std::size_t pointer_bytes = 1U << 20U;
constexpr std::uint64_t largest_index = std::uint64_t{1} << 28U;
constexpr std::uint64_t most_padding = 4095;          // data_alignment is a page at most
constexpr std::uint64_t largest_strings = 4U << 20U;  // the object graph; larger ones are odd

/// Shard i of n, out of "….data-0000i-of-0000n".
struct Shard {
  std::string prefix;
  std::uint64_t number{};
  std::uint64_t of{};
};

std::optional<Shard> shard_of(std::string_view name) {
  const auto numbers = match("*.data-#-of-#", name);
  const auto at = name.rfind(".data-");
  constexpr std::size_t ending = std::string_view(".data-00000-of-00001").size();
  if (!numbers || name.size() - at != ending) return std::nullopt;
  return Shard{std::string(name.substr(0, at)), (*numbers)[0], (*numbers)[1]};
}

bool is_shard(std::string_view name) { return shard_of(name).has_value(); }

std::optional<std::uint64_t> step_of(std::string_view prefix) {
  const auto dash = prefix.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  return parse_number<std::uint64_t>(prefix.substr(dash + 1));
}

std::string shard_name(std::string_view prefix, std::uint64_t number, std::uint64_t of) {
  const auto five = [](std::uint64_t value) {
    const std::string digits = std::to_string(value);
    return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  };
  return cat(prefix, ".data-", five(number), "-of-", five(of));
}

std::map<std::string, Checkpoint> gather(const Listing& listing) {
  std::map<std::string, Checkpoint> found;
  std::set<std::string> with_data;
  for (const Entry& entry : listing.entries) {
    if (entry.status.kind == FileKind::directory) continue;
    if (const auto shard = shard_of(entry.name)) {
      found[shard->prefix].parts.push_back(entry.name);
      with_data.insert(shard->prefix);
    } else if (entry.name.ends_with(index_ending) && entry.name.size() > index_ending.size()) {
      const auto prefix = entry.name.substr(0, entry.name.size() - index_ending.size());
      found[prefix].parts.push_back(entry.name);
      found[prefix].committed = entry.status.modified;
    }
  }
  // Other programs have files called ".index" too; a lone one is taken for ours only where
  // TensorFlow's data files show whose directory this is.
  if (with_data.empty()) found.clear();
  return found;
}

/// What "checkpoint" names and is not there.
void note_pointer(Root& root, const std::map<std::string, Checkpoint>& found, Survey& survey) {
  const Entry* pointer = root.listing().find("checkpoint");
  if (pointer == nullptr || pointer->status.kind != FileKind::regular) return;
  const auto text = read_small_file(root.disk(), "checkpoint", pointer_bytes);
  const std::string named = text ? model_checkpoint_path(*text) : "";
  const std::string prefix(base_name(named));  // an absolute path after the directory was moved
  const auto at = found.find(prefix);
  if (!named.empty() && at != found.end() && at->second.committed) return;
  survey.notes.push_back({"checkpoint",
                          Verdict::damaged,
                          Level::structure,
                          named.empty()
                              ? std::string("checkpoint names no checkpoint that can be understood")
                              : cat("checkpoint names ", named, ", which has no index here")});
}

/// They are sorted by shard. Not std::ranges::equal_range: clang 14, which builds the fuzz targets,
/// cannot compile its subrange.
std::span<const BundleEntry> entries_of(const BundleIndex& index, std::uint64_t shard) {
  const auto first = std::ranges::lower_bound(index.entries, shard, {}, &BundleEntry::shard);
  const auto last = std::ranges::upper_bound(index.entries, shard, {}, &BundleEntry::shard);
  return {first, last};
}

/// Where the last tensor of a shard ends.
std::uint64_t end_of(const BundleIndex& index, std::uint64_t number) {
  std::uint64_t end = 0;
  for (const BundleEntry& entry : entries_of(index, number))
    if (entry.kind != BundleEntry::Kind::sliced) end = std::max(end, entry.offset + entry.size);
  return end;
}

/// The claims of one shard after another, and whether the entries fit in it.
class ShardClaims {
 public:
  /// The index' entries are sorted by shard.
  ShardClaims(Examination& notes, const BundleIndex& index) : notes_(notes), index_(index) {}

  void check(const Member& shard, std::uint64_t number) {
    const auto opened = notes_.disk().open(notes_.path_of(shard.path));
    if (!opened) return notes_.blame(shard.path, opened.error(), Level::structure);
    PayloadFile file;
    file.path = notes_.path_of(shard.path);
    file.suspect = check_holes(notes_, shard.path, **opened, true);
    file.size = shard.status.size;
    for (const BundleEntry& entry : entries_of(index_, number)) {
      if (entry.kind == BundleEntry::Kind::sliced) continue;
      std::uint64_t end = 0;
      if (__builtin_add_overflow(entry.offset, entry.size, &end) || end > shard.status.size) {
        notes_.blame(shard.path,
                     Verdict::damaged,
                     Level::structure,
                     cat(file.path,
                         " ends at byte ",
                         shard.status.size,
                         ", before the end of tensor ",
                         entry.name,
                         " at byte ",
                         end));
        return;
      }
      claim(file, shard, **opened, entry);
    }
    const std::uint64_t end = file.claims.empty() ? 0 : end_of(index_, number);
    if (!file.claims.empty() && shard.status.size - end > most_padding)
      notes_.blame(shard.path,
                   Verdict::damaged,
                   Level::structure,
                   cat(file.path, " goes on behind its last tensor, which ends at byte ", end));
    std::ranges::sort(file.claims, {}, &Claim::offset);
    notes_.add_payload(std::move(file));
  }

 private:
  void claim(PayloadFile& file, const Member& shard, const File& opened, const BundleEntry& entry) {
    if (entry.size == 0) return;
    if (entry.kind == BundleEntry::Kind::plain) {
      file.claims.push_back({entry.offset,
                             entry.size,
                             Checksum::crc32c_masked,
                             to_hex(entry.masked_crc),
                             cat("tensor ", entry.name)});
      return;
    }
    if (entry.kind == BundleEntry::Kind::variant || entry.size > largest_strings) {
      notes_.flag(Flag::no_checksum);
      return;
    }
    check_text(shard, opened, entry);
  }

  /// Strings have sums of their own that no plain claim can express. They are small.
  void check_text(const Member& shard, const File& opened, const BundleEntry& entry) {
    const auto bytes = Slice(opened).read(entry.offset, static_cast<std::size_t>(entry.size));
    if (!bytes) return notes_.blame(shard.path, bytes.error(), Level::structure);
    const auto right = check_strings(entry, *bytes);
    if (right) return;
    notes_.blame(shard.path,
                 Verdict::damaged,
                 Level::structure,
                 cat(notes_.path_of(shard.path), ": tensor ", entry.name, ' ', right.error().what));
  }

  Examination& notes_;
  const BundleIndex& index_;
};

/// All shards that the data files' own names promise.
void check_names(Examination& notes, std::string_view prefix) {
  std::optional<std::uint64_t> of;
  for (const Member& member : notes.tree().members)
    if (const auto shard = shard_of(member.path); shard && !of) of = shard->of;
  for (std::uint64_t number = 0; number < of.value_or(0); ++number) {
    const std::string name = shard_name(prefix, number, *of);
    if (notes.tree().find(name) != nullptr) continue;
    notes.blame(name,
                Verdict::damaged,
                Level::listing,
                cat(notes.path_of(name), " is missing: ", *of, " shards were written"));
    return;
  }
}

void check_index(Examination& notes, const std::string& name, std::string_view prefix) {
  const auto text = read_small_file(notes.disk(), notes.path_of(name), largest_index);
  if (!text) return notes.blame(name, text.error(), Level::edges);
  if (!notes.wants(Level::structure)) return;
  auto index = parse_bundle_index(*text, notes.context().limits.index_items);
  if (!index) return notes.blame(name, index.error(), Level::structure);
  std::ranges::stable_sort(index->entries, {}, &BundleEntry::shard);
  ShardClaims claims(notes, *index);
  for (std::uint64_t number = 0; number < index->shards; ++number) {
    const std::string shard = shard_name(prefix, number, index->shards);
    const Member* member = notes.tree().find(shard);
    if (member == nullptr) {
      notes.blame(shard,
                  Verdict::damaged,
                  Level::structure,
                  cat(notes.path_of(shard), " is missing: ", notes.path_of(name), " speaks of it"));
      return;
    }
    claims.check(*member, number);
  }
}

class Tensorflow final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return "tensorflow"; }

  Survey survey(Root& root) const override {
    Survey survey;
    auto found = gather(root.listing());
    if (found.empty()) return survey;
    note_pointer(root, found, survey);
    for (auto& [prefix, checkpoint] : found) {
      checkpoint.path = prefix;
      checkpoint.format = name();
      checkpoint.tag = prefix;
      checkpoint.step = step_of(prefix);
      checkpoint.is_directory = false;
      std::ranges::sort(checkpoint.parts);
      survey.checkpoints.push_back(std::move(checkpoint));
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
    const std::string prefix(base_name(checkpoint.path));
    const std::string index = cat(prefix, index_ending);
    const bool committed =
        notes.need(index, Verdict::unfinished, "TensorFlow writes it after all data") != nullptr;
    check_names(notes, prefix);
    check_marker_is_newest(notes, index, is_shard);
    check_foreign_members(notes, is_shard);
    if (committed && notes.wants(Level::edges)) check_index(notes, index, prefix);
    return std::move(notes).finish(std::min(level, Level::structure));
  }
};

}  // namespace

const Layout& tensorflow() {
  static const Tensorflow layout;
  return layout;
}

}  // namespace holdfast::checkpoint
