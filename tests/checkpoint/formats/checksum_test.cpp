// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/checksum.hpp"

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
}

TEST(Checksum, IsTheSamePieceByPiece) {
  for (const Checksum kind : {Checksum::crc32, Checksum::crc32c, Checksum::sha256})
    for (std::size_t piece = 1; piece < 9; ++piece)
      EXPECT_EQ(sum_of(kind, digits, piece), sum_of(kind, digits, 9)) << piece;
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
