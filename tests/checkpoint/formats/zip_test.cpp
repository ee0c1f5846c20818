// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/zip.hpp"

#include "checkpoint/formats/checksum.hpp"
#include "checkpoint/formats/memory_file.hpp"
#include "support/checkpoint/little.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

const std::vector<ZipEntry> entries{
    {"data.pkl", "N."}, {"data/0", std::string(5000, 'x')}, {"version", "3\n"}};

Result<ZipDirectory> read_all(const std::string& bytes) {
  const MemoryFile file(bytes);
  const Slice slice(file);
  auto directory = read_zip_directory(slice, 1 << 20);
  if (!directory) return directory;
  if (auto checked = check_zip_records(slice, *directory); !checked) return checked.error();
  return directory;
}

TEST(Zip, TellsWhereEachRecordLies) {
  const std::string bytes = torch_zip(entries);
  const auto directory = read_all(bytes);
  ASSERT_TRUE(directory) << directory.error().sentence();
  ASSERT_EQ(directory->records.size(), 3U);
  const ZipRecord* record = directory->find("archive/data/0");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->size, 5000U);
  EXPECT_EQ(record->payload % 64, 0U);
  EXPECT_EQ(bytes.substr(record->payload, 5000), entries[1].bytes);
  EXPECT_EQ(record->crc, crc32(0, as_bytes(entries[1].bytes)));
}

TEST(Zip, IsReadFromTheMiddleOfAFile) {
  const std::string bytes = torch_zip(entries);
  const MemoryFile file("before" + bytes + "after");
  const Slice slice(file, 6, bytes.size());
  const auto directory = read_zip_directory(slice, 1 << 20);
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->records.size(), 3U);
}

TEST(Zip, CutAnywhereIsDamaged) {
  const std::string bytes = torch_zip(entries);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto directory = read_all(bytes.substr(0, length));
    ASSERT_FALSE(directory) << length;
    EXPECT_EQ(directory.error().kind, FailureKind::bad_input);
  }
}

TEST(Zip, SaysHowMuchWasAppended) {
  const auto directory = read_all(torch_zip(entries) + std::string(4096, '\0'));
  ASSERT_FALSE(directory);
  EXPECT_NE(directory.error().what.find("4096"), std::string::npos) << directory.error().what;
}

TEST(Zip, WithAFlippedByteAmongItsHeadersIsDamagedOrTheSame) {
  const std::string bytes = torch_zip(entries);
  const auto whole = read_all(bytes);
  ASSERT_TRUE(whole);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x41);
    const auto directory = read_all(broken);
    if (!directory) continue;
    // What passes must name the same records at the same places: only padding, times and payload,
    // which has its own sum, may differ.
    ASSERT_EQ(directory->records.size(), whole->records.size()) << at;
    for (std::size_t i = 0; i < directory->records.size(); ++i) {
      EXPECT_EQ(directory->records[i].name, whole->records[i].name) << at;
      EXPECT_EQ(directory->records[i].payload, whole->records[i].payload) << at;
      EXPECT_EQ(directory->records[i].size, whole->records[i].size) << at;
      EXPECT_EQ(directory->records[i].crc, whole->records[i].crc) << at;
    }
  }
}

/// One record whose directory entry keeps its numbers in 64 bits, as beyond 4 GiB.
std::string zip64() {
  const std::string name = "a/data.pkl";
  const std::string payload = "N.";
  const std::string crc = little_bytes<std::uint32_t>(crc32(0, as_bytes(payload)));
  const std::string size = little_bytes<std::uint32_t>(payload.size());
  std::string out = "PK\3\4" + std::string(4, '\0') + std::string(6, '\0') + crc + size + size +
                    little_bytes<std::uint16_t>(name.size()) + std::string(2, '\0') + name +
                    payload;
  const std::size_t offset = out.size();
  const std::string wide = little_bytes<std::uint16_t>(1) + little_bytes<std::uint16_t>(24) +
                           little_bytes<std::uint64_t>(payload.size()) +
                           little_bytes<std::uint64_t>(payload.size()) +
                           little_bytes<std::uint64_t>(0);
  const std::string full(4, '\xff');
  std::string central = "PK\1\2" + std::string(4, '\0') + std::string(8, '\0') + crc + full + full +
                        little_bytes<std::uint16_t>(name.size()) +
                        little_bytes<std::uint16_t>(wide.size()) + std::string(10, '\0') + full +
                        name + wide;
  out += central;
  out += "PK\5\6" + std::string(4, '\0') + little_bytes<std::uint16_t>(1) +
         little_bytes<std::uint16_t>(1) + little_bytes<std::uint32_t>(central.size()) +
         little_bytes<std::uint32_t>(offset) + std::string(2, '\0');
  return out;
}

TEST(Zip, Reads64BitNumbersFromTheExtraField) {
  const auto directory = read_all(zip64());
  ASSERT_TRUE(directory) << directory.error().sentence();
  EXPECT_EQ(directory->records.front().size, 2U);
  EXPECT_EQ(directory->records.front().header, 0U);
}

TEST(Zip, WithMoreEntriesThanItsDirectoryCanHoldIsDamaged) {
  std::string bytes = torch_zip(entries);
  // The 64-bit count of entries, 98 + 8 bytes from the end on.
  bytes.replace(bytes.size() - 98 + 32, 8, little_bytes<std::uint64_t>(UINT64_MAX));
  EXPECT_FALSE(read_all(bytes));
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
