// SPDX-License-Identifier: Apache-2.0
// TensorFlow's tensor bundle: a table whose first entry, under the empty key, is the header and
// whose others are tensors. The field numbers are those of tensor_bundle.proto and types.proto.
#include "checkpoint/formats/tensor_bundle.hpp"

#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/cursor.hpp"
#include "checkpoint/formats/proto_fields.hpp"
#include "checkpoint/formats/sstable.hpp"
#include "holdfast/common/text.hpp"

#include <limits>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint64_t type_string = 7;
constexpr std::uint64_t type_variant = 21;
constexpr std::uint64_t big_endian = 1;
constexpr std::uint64_t most_shards = 100'000;  // the name has five digits

/// Product of the dimensions of a TensorShapeProto; the largest number where it does not fit.
std::uint64_t elements_of(std::string_view shape) {
  std::uint64_t product = 1;
  ProtoFields dimensions(shape);
  while (const auto dimension = dimensions.next()) {
    if (dimension->number != 2) continue;
    std::uint64_t size = 0;
    ProtoFields fields(dimension->bytes);
    while (const auto field = fields.next())
      if (field->number == 1) size = field->value;
    if (__builtin_mul_overflow(product, size, &product))
      return std::numeric_limits<std::uint64_t>::max();
  }
  return product;
}

Result<std::uint64_t> shards_of(std::string_view header) {
  std::uint64_t shards = 0;
  std::uint64_t endianness = 0;
  ProtoFields fields(header);
  while (const auto field = fields.next()) {
    if (field->number == 1) shards = field->value;
    if (field->number == 2) endianness = field->value;
  }
  if (fields.broken() || shards == 0 || shards > most_shards) return torn("has a torn header");
  if (endianness == big_endian) return unsupported("was written on a big-endian machine");
  return shards;
}

Result<BundleEntry> entry_of(std::string_view key, std::string_view message) {
  BundleEntry entry{.name = std::string(key)};
  std::uint64_t type = 0;
  entry.elements = 1;
  ProtoFields fields(message);
  while (const auto field = fields.next()) {
    if (field->number == 1) type = field->value;
    if (field->number == 2) entry.elements = elements_of(field->bytes);
    if (field->number == 3) entry.shard = field->value;
    if (field->number == 4) entry.offset = field->value;
    if (field->number == 5) entry.size = field->value;
    if (field->number == 6) entry.masked_crc = static_cast<std::uint32_t>(field->value);
    if (field->number == 7) entry.kind = BundleEntry::Kind::sliced;
  }
  if (fields.broken()) return torn("has a torn entry");
  if (entry.kind == BundleEntry::Kind::sliced) return entry;
  if (type == type_string) entry.kind = BundleEntry::Kind::strings;
  if (type == type_variant) entry.kind = BundleEntry::Kind::variant;
  return entry;
}

}  // namespace

Result<BundleIndex> parse_bundle_index(std::string_view file, std::size_t most) {
  BundleIndex index;
  auto read = read_sstable(file, [&](std::string_view key, std::string_view value) -> Result<void> {
    if (key.empty()) {
      const auto shards = shards_of(value);
      if (!shards) return shards.error();
      index.shards = *shards;
      return {};
    }
    if (index.entries.size() == most) return unsupported(cat("has more than ", most, " entries"));
    auto entry = entry_of(key, value);
    if (!entry) return entry.error();
    index.entries.push_back(std::move(*entry));
    return {};
  });
  if (!read) return read.error();
  if (index.shards == 0) return torn("has no header");
  return index;
}

Result<void> check_strings(const BundleEntry& entry, std::string_view bytes) {
  Cursor cursor(bytes);
  // The checksum is over the lengths as 32-bit numbers (64 where they need it), not over the
  // variable-length form they have on disk.
  std::string numbers;
  std::uint64_t total = 0;
  if (entry.elements > bytes.size()) return torn("has fewer bytes than strings");
  for (std::uint64_t i = 0; i < entry.elements; ++i) {
    const auto length = cursor.take_varint();
    if (!length || *length > bytes.size()) return torn("has torn string lengths");
    total += *length;
    const std::size_t width = *length > std::numeric_limits<std::uint32_t>::max() ? 8 : 4;
    for (std::size_t byte = 0; byte < width; ++byte)
      numbers.push_back(static_cast<char>(*length >> (8 * byte)));
  }
  const auto kept = cursor.take(sizeof(std::uint32_t));
  if (!kept || total != cursor.left()) return torn("has torn string lengths");
  const std::uint32_t of_lengths = crc32c(0, as_bytes(numbers));
  if (little<std::uint32_t>(as_bytes(*kept)) != masked(of_lengths))
    return torn("does not match the CRC-32C of its string lengths");
  const std::uint32_t of_all =
      crc32c(crc32c(of_lengths, as_bytes(*kept)), as_bytes(bytes.substr(bytes.size() - total)));
  if (masked(of_all) != entry.masked_crc) return torn("does not match its CRC-32C");
  return {};
}

std::string model_checkpoint_path(std::string_view text) {
  constexpr std::string_view label = "model_checkpoint_path:";
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (!line.starts_with(label)) continue;
    line = trim(line.substr(label.size()));
    if (line.size() < 2 || line.front() != line.back() || (line[0] != '"' && line[0] != '\''))
      return {};
    line = line.substr(1, line.size() - 2);
    // Escapes are for control bytes and quotes, which no name of a checkpoint needs.
    if (line.find('\\') != std::string_view::npos) return {};
    return std::string(line);
  }
  return {};
}

}  // namespace holdfast::checkpoint
