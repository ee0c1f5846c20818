// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/checksum.hpp"

#include "checkpoint/formats/crc_engine.hpp"

#include <dlfcn.h>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace holdfast::checkpoint {
namespace {

const std::string digits = "123456789";

std::string sum_of(Checksum kind, std::string_view text, std::size_t piece) {
  Sum sum(kind);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    sum.add(as_bytes(text.substr(0, piece)));
  return sum.finish();
}

TEST(Checksum, GivesThePublishedCheckValues) {
  EXPECT_EQ(sum_of(Checksum::crc32, digits, 9), "cbf43926");
  EXPECT_EQ(sum_of(Checksum::crc32c, digits, 9), "e3069283");
  EXPECT_EQ(sum_of(Checksum::sha256, "abc", 3),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sum_of(Checksum::md5, "abc", 3), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Checksum, IsTheSamePieceByPiece) {
  for (const Checksum kind : {Checksum::crc32, Checksum::crc32c, Checksum::md5, Checksum::sha256})
    for (std::size_t piece = 1; piece < 9; ++piece)
      EXPECT_EQ(sum_of(kind, digits, piece), sum_of(kind, digits, 9)) << piece;
}

// Which engine a machine has must not be seen in any sum: every length around a word, any start.
TEST(CrcEngine, OfTablesAndTheFastestAgreeOnEveryLength) {
  const CrcEngine& tables = table_crc_engine();
  const CrcEngine& fastest = crc_engine();
  std::mt19937 random(4711);
  std::vector<unsigned char> bytes(4096);
  for (unsigned char& byte : bytes)
    byte = static_cast<unsigned char>(random());
  for (std::size_t length = 0; length < 3000; length += length < 70 ? 1 : 97) {
    const unsigned char* start = bytes.data() + length % 9;
    const auto before = static_cast<std::uint32_t>(random());
    EXPECT_EQ(tables.crc32(before, start, length), fastest.crc32(before, start, length)) << length;
    EXPECT_EQ(tables.crc32c(before, start, length), fastest.crc32c(before, start, length))
        << length;
  }
}

TEST(CrcEngine, OfTablesGivesThePublishedCheckValues) {
  const auto* nine = reinterpret_cast<const unsigned char*>(digits.data());
  EXPECT_EQ(table_crc_engine().crc32(0, nine, 9), 0xcbf43926U);
  EXPECT_EQ(table_crc_engine().crc32c(0, nine, 9), 0xe3069283U);
  EXPECT_EQ(table_crc_engine().crc32(7, nine, 0), 7U);
}

TEST(CrcEngine, IsIsaLWhereItIsInstalled) {
  if (::dlopen("libisal.so.2", RTLD_NOW) == nullptr) GTEST_SKIP() << "libisal2 is not installed";
  EXPECT_EQ(crc_engine().name, "ISA-L");
}

TEST(Checksum, MasksAsLevelDbDoes) {
  // Rotated right by 15, plus the constant: computed by hand for the check value.
  EXPECT_EQ(masked(0xe3069283U), ((0xe3069283U >> 15) | (0xe3069283U << 17)) + 0xa282ead8U);
  EXPECT_EQ(sum_of(Checksum::crc32c_masked, digits, 4), to_hex(masked(0xe3069283U)));
}

TEST(Checksum, OfNothingIsThatOfNothing) {
  EXPECT_EQ(sum_of(Checksum::crc32, "", 1), "00000000");
  EXPECT_EQ(sum_of(Checksum::sha256, "", 1),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace holdfast::checkpoint
