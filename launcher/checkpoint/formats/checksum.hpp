// SPDX-License-Identifier: Apache-2.0
// The sums that checkpoint formats keep of their bytes. CRCs by the engine of crc_engine.hpp;
// MD5 and SHA-256 by libcrypto's low-level functions, which use the CPU's own instructions and
// are linked in without the rest of the library.
#pragma once

#include "checkpoint/bytes.hpp"
#include "holdfast/checkpoint/verdict.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace holdfast::checkpoint {

/// CRC-32 as in zip and gzip; `before` is the value so far, 0 at the start.
[[nodiscard]] std::uint32_t crc32(std::uint32_t before, Bytes bytes);

/// CRC-32C (Castagnoli); `before` is the value so far, 0 at the start.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t before, Bytes bytes);

/// As LevelDB and TensorFlow store a CRC-32C, so that a sum over bytes with sums in them stays
/// good.
[[nodiscard]] std::uint32_t masked(std::uint32_t crc32c);

[[nodiscard]] std::string to_hex(std::uint32_t number);

/// A sum that grows piece by piece, of whatever kind a claim asks for. Not for torch_zip or none.
class Sum {
 public:
  explicit Sum(Checksum kind);
  Sum(Sum&&) noexcept;
  Sum& operator=(Sum&&) noexcept;
  Sum(const Sum&) = delete;
  Sum& operator=(const Sum&) = delete;
  ~Sum();

  void add(Bytes bytes);
  /// As in Claim::expected. The sum cannot be added to afterwards.
  [[nodiscard]] std::string finish();

 private:
  struct Digest;

  Checksum kind_;
  std::uint32_t crc_{};
  std::unique_ptr<Digest> digest_;
};

}  // namespace holdfast::checkpoint
