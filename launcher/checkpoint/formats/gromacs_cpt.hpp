// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::checkpoint {

/// What the beginning of a GROMACS checkpoint tells.
struct GromacsHead {
  std::string program_version;        ///< "2022.5-Debian_2022.5_2"
  std::uint32_t file_version{};       ///< of the checkpoint format
  std::uint32_t part{};               ///< simulation part: how often it was continued
  std::optional<std::uint64_t> step;  ///< nothing in formats older than version 5 (2008)
};

/// How much of the file parse_gromacs_head() wants: seven strings of at most 2 KiB and some
/// numbers.
inline constexpr std::size_t gromacs_head_bytes = 16384;
inline constexpr std::size_t gromacs_tail_bytes = 4;

[[nodiscard]] Result<GromacsHead> parse_gromacs_head(std::string_view bytes);

/// Whether the last four bytes are those a finished checkpoint ends with.
[[nodiscard]] bool is_gromacs_tail(std::string_view tail);

}  // namespace holdfast::checkpoint
