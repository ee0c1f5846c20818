// SPDX-License-Identifier: Apache-2.0
// SCR: the prefix directory holds .scr/index.scr, which lists the datasets and says which are
// complete, and for each dataset a directory with summary.scr and the rank2file maps, which list
// every file with its size and sometimes its CRC-32. The data lie wherever the program put them.
// All .scr files are KVTree files with a checksum of their own, so what is read can be believed.
#include "checkpoint/examination.hpp"
#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/kvtree.hpp"
#include "checkpoint/layouts/candidate.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/layouts/layouts.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view format = "scr";
constexpr std::string_view index_path = ".scr/index.scr";
constexpr std::size_t tree_bytes = 64U << 20U;

Result<KvTree> read_kvtree(const Disk& disk, const std::string& path) {
  const auto text = read_small_file(disk, path, tree_bytes);
  return text ? parse_kvtree(*text) : text.error();
}

std::span<const KvTree> below(const KvTree& tree, std::string_view key) {
  const KvTree* branch = tree.find(key);
  return branch == nullptr ? std::span<const KvTree>() : branch->branches;
}

/// What the index says of one dataset: DSET -> id -> DIR -> name -> {...}.
Checkpoint checkpoint_of(const std::string& id, const KvTree& entry) {
  Checkpoint one = directory_candidate(cat(".scr/scr.dataset.", id), format);
  one.tag = entry.key;
  const KvTree* about = entry.find("DSET");
  const auto step = about != nullptr ? about->value("CKPT") : std::nullopt;
  one.step = parse_number<std::uint64_t>(step.value_or(id));
  if (entry.value("COMPLETE") != "1") one.note = "its index does not call it complete";
  if (entry.find("FAILED") != nullptr) one.note = "its index says that fetching it failed";
  return one;
}

/// One file of the dataset, as its rank's map lists it.
void check_file(Examination& notes, const KvTree& file) {
  // Releases up to 2 wrote paths relative to the dataset's own directory.
  std::string path = file.key;
  auto status = notes.disk().status(path);
  if (!status && status.error().kind == FailureKind::not_found) {
    path = join_path(notes.checkpoint().tag, file.key);
    status = notes.disk().status(path);
  }
  if (!status && status.error().kind == FailureKind::not_found)
    return notes.blame(
        "",
        Verdict::damaged,
        Level::structure,
        cat(file.key, " is missing: the map of ", notes.checkpoint().path, " lists it"));
  // Of a file that cannot even be opened nothing is sound, not its edges either.
  if (!status) return notes.blame("", status.error(), Level::listing);
  if (status->kind != FileKind::regular)
    return notes.blame(
        "", Verdict::unknown, Level::listing, cat(path, " is no regular file and is not opened"));
  const auto size = parse_number<std::uint64_t>(file.value("SIZE").value_or(""));
  if (size && *size != status->size)
    return notes.blame("",
                       Verdict::damaged,
                       Level::structure,
                       cat(path, " should have ", *size, " bytes and has ", status->size));
  PayloadFile payload;
  payload.path = path;
  payload.size = status->size;
  const std::string_view crc = file.value("CRC").value_or("");
  const auto sum = crc.starts_with("0x") ? parse_number<std::uint32_t>(crc.substr(2), 16)
                                         : std::optional<std::uint32_t>();
  if (sum)
    payload.claims.push_back({0, status->size, Checksum::crc32, to_hex(*sum), "the file"});
  else
    notes.flag(Flag::no_checksum);
  const auto opened = notes.disk().open(path);
  if (!opened) return notes.blame("", opened.error(), Level::listing);
  payload.suspect = check_holes(notes, "", **opened, sum.has_value());
  notes.add_payload(std::move(payload));
}

/// All files of one map: RANK -> r -> FILE -> name -> {SIZE, CRC}. Maps above the leaves name other
/// maps under FILE and are passed over: those lie in the same directory.
std::uint64_t check_map(Examination& notes, const KvTree& map) {
  if (map.value("LEVEL").value_or("0") != "0") return 0;
  std::uint64_t files = 0;
  for (const KvTree& rank : below(map, "RANK")) {
    for (const KvTree& file : below(rank, "FILE")) {
      if (++files > notes.context().limits.entries) return files;
      check_file(notes, file);
    }
  }
  return files;
}

void check_maps(Examination& notes, std::optional<std::uint64_t> expected) {
  std::uint64_t files = 0;
  for (const Member& member : notes.tree().members) {
    if (!member.path.starts_with("rank2file") || member.status.kind != FileKind::regular) continue;
    const auto map = read_kvtree(notes.disk(), notes.path_of(member.path));
    if (!map) return notes.blame(member.path, map.error(), Level::structure);
    const KvTree* inner = map->find("RANK2FILE");
    files += check_map(notes, inner != nullptr ? *inner : *map);
  }
  if (!expected || files == *expected) return;
  notes.blame("",
              Verdict::damaged,
              Level::structure,
              cat("the maps in ",
                  notes.checkpoint().path,
                  " list ",
                  files,
                  " files, and its summary speaks of ",
                  *expected));
}

void check_summary(Examination& notes) {
  const auto summary = read_kvtree(notes.disk(), notes.path_of("summary.scr"));
  if (!summary) return notes.blame("summary.scr", summary.error(), Level::edges);
  if (summary->value("COMPLETE") != "1")
    return notes.blame("summary.scr",
                       Verdict::unfinished,
                       Level::edges,
                       cat(notes.path_of("summary.scr"), " does not call the dataset complete"));
  if (!notes.wants(Level::structure)) return;
  const KvTree* about = summary->find("DSET");
  const auto files = about != nullptr ? about->value("FILES") : std::nullopt;
  check_maps(notes, parse_number<std::uint64_t>(files.value_or("")));
}

class Scr final : public Layout {
 public:
  [[nodiscard]] std::string_view name() const override { return format; }

  Survey survey(Root& root) const override {
    Survey survey;
    if (root.listing().find(".scr") == nullptr) return survey;
    const auto index = read_kvtree(root.disk(), std::string(index_path));
    if (!index) {
      // Without the index SCR itself finds nothing; the datasets are shown for a person to see.
      for (const Entry& entry : root.peek(".scr").entries) {
        const auto id = match("scr.dataset.#", entry.name);
        if (!id) continue;
        Checkpoint one = directory_candidate(cat(".scr/", entry.name), format);
        one.step = id->front();
        one.note = cat("the index ", index.error().what);
        survey.checkpoints.push_back(std::move(one));
      }
      if (index.error().kind != FailureKind::not_found)
        survey.notes.push_back({std::string(index_path),
                                verdict_of(index.error()),
                                Level::edges,
                                cat(index_path, ' ', index.error().sentence())});
      return survey;
    }
    for (const KvTree& id : below(*index, "DSET"))
      for (const KvTree& entry : below(id, "DIR"))
        survey.checkpoints.push_back(checkpoint_of(id.key, entry));
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
    if (!checkpoint.note.empty())
      notes.blame("",
                  Verdict::unfinished,
                  Level::listing,
                  cat(checkpoint.path, " is not to be used: ", checkpoint.note));
    const bool there =
        notes.need("summary.scr", Verdict::unfinished, "SCR writes it when all is flushed");
    if (there && notes.wants(Level::edges)) check_summary(notes);
    return std::move(notes).finish(std::min(level, Level::structure));
  }
};

}  // namespace

const Layout& scr() {
  static const Scr layout;
  return layout;
}

}  // namespace holdfast::checkpoint
