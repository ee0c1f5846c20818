// SPDX-License-Identifier: Apache-2.0
// What computes the CRCs of checksum.hpp. ISA-L does it at the speed of memory; it is opened at run
// time, so that a node without it starts the program too and only reads more slowly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdfast::checkpoint {

/// Both functions take the sum so far (0 at the start) and give the sum with the bytes added.
struct CrcEngine {
  using Function = std::uint32_t (*)(std::uint32_t before, const unsigned char* bytes, std::size_t);

  Function crc32;   ///< as in zip and gzip
  Function crc32c;  ///< Castagnoli's polynomial
  std::string_view name;
};

/// By tables, in plain C++: everywhere, at a fifth to a tenth of the speed.
[[nodiscard]] const CrcEngine& table_crc_engine();

/// The fastest to be had here: ISA-L where it is installed. Looked for once.
[[nodiscard]] const CrcEngine& crc_engine();

}  // namespace holdfast::checkpoint
