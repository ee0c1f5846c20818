// SPDX-License-Identifier: Apache-2.0
// The frame tensorstore puts around its OCDBT nodes: magic (big-endian), total length
// (little-endian), version, compression, body, CRC-32C of all before it (little-endian).
#include "checkpoint/formats/ocdbt_manifest.hpp"

#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/cursor.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

constexpr std::uint32_t manifest_magic = 0x0cdb3a2a;
constexpr std::size_t crc_bytes = sizeof(std::uint32_t);

}  // namespace

Result<OcdbtManifest> parse_ocdbt_head(std::string_view head, std::uint64_t size) {
  Cursor cursor(head);
  if (cursor.take_big<std::uint32_t>() != manifest_magic)
    return torn("does not begin as an OCDBT manifest");
  const auto length = cursor.take_little<std::uint64_t>();
  const auto version = cursor.take_varint();
  const auto compression = cursor.take_varint();
  if (!length || !version || !compression) return torn("ends within its header");
  if (*length != size) return torn(cat("says it has ", *length, " bytes and has ", size));
  if (size < cursor.at() + crc_bytes) return torn("ends before its checksum");
  if (*version != 0) return unsupported(cat("is an OCDBT manifest of version ", *version));
  return OcdbtManifest{*length, *compression};
}

Result<OcdbtManifest> parse_ocdbt_manifest(std::string_view file) {
  auto manifest = parse_ocdbt_head(file, file.size());
  if (!manifest) return manifest;
  const std::string_view covered = file.substr(0, file.size() - crc_bytes);
  if (little<std::uint32_t>(as_bytes(file.substr(covered.size()))) != crc32c(0, as_bytes(covered)))
    return torn("does not match the CRC-32C at its end");
  return manifest;
}

}  // namespace holdfast::checkpoint
