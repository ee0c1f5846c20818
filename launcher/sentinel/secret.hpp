// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <string>
#include <string_view>

namespace holdfast::sentinel {

/// HMAC-SHA256 (RFC 2104) in hexadecimal.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

/// Whether two texts are equal, in a time that does not tell where they differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

/// 128 random bits in hexadecimal, from the kernel.
[[nodiscard]] Result<std::string> read_random();

/// What a party signs: its role, the job, the node the talk is about, and both sides' challenges,
/// so that no proof fits another talk, another job or the other direction.
[[nodiscard]] std::string proof_text(std::string_view role,
                                     std::string_view job,
                                     std::string_view node,
                                     std::string_view challenge_of_other,
                                     std::string_view own_challenge);

}  // namespace holdfast::sentinel
