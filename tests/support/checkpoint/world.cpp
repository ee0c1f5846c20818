// SPDX-License-Identifier: Apache-2.0
// The writing side of the world and the damage tests do to it.
#include "support/checkpoint/world.hpp"

#include "holdfast/checkpoint/checkpoint.hpp"

#include <stdexcept>

namespace holdfast::checkpoint::testing {

namespace {

constexpr std::uint64_t root_node = 1;
constexpr std::size_t page = 4096;

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

World::World() : now_(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)) {
  Node root;
  root.kind = FileKind::directory;
  root.modified = now_;
  root.inode = root_node;
  nodes_.emplace(root_node, std::move(root));
}

void World::step() {
  if (left_ && *left_ == 0) throw Killed();
  if (left_) --*left_;
  ++count_;
  now_ += std::chrono::nanoseconds(20'000'003);  // never a whole second
}

const World::Node* World::find_itself(const std::string& path) const {
  if (path.empty()) return &nodes_.at(root_node);
  const Node* parent = find(directory_of(path));
  if (parent == nullptr) return nullptr;
  const auto entry = parent->entries.find(name_of(path));
  return entry == parent->entries.end() ? nullptr : &nodes_.at(entry->second);
}

const World::Node* World::find(const std::string& path, int links) const {
  const Node* node = find_itself(path);
  if (node == nullptr || node->target.empty()) return node;
  // Links of this world lead to a name beside them, or upwards and out.
  if (links > 8 || node->target.find("..") != std::string::npos || node->target.front() == '/')
    return nullptr;
  return find(join_path(directory_of(path), node->target), links + 1);
}

World::Node& World::at(const std::string& path) {
  const Node* node = find(path);
  if (node == nullptr) throw std::runtime_error("no such file in this world: " + path);
  return nodes_.at(node->inode);
}

void World::enter(const std::string& path, std::optional<std::uint64_t> node, bool with_next) {
  Node& parent = at(directory_of(path));
  if (node)
    parent.entries[name_of(path)] = *node;
  else
    parent.entries.erase(name_of(path));
  parent.modified = now_;
  changes_.push_back({parent.inode, name_of(path), node, with_next ? 1U : 0U});
}

World::Node& World::add(const std::string& path, FileKind kind) {
  const std::uint64_t number = next_++;
  Node node;
  node.kind = kind;
  node.inode = number;
  node.modified = now_;
  nodes_.emplace(number, std::move(node));
  enter(path, number, false);
  return nodes_.at(number);
}

void World::make_directory(const std::string& path) {
  step();
  if (!has(path)) add(path, FileKind::directory);
}

void World::make_directories(const std::string& path) {
  if (path.empty() || has(path)) return;
  make_directories(directory_of(path));
  make_directory(path);
}

void World::create(const std::string& path) {
  step();
  if (!has(path)) {
    add(path, FileKind::regular);
    return;
  }
  Node& node = at(path);
  node.bytes.clear();
  node.holes.clear();
  node.clean = false;
  node.modified = now_;
}

void World::append(const std::string& path, std::string_view bytes) {
  step();
  Node& node = at(path);
  node.bytes += bytes;
  node.clean = false;
  node.modified = now_;
}

void World::write(const std::string& path, std::string_view bytes) {
  create(path);
  // A few pieces per file, however long: every boundary is a place to die at.
  const std::size_t piece = std::max<std::size_t>(1, (bytes.size() + 3) / 4);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    append(path, bytes.substr(0, piece));
}

void World::sync(const std::string& path) {
  step();
  Node& node = at(path);
  node.durable = node.bytes;
  node.clean = true;
}

void World::sync_directory(const std::string& path) {
  step();
  Node& node = at(path);
  node.durable_entries = node.entries;
  std::erase_if(changes_, [&](const Change& change) { return change.directory == node.inode; });
}

void World::rename(const std::string& from, const std::string& to) {
  step();
  const std::uint64_t inode = find_itself(from)->inode;
  enter(from, std::nullopt, true);
  enter(to, inode, false);
}

void World::remove(const std::string& path) {
  step();
  enter(path, std::nullopt, false);
}

void World::link(const std::string& target, const std::string& path) {
  step();
  add(path, FileKind::special).target = target;
}

void World::write_back() {
  for (auto& [number, node] : nodes_) {
    node.durable = node.bytes;
    node.clean = true;
    node.durable_entries = node.entries;
  }
  changes_.clear();
}

bool World::has(const std::string& path) const { return find(path) != nullptr; }

std::string World::bytes(const std::string& path) const {
  const Node* node = find(path);
  if (node == nullptr) throw std::runtime_error("no such file in this world: " + path);
  return node->bytes;
}

std::vector<std::string> World::files_under(const std::string& path) const {
  std::vector<std::string> found;
  const Node* node = find(path);
  if (node == nullptr) return found;
  if (node->kind == FileKind::regular) return {path};
  for (const auto& [name, inode] : node->entries) {
    const auto inside = files_under(join_path(path, name));
    found.insert(found.end(), inside.begin(), inside.end());
  }
  return found;
}

void World::set_bytes(const std::string& path, std::string bytes) {
  Node& node = at(path);
  node.bytes = std::move(bytes);
  node.durable = node.bytes;
  node.holes.clear();
}

void World::set_modified(const std::string& path, Time time) { at(path).modified = time; }

void World::punch_hole(const std::string& path, std::size_t begin, std::size_t length) {
  Node& node = at(path);
  for (std::size_t number = begin / page; number * page < begin + length; ++number) {
    node.holes.insert(number);
    const std::size_t from = number * page;
    if (from < node.bytes.size())
      node.bytes.replace(from,
                         std::min(page, node.bytes.size() - from),
                         std::min(page, node.bytes.size() - from),
                         '\0');
  }
}

void World::make_special(const std::string& path) { add(path, FileKind::special); }

void World::fill_directory(const std::string& path, std::size_t entries) {
  at(path).crowd = entries;
}

}  // namespace holdfast::checkpoint::testing
