// SPDX-License-Identifier: Apache-2.0
// Reads the end of the archive first, then the directory, then (on request) the headers among the
// records. Every number comes from a file that may be hostile: it is compared with what is left
// before anything is read or allocated by it.
#include "checkpoint/formats/zip.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint32_t local_magic = 0x04034b50;
constexpr std::uint32_t central_magic = 0x02014b50;
constexpr std::uint32_t end_magic = 0x06054b50;
constexpr std::uint32_t end64_magic = 0x06064b50;
constexpr std::uint32_t locator_magic = 0x07064b50;

constexpr std::size_t central_bytes = 46;
constexpr std::size_t end_bytes = 22;
constexpr std::size_t locator_bytes = 20;
constexpr std::size_t end64_bytes = 56;

constexpr std::uint32_t in_64_bits = 0xffffffffU;  // "look into the extra field"

/// The tail of the slice in one read: all three end records, when there is no comment.
struct Tail {
  std::array<std::byte, end_bytes + locator_bytes + end64_bytes> bytes{};
  std::size_t length{};

  /// The last `size` bytes before `after` bytes of the end; empty when the slice is shorter.
  [[nodiscard]] Bytes before_end(std::size_t after, std::size_t size) const {
    if (after + size > length) return {};
    return Bytes(bytes).subspan(bytes.size() - after - size, size);
  }
};

Failure no_end(const Slice& slice) {
  // Whoever appended to the file, or cut it, is told apart: the end record may lie further up.
  const std::uint64_t length = slice.length();
  const auto far = static_cast<std::size_t>(std::min<std::uint64_t>(length, 65'536 + end_bytes));
  const auto text = slice.read(length - far, far);
  if (!text) return text.error();
  const auto at = text->rfind(std::string("PK\5\6", 4));
  if (at != std::string::npos && far - at > end_bytes)
    return torn(cat("has ", far - at - end_bytes, " bytes after the end of its zip directory"));
  return torn("has no zip directory at its end: cut short, or never written to the end");
}

Result<ZipEnd> read_end64(const Slice& slice, const Tail& tail, const ZipEnd& small) {
  const Bytes locator = tail.before_end(end_bytes, locator_bytes);
  if (locator.empty() || little<std::uint32_t>(locator) != locator_magic) {
    if (small.offset == in_64_bits || small.size == in_64_bits)
      return torn("names a 64-bit zip directory that is not there");
    return small;
  }
  const Bytes end64 = tail.before_end(end_bytes + locator_bytes, end64_bytes);
  const auto at = little<std::uint64_t>(locator.subspan(8));
  if (end64.empty() || little<std::uint32_t>(end64) != end64_magic ||
      at != slice.length() - end_bytes - locator_bytes - end64_bytes)
    return torn("has a 64-bit end record that is not where its locator points");
  ZipEnd end;
  end.records = little<std::uint64_t>(end64.subspan(32));
  end.size = little<std::uint64_t>(end64.subspan(40));
  end.offset = little<std::uint64_t>(end64.subspan(48));
  if (end.offset > at || end.size != at - end.offset)
    return torn("has a zip directory that does not reach to its end record");
  return end;
}

/// The 64-bit numbers of an entry, in the order in which the short fields are full.
Result<void> widen(Bytes extra, ZipRecord& record, std::uint64_t& stored) {
  const bool wide_size = record.size == in_64_bits;
  const bool wide_stored = stored == in_64_bits;
  const bool wide_header = record.header == in_64_bits;
  if (!wide_size && !wide_stored && !wide_header) return {};
  while (extra.size() >= 4) {
    const auto id = little<std::uint16_t>(extra);
    const auto size = little<std::uint16_t>(extra.subspan(2));
    if (size > extra.size() - 4) break;
    Bytes field = extra.subspan(4, size);
    extra = extra.subspan(4 + std::size_t{size});
    if (id != 1) continue;
    for (std::uint64_t* number : {wide_size ? &record.size : nullptr,
                                  wide_stored ? &stored : nullptr,
                                  wide_header ? &record.header : nullptr}) {
      if (number == nullptr) continue;
      if (field.size() < 8) return torn("lacks a 64-bit number in its zip directory");
      *number = little<std::uint64_t>(field);
      field = field.subspan(8);
    }
    return {};
  }
  return torn("lacks the 64-bit numbers of an entry of its zip directory");
}

/// Takes one entry off the front of the directory's bytes.
Result<ZipRecord> take_entry(Bytes& rest) {
  if (rest.size() < central_bytes || little<std::uint32_t>(rest) != central_magic)
    return torn("has a broken entry in its zip directory");
  const auto method = little<std::uint16_t>(rest.subspan(10));
  ZipRecord record;
  record.crc = little<std::uint32_t>(rest.subspan(16));
  std::uint64_t stored = little<std::uint32_t>(rest.subspan(20));
  record.size = little<std::uint32_t>(rest.subspan(24));
  const std::size_t name = little<std::uint16_t>(rest.subspan(28));
  const std::size_t extra = little<std::uint16_t>(rest.subspan(30));
  const std::size_t comment = little<std::uint16_t>(rest.subspan(32));
  record.header = little<std::uint32_t>(rest.subspan(42));
  if (name + extra + comment > rest.size() - central_bytes)
    return torn("has an entry that is longer than its zip directory");
  record.name = as_text(rest.subspan(central_bytes, name));
  auto wide = widen(rest.subspan(central_bytes + name, extra), record, stored);
  if (!wide) return wide.error();
  if (method != 0 || stored != record.size)
    return unsupported(cat("has a compressed zip record ", record.name));
  rest = rest.subspan(central_bytes + name + extra + comment);
  return record;
}

Result<void> check_order(const ZipDirectory& directory) {
  constexpr std::uint64_t local_bytes = 30;
  std::uint64_t free = 0;
  for (const ZipRecord& record : directory.records) {
    const std::uint64_t room = directory.offset;
    if (record.header < free || record.header > room || record.size > room - record.header ||
        local_bytes + record.name.size() > room - record.header - record.size)
      return torn(cat("has the zip record ", record.name, " where another or the directory lies"));
    free = record.header + local_bytes + record.name.size() + record.size;
  }
  return {};
}

}  // namespace

const ZipRecord* ZipDirectory::find(std::string_view name) const {
  const auto found = std::ranges::find(records, name, &ZipRecord::name);
  return found == records.end() ? nullptr : &*found;
}

Result<ZipEnd> read_zip_end(const Slice& slice) {
  std::array<std::byte, 4> head{};
  if (slice.length() < end_bytes + 4)
    return torn(cat("is ", slice.length(), " bytes long, too short for a zip archive"));
  if (auto got = slice.read(0, head); !got) return got.error();
  if (little<std::uint32_t>(head) != local_magic) return torn("does not begin like a zip archive");
  Tail tail;
  tail.length =
      static_cast<std::size_t>(std::min<std::uint64_t>(slice.length(), tail.bytes.size()));
  auto got = slice.read(slice.length() - tail.length, std::span(tail.bytes).last(tail.length));
  if (!got) return got.error();
  const Bytes last = tail.before_end(0, end_bytes);
  if (little<std::uint32_t>(last) != end_magic || little<std::uint16_t>(last.subspan(20)) != 0)
    return no_end(slice);
  ZipEnd end;
  end.records = little<std::uint16_t>(last.subspan(10));
  end.size = little<std::uint32_t>(last.subspan(12));
  end.offset = little<std::uint32_t>(last.subspan(16));
  auto wide = read_end64(slice, tail, end);
  if (!wide) return wide.error();
  end = *wide;
  if (end.offset > slice.length() || end.size > slice.length() - end.offset ||
      end.records > end.size / central_bytes)
    return torn("has a zip directory that does not fit into it");
  return end;
}

Result<ZipDirectory> read_zip_directory(const Slice& slice, std::uint64_t most_bytes) {
  const auto end = read_zip_end(slice);
  if (!end) return end.error();
  if (end->size > most_bytes)
    return unsupported(cat("has a zip directory of ", end->size, " bytes, over the limit"));
  const auto bytes = slice.read(end->offset, static_cast<std::size_t>(end->size));
  if (!bytes) return bytes.error();
  ZipDirectory directory;
  directory.offset = end->offset;
  directory.records.reserve(static_cast<std::size_t>(end->records));
  Bytes rest = as_bytes(*bytes);
  for (std::uint64_t i = 0; i < end->records; ++i) {
    auto record = take_entry(rest);
    if (!record) return record.error();
    directory.records.push_back(std::move(*record));
  }
  if (!rest.empty()) return torn("has more in its zip directory than it counts");
  std::ranges::sort(directory.records, {}, &ZipRecord::header);
  if (auto order = check_order(directory); !order) return order.error();
  return directory;
}

}  // namespace holdfast::checkpoint
