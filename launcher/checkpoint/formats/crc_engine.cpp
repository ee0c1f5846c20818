// SPDX-License-Identifier: Apache-2.0
// Finds ISA-L. Its header is used for the types of its functions only: nothing of it is linked.
#include "checkpoint/formats/crc_engine.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <dlfcn.h>
#include <isa-l/crc.h>

namespace holdfast::checkpoint {

namespace {

constexpr const char* library = "libisal.so.2";  // the number of its ABI

struct IsaL {
  decltype(&::crc32_gzip_refl) gzip;
  decltype(&::crc32_iscsi) iscsi;
};

/// Both are set before the engine that calls them is handed out.
IsaL isal{};

std::uint32_t zip_sum(std::uint32_t before, const unsigned char* bytes, std::size_t length) {
  return isal.gzip(before, bytes, length);
}

std::uint32_t castagnoli_sum(std::uint32_t before, const unsigned char* bytes, std::size_t length) {
  std::uint32_t crc = ~before;
  while (length != 0) {
    // ISA-L takes the length as an int, and a pointer it does not write to as one that it might.
    const std::size_t piece = std::min<std::size_t>(length, INT_MAX);
    auto* start = const_cast<unsigned char*>(bytes);
    crc = isal.iscsi(start, static_cast<int>(piece), crc);
    bytes += piece;
    length -= piece;
  }
  return ~crc;
}

/// A library of that name that computes something else would condemn every checkpoint.
bool computes_right(const CrcEngine& engine) {
  constexpr std::array<unsigned char, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  return engine.crc32(0, digits.data(), digits.size()) == 0xcbf43926U &&
         engine.crc32c(0, digits.data(), digits.size()) == 0xe3069283U;
}

const CrcEngine& find_engine() {
  static constexpr CrcEngine fast{zip_sum, castagnoli_sum, "ISA-L"};
  void* opened = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) return table_crc_engine();
  // Not closed: the functions are called until the process ends.
  isal = {reinterpret_cast<decltype(IsaL::gzip)>(::dlsym(opened, "crc32_gzip_refl")),
          reinterpret_cast<decltype(IsaL::iscsi)>(::dlsym(opened, "crc32_iscsi"))};
  const bool complete = isal.gzip != nullptr && isal.iscsi != nullptr;
  return complete && computes_right(fast) ? fast : table_crc_engine();
}

}  // namespace

const CrcEngine& crc_engine() {
  static const CrcEngine& engine = find_engine();
  return engine;
}

}  // namespace holdfast::checkpoint
