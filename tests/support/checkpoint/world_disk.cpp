// SPDX-License-Identifier: Apache-2.0
// The reading side of the world.
#include "holdfast/checkpoint/checkpoint.hpp"
#include "support/checkpoint/world.hpp"

#include <algorithm>
#include <cstring>

namespace holdfast::checkpoint::testing {

namespace {

constexpr std::size_t page = 4096;

Failure gone() { return {FailureKind::not_found, "is gone", "", {}}; }
Failure denied() { return {FailureKind::denied, "may not be read", "", {}}; }

class WorldFile : public File {
 public:
  WorldFile(std::string bytes, const std::set<std::size_t>& holes, const FileStatus& status)
      : bytes_(std::move(bytes)), status_(status) {
    hole_ = holes.empty() ? bytes_.size() : std::min(bytes_.size(), *holes.begin() * page);
  }
  [[nodiscard]] const FileStatus& status() const override { return status_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t length =
        std::min<std::size_t>(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::memcpy(into.data(), bytes_.data() + offset, length);
    return length;
  }
  Result<std::uint64_t> find_hole() const override { return std::uint64_t{hole_}; }

 private:
  std::string bytes_;
  FileStatus status_;
  std::size_t hole_{};
};

}  // namespace

FileStatus World::status_of(const Node& node, bool linked) const {
  FileStatus status;
  status.kind = node.kind;
  status.linked = linked;
  status.size = node.bytes.size();
  std::size_t pages = (node.bytes.size() + page - 1) / page;
  for (const std::size_t hole : node.holes)
    if (hole * page < node.bytes.size()) --pages;
  status.blocks = pages * (page / 512);
  status.inode = node.inode;
  status.modified = node.modified;
  return status;
}

Result<FileStatus> World::status(const std::string& path) const {
  const Node* itself = find_itself(path);
  if (itself == nullptr) return gone();
  if (itself->target.empty()) return status_of(*itself, false);
  const Node* node = find(path);
  if (node != nullptr) return status_of(*node, true);
  FileStatus refused;
  refused.kind = FileKind::refused;
  refused.linked = true;
  return refused;
}

Result<Listing> World::list(const std::string& directory, std::size_t most) const {
  const Node* node = find(directory);
  if (node == nullptr || node->kind != FileKind::directory) return gone();
  if (forbidden_.contains(directory)) return denied();
  Listing listing;
  for (const auto& [name, inode] : node->entries) {
    if (listing.entries.size() == most) break;
    const auto found = status(join_path(directory, name));
    if (found) listing.entries.push_back({name, *found});
  }
  listing.whole = node->entries.size() <= most;
  for (std::size_t i = 0; i < node->crowd; ++i) {
    if (listing.entries.size() == most) {
      listing.whole = false;
      break;
    }
    FileStatus status;
    status.kind = FileKind::regular;
    status.size = 1;
    status.blocks = 8;
    status.modified = node->modified;
    listing.entries.push_back({"crowd-" + std::to_string(i) + ".txt", status});
  }
  std::ranges::sort(listing.entries, {}, &Entry::name);
  return listing;
}

Result<std::unique_ptr<File>> World::open(const std::string& path) const {
  if (vanishing_.contains(path)) return gone();
  const Node* node = find(path);
  if (node == nullptr) return gone();
  if (forbidden_.contains(path)) return denied();
  if (node->kind != FileKind::regular)
    return Failure{FailureKind::unsupported, "is no regular file", "", {}};
  return std::unique_ptr<File>(
      std::make_unique<WorldFile>(node->bytes, node->holes, status_of(*node, false)));
}

Result<std::string> World::read_link(const std::string& path) const {
  const Node* node = find_itself(path);
  if (node == nullptr || node->target.empty()) return gone();
  return node->target;
}

}  // namespace holdfast::checkpoint::testing
