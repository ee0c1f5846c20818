// SPDX-License-Identifier: Apache-2.0
// A tree file: header of 20 bytes, packed tree, CRC-32 over all before it. All numbers are
// big-endian, a name ends with NUL.
#include "checkpoint/formats/kvtree.hpp"

#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/cursor.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint32_t magic = 0x951fc3f5;
constexpr std::uint32_t with_crc = 1;  // the only flag there is
constexpr unsigned deepest = 64;       // SCR's own trees have under ten levels
constexpr std::size_t most_branches = 1'000'000;
constexpr std::size_t least_branch = 1 + sizeof(std::uint32_t);  // an empty name and a zero count

/// Reads a tree's branches off the cursor; the budget is shared by all levels.
class Unpacker {
 public:
  explicit Unpacker(std::string_view packed) : cursor_(packed) {}

  [[nodiscard]] bool unpack(KvTree& tree, unsigned depth) {
    const auto count = cursor_.take_big<std::uint32_t>();
    if (!count || depth > deepest || *count > cursor_.left() / least_branch) return false;
    if (*count > budget_) return false;
    budget_ -= *count;
    tree.branches.resize(*count);
    return std::ranges::all_of(tree.branches, [&](KvTree& branch) {
      const auto key = cursor_.take_c_string();
      if (!key) return false;
      branch.key = *key;
      return unpack(branch, depth + 1);
    });
  }

  [[nodiscard]] bool done() const { return cursor_.left() == 0; }

 private:
  Cursor cursor_;
  std::size_t budget_{most_branches};
};

}  // namespace

const KvTree* KvTree::find(std::string_view name) const {
  const auto found = std::ranges::find(branches, name, &KvTree::key);
  return found == branches.end() ? nullptr : &*found;
}

std::optional<std::string_view> KvTree::value(std::string_view name) const {
  const KvTree* branch = find(name);
  if (branch == nullptr || branch->branches.size() != 1) return std::nullopt;
  return branch->branches.front().key;
}

Result<KvTree> parse_kvtree(std::string_view file) {
  Cursor head(file);
  if (head.take_big<std::uint32_t>() != magic) return torn("does not begin as a KVTree file");
  const auto type = head.take_big<std::uint16_t>();
  const auto version = head.take_big<std::uint16_t>();
  const auto size = head.take_big<std::uint64_t>();
  const auto flags = head.take_big<std::uint32_t>();
  if (!flags) return torn("ends within its header");
  if (type != 1 || version != 1)
    return unsupported(cat("is a KVTree file of type ", *type, ", version ", *version));
  if (size != file.size()) return torn(cat("says it has ", *size, " bytes and has ", file.size()));
  std::string_view packed = file.substr(head.at());
  if ((*flags & with_crc) != 0) {
    if (packed.size() < sizeof(std::uint32_t)) return torn("ends before its checksum");
    const std::string_view covered = file.substr(0, file.size() - sizeof(std::uint32_t));
    if (big<std::uint32_t>(as_bytes(file.substr(covered.size()))) != crc32(0, as_bytes(covered)))
      return torn("does not match the CRC-32 at its end");
    packed = covered.substr(head.at());
  }
  KvTree tree;
  Unpacker unpacker(packed);
  if (!unpacker.unpack(tree, 0) || !unpacker.done()) return torn("holds no KVTree");
  return tree;
}

}  // namespace holdfast::checkpoint
