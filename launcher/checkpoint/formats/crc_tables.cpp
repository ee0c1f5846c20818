// SPDX-License-Identifier: Apache-2.0
// CRC-32 and CRC-32C eight bytes at a time: table k answers for a byte that k more bytes follow, so
// eight look-ups that do not wait for one another take in a word.
#include "checkpoint/formats/crc_engine.hpp"

#include <array>

namespace holdfast::checkpoint {

namespace {

using Table = std::array<std::uint32_t, 256>;
using Tables = std::array<Table, 8>;

/// `polynomial` with its bits reversed, as both sums take the lowest bit first.
constexpr Tables tables_of(std::uint32_t polynomial) {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? polynomial : 0U);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xffU];
  return tables;
}

constexpr Tables zip_tables = tables_of(0xedb88320U);
constexpr Tables castagnoli_tables = tables_of(0x82f63b78U);

template <const Tables& tables>
std::uint32_t sum_by_tables(std::uint32_t before, const unsigned char* bytes, std::size_t length) {
  std::uint32_t crc = ~before;
  for (; length >= 8; bytes += 8, length -= 8) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t into = i < 4 ? (crc >> (8 * i)) & 0xffU : 0U;
      next ^= tables[7 - i][bytes[i] ^ into];
    }
    crc = next;
  }
  for (; length != 0; ++bytes, --length)
    crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xffU];
  return ~crc;
}

}  // namespace

const CrcEngine& table_crc_engine() {
  static constexpr CrcEngine engine{
      sum_by_tables<zip_tables>, sum_by_tables<castagnoli_tables>, "tables"};
  return engine;
}

}  // namespace holdfast::checkpoint
