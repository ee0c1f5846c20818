// SPDX-License-Identifier: Apache-2.0
// Zip archives as torch.save writes them: stored without compression, sizes and sums in a directory
// at the end, ZIP64 throughout. Works on a slice of a file, because distributed checkpoints put
// many archives into one. Own code, since what is needed is small and must say exactly which rule
// is broken; libzip knows no slices without stdio and no CRC as fast as ours.
#pragma once

#include "checkpoint/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::checkpoint {

struct ZipRecord {
  std::string name;
  std::uint64_t header{};   ///< offset of the local header in the slice
  std::uint64_t payload{};  ///< offset of its bytes; 0 until check_zip_records() has found it
  std::uint64_t size{};
  std::uint32_t crc{};  ///< 0 with a size: the writer computed none
};

struct ZipDirectory {
  std::vector<ZipRecord> records;  ///< ascending by header
  std::uint64_t offset{};          ///< where the directory begins, which is where records end

  [[nodiscard]] const ZipRecord* find(std::string_view name) const;
};

/// Where the directory lies, read from the last bytes of the slice. This is the edge test: head
/// magic, end record, its 64-bit twin, all where they point each other to.
struct ZipEnd {
  std::uint64_t offset{};
  std::uint64_t size{};
  std::uint64_t records{};
};
[[nodiscard]] Result<ZipEnd> read_zip_end(const Slice& slice);

/// Parses the directory and checks that the records lie in order, apart, stored, and before it.
/// `most_bytes` bounds what it may take.
[[nodiscard]] Result<ZipDirectory> read_zip_directory(const Slice& slice, std::uint64_t most_bytes);

/// Reads each record's own header and the descriptor after it and compares them with the directory;
/// fills in where the payload begins.
[[nodiscard]] Result<void> check_zip_records(const Slice& slice, ZipDirectory& directory);

}  // namespace holdfast::checkpoint
