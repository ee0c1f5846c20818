// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// How much of the end parse_gromacs_outputs() wants: the list of outputs and what modules may have
/// put behind it.
inline constexpr std::size_t gromacs_tail_bytes = std::size_t{64} << 10;

/// A file the program writes beside its checkpoints, as far as it had come when this one was made.
/// mdrun goes on at `offset`, and only when the bytes before it are still those.
struct GromacsOutput {
  std::string path;        ///< as mdrun was told it, from its working directory
  std::uint64_t offset{};  ///< its length then
  std::uint32_t summed{};  ///< how many bytes before `offset` the sum is of; 0: there is none
  std::string md5;         ///< as in Claim::expected
};

[[nodiscard]] Result<GromacsHead> parse_gromacs_head(std::string_view bytes);

/// The outputs a finished checkpoint speaks of, from its last bytes; none where the list is not
/// found, as in formats older than version 8 (2010).
[[nodiscard]] std::vector<GromacsOutput> parse_gromacs_outputs(std::string_view tail);

/// Whether the last four bytes are those a finished checkpoint ends with.
[[nodiscard]] bool is_gromacs_tail(std::string_view tail);

}  // namespace holdfast::checkpoint
