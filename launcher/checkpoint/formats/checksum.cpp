// SPDX-License-Identifier: Apache-2.0
// The low-level MD5 and SHA-256 functions are the old ones of libcrypto, still there and still
// supported; the new interface would link in two thousand objects for the same instructions.
#define OPENSSL_API_COMPAT 0x10100000L

#include "checkpoint/formats/checksum.hpp"

#include "checkpoint/formats/crc_engine.hpp"

#include <array>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <span>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::uint32_t crc32(std::uint32_t before, Bytes bytes) {
  return crc_engine().crc32(before, raw(bytes), bytes.size());
}

std::uint32_t crc32c(std::uint32_t before, Bytes bytes) {
  return crc_engine().crc32c(before, raw(bytes), bytes.size());
}

std::uint32_t masked(std::uint32_t crc32c) {
  constexpr std::uint32_t offset = 0xa282ead8U;
  return ((crc32c >> 15) | (crc32c << 17)) + offset;
}

std::string to_hex(std::uint32_t number) {
  std::string text(8, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4)
    *digit = digits[number & 15U];
  return text;
}

/// Only one of them is in use.
struct Sum::Digest {
  SHA256_CTX sha{};
  MD5_CTX md5{};
};

Sum::Sum(Checksum kind) : kind_(kind) {
  if (kind != Checksum::sha256 && kind != Checksum::md5) return;
  digest_ = std::make_unique<Digest>();
  SHA256_Init(&digest_->sha);
  MD5_Init(&digest_->md5);
}

Sum::Sum(Sum&&) noexcept = default;
Sum& Sum::operator=(Sum&&) noexcept = default;
Sum::~Sum() = default;

void Sum::add(Bytes bytes) {
  if (kind_ == Checksum::sha256)
    SHA256_Update(&digest_->sha, bytes.data(), bytes.size());
  else if (kind_ == Checksum::md5)
    MD5_Update(&digest_->md5, bytes.data(), bytes.size());
  else if (kind_ == Checksum::crc32)
    crc_ = crc32(crc_, bytes);
  else
    crc_ = crc32c(crc_, bytes);
}

std::string Sum::finish() {
  if (!digest_) return to_hex(kind_ == Checksum::crc32c_masked ? masked(crc_) : crc_);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> sum{};
  if (kind_ == Checksum::md5)
    MD5_Final(sum.data(), &digest_->md5);
  else
    SHA256_Final(sum.data(), &digest_->sha);
  const std::size_t length = kind_ == Checksum::md5 ? MD5_DIGEST_LENGTH : SHA256_DIGEST_LENGTH;
  std::string text;
  for (const unsigned char byte : std::span(sum).first(length)) {
    text += digits[byte >> 4];
    text += digits[byte & 15U];
  }
  return text;
}

}  // namespace holdfast::checkpoint
