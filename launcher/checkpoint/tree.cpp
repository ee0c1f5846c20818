// SPDX-License-Identifier: Apache-2.0
// Listing a checkpoint with all its directories, breadth first and within limits, and the questions
// one asks of such a listing.
#include "checkpoint/names.hpp"
#include "holdfast/checkpoint/layout.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <deque>

namespace holdfast::checkpoint {

namespace {

struct Pending {
  std::string path;  // relative to the checkpoint
  unsigned depth{};
};

/// Files side by side; one that went away since the survey is simply not there.
Result<Tree> read_parts(const Disk& disk, const Checkpoint& checkpoint) {
  Tree tree;
  const auto around = disk.status(std::string(directory_name(checkpoint.path)));
  if (!around) return around.error();
  tree.self = *around;
  for (const std::string& part : checkpoint.parts) {
    const auto status = disk.status(path_of(checkpoint, part));
    if (status)
      tree.members.push_back({part, *status});
    else if (status.error().kind != FailureKind::not_found)
      return status.error();
  }
  return tree;
}

}  // namespace

const Entry* Listing::find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(entries, name, {}, &Entry::name);
  return at != entries.end() && at->name == name ? &*at : nullptr;
}

const Member* Tree::find(std::string_view path) const {
  const auto at = std::ranges::lower_bound(members, path, {}, &Member::path);
  return at != members.end() && at->path == path ? &*at : nullptr;
}

std::span<const Member> Tree::under(std::string_view directory) const {
  if (directory.empty()) return members;
  const std::string prefix = cat(directory, '/');
  const auto begins = [&](const Member& member) { return member.path.starts_with(prefix); };
  const auto first = std::ranges::lower_bound(members, prefix, {}, &Member::path);
  const auto end = std::partition_point(first, members.end(), begins);
  return {first, end};
}

Time Tree::newest() const {
  Time latest{};
  for (const Member& member : members)
    if (member.status.kind == FileKind::regular) latest = std::max(latest, member.status.modified);
  return latest;
}

Time Tree::newest_entry() const {
  Time latest = self.modified;
  for (const Member& member : members)
    latest = std::max(latest, member.status.modified);
  return latest;
}

std::uint64_t Tree::bytes() const {
  std::uint64_t sum = 0;
  for (const Member& member : members)
    if (member.status.kind == FileKind::regular) sum += member.status.size;
  return sum;
}

Result<Tree> read_tree(const Disk& disk, const Checkpoint& checkpoint, const Limits& limits) {
  if (!checkpoint.parts.empty()) return read_parts(disk, checkpoint);
  Tree tree;
  const auto self = disk.status(checkpoint.path);
  if (!self) return self.error();
  tree.self = *self;
  if (!checkpoint.is_directory) {
    tree.members.push_back({"", *self});
    return tree;
  }
  std::deque<Pending> pending{{"", 0}};
  while (!pending.empty()) {
    const Pending next = std::move(pending.front());
    pending.pop_front();
    const std::size_t room = limits.entries - tree.members.size();
    const auto listing = disk.list(join_path(checkpoint.path, next.path), room);
    if (!listing) {
      if (next.path.empty()) return listing.error();
      tree.unlisted = next.path;
      tree.why_unlisted = listing.error();
      continue;
    }
    if (!listing->whole) tree.whole = false;
    for (const Entry& entry : listing->entries) {
      const std::string path = join_path(next.path, entry.name);
      tree.members.push_back({path, entry.status});
      // A linked directory is not descended into: its contents belong where they lie.
      if (entry.status.kind != FileKind::directory || entry.status.linked) continue;
      if (next.depth + 1 < limits.depth)
        pending.push_back({path, next.depth + 1});
      else
        tree.whole = false;
    }
    if (!tree.whole) break;
  }
  std::ranges::sort(tree.members, {}, &Member::path);
  return tree;
}

Root::Root(const Disk& disk, Listing listing, const Limits& limits, std::string marker)
    : disk_(disk), listing_(std::move(listing)), limits_(limits), marker_(std::move(marker)) {}

const Listing& Root::peek(const std::string& directory) {
  if (const auto known = peeked_.find(directory); known != peeked_.end()) return known->second;
  auto listing = disk_.list(directory, limits_.peek);
  return peeked_.emplace(directory, listing ? std::move(*listing) : Listing()).first->second;
}

}  // namespace holdfast::checkpoint
