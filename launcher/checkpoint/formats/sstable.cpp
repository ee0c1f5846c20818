// SPDX-License-Identifier: Apache-2.0
// A LevelDB table: data blocks, an index block that points at them, a footer of 48 bytes that
// points at the index. Keys within a block share beginnings with the key before.
#include "checkpoint/formats/sstable.hpp"

#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/cursor.hpp"
#include "holdfast/common/text.hpp"

#include <optional>
#include <string>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint64_t table_magic = 0xdb4775248b80fb57;
constexpr std::size_t footer_bytes = 48;
constexpr std::size_t trailer_bytes = 5;  // of a block: one byte compression, masked CRC-32C
constexpr std::size_t longest_key = 1U << 20U;

/// Where a block lies, without its trailer.
struct Handle {
  std::uint64_t offset{};
  std::uint64_t size{};
};

std::optional<Handle> take_handle(Cursor& cursor) {
  const auto offset = cursor.take_varint();
  const auto size = offset ? cursor.take_varint() : std::nullopt;
  if (!size) return std::nullopt;
  return Handle{*offset, *size};
}

/// The block's entries, after its checksum was found right.
Result<std::string_view> block_at(std::string_view file, const Handle& handle) {
  const std::uint64_t end = file.size() - footer_bytes;
  if (handle.offset > end || handle.size > end - handle.offset ||
      end - handle.offset - handle.size < trailer_bytes)
    return torn(cat("points at a block at byte ", handle.offset, " that does not lie in it"));
  const auto covered = file.substr(static_cast<std::size_t>(handle.offset),
                                   static_cast<std::size_t>(handle.size) + 1);
  const auto kept =
      file.substr(static_cast<std::size_t>(handle.offset) + covered.size(), sizeof(std::uint32_t));
  if (little<std::uint32_t>(as_bytes(kept)) != masked(crc32c(0, as_bytes(covered))))
    return torn(cat("does not match the CRC-32C of its block at byte ", handle.offset));
  if (covered.back() != 0)
    return unsupported(cat("has a compressed block at byte ", handle.offset));
  return covered.substr(0, covered.size() - 1);
}

/// Goes over the entries of one block.
Result<void> read_block(std::string_view block, const SstableEntry& entry) {
  constexpr std::size_t word = sizeof(std::uint32_t);
  if (block.size() < word) return torn("has a block without an end");
  const auto restarts = little<std::uint32_t>(as_bytes(block.substr(block.size() - word)));
  if (restarts > (block.size() - word) / word) return torn("has a block without an end");
  Cursor cursor(block.substr(0, block.size() - word - restarts * word));
  std::string key;
  while (cursor.left() > 0) {
    const auto shared = cursor.take_varint();
    const auto own = shared ? cursor.take_varint() : std::nullopt;
    const auto value_bytes = own ? cursor.take_varint() : std::nullopt;
    const auto rest = value_bytes ? cursor.take(*own) : std::nullopt;
    const auto value = rest ? cursor.take(*value_bytes) : std::nullopt;
    if (!value || *shared > key.size() || *shared + rest->size() > longest_key)
      return torn("has a block with a torn entry");
    key.resize(static_cast<std::size_t>(*shared));
    key += *rest;
    auto taken = entry(key, *value);
    if (!taken) return taken;
  }
  return {};
}

}  // namespace

Result<void> read_sstable(std::string_view file, const SstableEntry& entry) {
  if (file.size() < footer_bytes) return torn("is too short for a table");
  Cursor footer(file.substr(file.size() - footer_bytes));
  const auto meta = take_handle(footer);
  const auto index_handle = meta ? take_handle(footer) : std::nullopt;
  Cursor tail(file.substr(file.size() - sizeof(table_magic)));
  if (tail.take_little<std::uint64_t>() != table_magic) return torn("does not end as a table");
  if (!index_handle) return torn("has a torn footer");
  const auto index = block_at(file, *index_handle);
  if (!index) return index.error();
  return read_block(*index, [&](std::string_view, std::string_view value) -> Result<void> {
    Cursor cursor(value);
    const auto handle = take_handle(cursor);
    if (!handle) return torn("has a torn index");
    const auto block = block_at(file, *handle);
    if (!block) return block.error();
    return read_block(*block, entry);
  });
}

}  // namespace holdfast::checkpoint
