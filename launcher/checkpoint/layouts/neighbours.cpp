// SPDX-License-Identifier: Apache-2.0
// The checks of files.hpp that compare names, numbers and times and open nothing.
#include "checkpoint/heuristics.hpp"
#include "checkpoint/layouts/files.hpp"
#include "checkpoint/names.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace holdfast::checkpoint {

namespace {

/// `text` with its last run of digits replaced by `number`.
std::string with_last_number(std::string_view text, std::string_view number) {
  const auto last = text.find_last_of("0123456789");
  if (last == std::string_view::npos) return std::string(text);
  auto first = last;
  while (first > 0 && text[first - 1] >= '0' && text[first - 1] <= '9')
    --first;
  return cat(text.substr(0, first), number, text.substr(last + 1));
}

/// How many ranks wrote files like this one, were their numbers counted up from 0.
std::uint64_t ranks_beside(const Tree& tree, std::string_view file) {
  std::uint64_t count = 0;
  while (tree.find(with_last_number(file, std::to_string(count))) != nullptr)
    ++count;
  return count;
}

/// Whether all that is missing belongs to ranks beyond those that are there.
bool only_higher_ranks(const Tree& tree, const std::vector<std::string>& missing) {
  return std::ranges::all_of(missing, [&](const std::string& file) {
    const auto rank = last_number(base_name(file));
    const std::uint64_t here = ranks_beside(tree, file);
    return rank && here > 0 && *rank >= here;
  });
}

/// Whether some other checkpoint of the root lacks these files too: then the world has changed.
bool confirmed_elsewhere(const Examination& examination, const std::vector<std::string>& missing) {
  const Context& context = examination.context();
  for (const Checkpoint& sibling : context.siblings) {
    if (sibling.path == examination.checkpoint().path || !sibling.is_directory) continue;
    const auto tree = read_tree(examination.disk(), sibling, context.limits);
    if (!tree ||
        ranks_beside(*tree, missing.front()) != ranks_beside(examination.tree(), missing.front()))
      continue;
    if (std::ranges::none_of(missing, [&](const std::string& file) { return tree->find(file); }))
      return true;
  }
  return false;
}

/// Linux takes the times of files from a clock that ticks at least this often (HZ is 100 or more).
constexpr std::chrono::milliseconds tick_of_times{10};

/// A file that has size and time, to the nanosecond, of the sibling's file of the same name: a
/// copy. Times in whole seconds prove nothing: some file systems keep no others. Nor does a time
/// that all of this checkpoint's files share: then both were written within one tick of the clock.
const Member* copied_from_reference(const Examination& examination,
                                    bool (*counts)(std::string_view path)) {
  const Context& context = examination.context();
  if (context.reference == nullptr || context.reference_step == examination.checkpoint().step)
    return nullptr;
  const Time newest = examination.tree().newest();
  for (const Member& member : examination.tree().members) {
    if (member.status.kind != FileKind::regular || !counts(member.path)) continue;
    if (newest - member.status.modified <= tick_of_times) continue;
    const Member* theirs = context.reference->find(
        name_in_sibling(member.path, examination.checkpoint().step, context.reference_step));
    const bool exact = member.status.modified.time_since_epoch() % std::chrono::seconds(1) !=
                       std::chrono::nanoseconds(0);
    if (exact && theirs != nullptr && theirs->status.size == member.status.size &&
        theirs->status.modified == member.status.modified)
      return &member;
  }
  return nullptr;
}

std::string shown_seconds(std::chrono::nanoseconds span) {
  return decimal(std::chrono::duration<double>(span).count(), 1);
}

}  // namespace

void check_numbers(Examination& examination,
                   std::string_view directory,
                   std::string_view shape,
                   Verdict absent) {
  Grid grid;
  for (const Member& member : examination.tree().under(directory)) {
    if (directory_name(member.path) != directory) continue;
    if (auto numbers = match(shape, base_name(member.path))) grid.insert(std::move(*numbers));
  }
  const auto gap = first_gap(grid);
  if (!gap) return;
  std::string name(shape);
  for (const std::uint64_t number : *gap)
    name.replace(name.find('#'), 1, std::to_string(number));
  const std::string member = join_path(directory, name);
  examination.blame(member,
                    absent,
                    Level::listing,
                    cat(examination.path_of(member),
                        " is missing although others of its kind up to ",
                        extent(grid, 0) - 1,
                        " are there"));
}

void check_beside_sibling(Examination& examination) {
  const Context& context = examination.context();
  examination.flag(Flag::without_inventory);
  if (context.reference == nullptr) return;
  const auto missing = missing_beside(examination.tree(),
                                      examination.checkpoint().step,
                                      *context.reference,
                                      context.reference_step);
  if (missing.empty()) return;
  if (only_higher_ranks(examination.tree(), missing) && confirmed_elsewhere(examination, missing))
    return;
  examination.blame(missing.front(),
                    Verdict::unfinished,
                    Level::listing,
                    cat(examination.path_of(missing.front()),
                        " is missing; the good checkpoint before this one has such a file"));
}

void check_foreign_members(Examination& examination, bool (*counts)(std::string_view path)) {
  const auto blame = [&](const Member& member, std::string_view before) {
    examination.blame(member.path,
                      Verdict::damaged,
                      Level::listing,
                      cat(examination.path_of(member.path),
                          " is of another step: it was written before ",
                          before,
                          " was complete"));
  };
  if (const Member* copy = copied_from_reference(examination, counts))
    return blame(*copy, "the checkpoint before this one");
  const Checkpoint& self = examination.checkpoint();
  if (!self.step || !self.committed) return;
  const Checkpoint* before = nullptr;
  for (const Checkpoint& sibling : examination.context().siblings)
    if (sibling.step && sibling.committed && *sibling.step < *self.step &&
        *sibling.committed < *self.committed && (before == nullptr || by_age(sibling, *before) > 0))
      before = &sibling;
  if (before == nullptr) return;
  const Time latest = *before->committed - examination.context().slack;
  if (const Member* old = older_than(examination.tree(), latest, counts)) blame(*old, before->path);
}

void check_marker_is_newest(Examination& examination,
                            std::string_view marker,
                            bool (*counts)(std::string_view path)) {
  const Member* commit = examination.tree().find(marker);
  if (commit == nullptr) return;
  const Time latest = commit->status.modified + examination.context().slack;
  const Member* newer = newer_than(examination.tree(), latest, counts);
  if (newer == nullptr) return;
  examination.flag(Flag::torn_overwrite);
  examination.blame(newer->path,
                    Verdict::damaged,
                    Level::listing,
                    cat(examination.path_of(newer->path),
                        " was written ",
                        shown_seconds(newer->status.modified - commit->status.modified),
                        " s after ",
                        base_name(marker),
                        ", which is written last: a save over it was cut off"));
}

std::optional<std::uint64_t> step_of_name(std::string_view name) {
  constexpr std::array words{"global_step",
                             "step=",
                             "step-",
                             "step_",
                             "iter_",
                             "checkpoint-",
                             "checkpoint_",
                             "ckpt-",
                             "-ba",
                             "step"};
  for (const auto* word : words)
    if (const auto step = number_after(word, name)) return step;
  return last_number(name);
}

}  // namespace holdfast::checkpoint
