// SPDX-License-Identifier: Apache-2.0
// The low-level SHA-256 of libcrypto, as in the room checkpoint: EVP and HMAC() would bring all of
// libcrypto and its start-up cost into the program.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sentinel/secret.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <openssl/sha.h>
#include <span>
#include <sys/random.h>

namespace holdfast::sentinel {

namespace {

using Block = std::array<unsigned char, SHA256_CBLOCK>;
using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest_of(std::span<const unsigned char> first, std::span<const unsigned char> second) {
  Digest digest{};
  SHA256_CTX context{};
  SHA256_Init(&context);
  SHA256_Update(&context, first.data(), first.size());
  SHA256_Update(&context, second.data(), second.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    out += digits[byte >> 4U];
    out += digits[byte & 0xfU];
  }
  return out;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  Block inner{};
  if (key.size() > inner.size()) {
    const Digest shorter = digest_of(bytes_of(key), {});
    std::copy(shorter.begin(), shorter.end(), inner.begin());
  } else {
    std::copy(key.begin(), key.end(), inner.begin());
  }
  Block outer = inner;
  for (unsigned char& byte : inner)
    byte ^= 0x36U;
  for (unsigned char& byte : outer)
    byte ^= 0x5cU;
  return hexadecimal(digest_of(outer, digest_of(inner, bytes_of(text))));
}

bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t at = 0; at < a.size(); ++at)
    difference |= static_cast<unsigned char>(a[at] ^ b[at]);
  return difference == 0;
}

Result<std::string> read_random() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return Failure{
        FailureKind::unsupported, "the kernel gives no random numbers", "", errno_code(errno)};
  return hexadecimal(bytes);
}

std::string proof_text(std::string_view role,
                       std::string_view job,
                       std::string_view node,
                       std::string_view challenge_of_other,
                       std::string_view own_challenge) {
  return cat("holdfast sentinel 1\n",
             role,
             '\n',
             job,
             '\n',
             node,
             '\n',
             challenge_of_other,
             '\n',
             own_challenge,
             '\n');
}

}  // namespace holdfast::sentinel
