// SPDX-License-Identifier: Apache-2.0
// The second half of the zip reader: what stands between the payloads. A record's descriptor and
// the next record's header are neighbours, so that one small read serves both.
#include "checkpoint/formats/zip.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint32_t local_magic = 0x04034b50;
constexpr std::uint32_t descriptor_magic = 0x08074b50;
constexpr std::size_t local_bytes = 30;
constexpr unsigned has_descriptor = 1U << 3;
constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;

/// Small reads that move forward through a slice, served from one buffer where they can be.
class Window {
 public:
  explicit Window(const Slice& slice) : slice_(slice) {}

  /// Valid until the next call.
  Result<Bytes> at(std::uint64_t offset, std::size_t length) {
    if (offset < begin_ || offset + length > begin_ + held_) {
      if (offset > slice_.length() || length > slice_.length() - offset)
        return torn(cat("ends before byte ", offset, " + ", length));
      const std::uint64_t left = slice_.length() - offset;
      const std::size_t wish = std::max(length, window_bytes);
      begin_ = offset;
      held_ = static_cast<std::size_t>(std::min<std::uint64_t>(left, wish));
      buffer_.resize(held_);
      if (auto got = slice_.read(offset, buffer_); !got) {
        held_ = 0;
        return got.error();
      }
    }
    return Bytes(buffer_).subspan(static_cast<std::size_t>(offset - begin_), length);
  }

 private:
  static constexpr std::size_t window_bytes = 4096;
  const Slice& slice_;
  std::vector<std::byte> buffer_;
  std::uint64_t begin_{};
  std::size_t held_{};
};

Failure unlike(const ZipRecord& record, std::string_view part) {
  return torn(
      cat("has a ", part, " of record ", record.name, " that is not what its directory says"));
}

Result<void> check_descriptor(Window& window, const ZipRecord& record) {
  const bool wide = record.size >= four_gib || record.header >= four_gib;
  const auto bytes = window.at(record.payload + record.size, wide ? 24 : 16);
  if (!bytes) return bytes.error();
  const auto crc = little<std::uint32_t>(bytes->subspan(4));
  const std::uint64_t stored =
      wide ? little<std::uint64_t>(bytes->subspan(8)) : little<std::uint32_t>(bytes->subspan(8));
  const std::uint64_t size =
      wide ? little<std::uint64_t>(bytes->subspan(16)) : little<std::uint32_t>(bytes->subspan(12));
  if (little<std::uint32_t>(*bytes) != descriptor_magic || crc != record.crc ||
      stored != record.size || size != record.size)
    return unlike(record, "descriptor");
  return {};
}

/// The header in front of the payload; with a descriptor behind it, sizes and sum stand there.
Result<bool> check_header(Window& window, ZipRecord& record) {
  const auto header = window.at(record.header, local_bytes + record.name.size());
  if (!header) return header.error();
  const unsigned flags = little<std::uint16_t>(header->subspan(6));
  const std::size_t name = little<std::uint16_t>(header->subspan(26));
  const std::size_t extra = little<std::uint16_t>(header->subspan(28));
  if (little<std::uint32_t>(*header) != local_magic || name != record.name.size() ||
      as_text(header->subspan(local_bytes)) != record.name)
    return unlike(record, "header");
  record.payload = record.header + local_bytes + name + extra;
  const bool described = (flags & has_descriptor) != 0;
  if (!described && little<std::uint32_t>(header->subspan(14)) != record.crc)
    return unlike(record, "header");
  return described;
}

}  // namespace

Result<void> check_zip_records(const Slice& slice, ZipDirectory& directory) {
  Window window(slice);
  for (std::size_t i = 0; i < directory.records.size(); ++i) {
    ZipRecord& record = directory.records[i];
    const auto described = check_header(window, record);
    if (!described) return described.error();
    const std::uint64_t end =
        i + 1 < directory.records.size() ? directory.records[i + 1].header : directory.offset;
    if (record.payload > end || record.size > end - record.payload)
      return torn(cat("has the zip record ", record.name, " where another or the directory lies"));
    if (!*described) continue;
    if (auto same = check_descriptor(window, record); !same) return same.error();
  }
  return {};
}

}  // namespace holdfast::checkpoint
