// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::checkpoint {

/// A LAMMPS restart file begins and ends with these 16 bytes, the NUL included; of one written in
/// pieces the base begins and ends with them and each piece ends with them.
inline constexpr std::string_view lammps_magic{"LammpS RestartT\0", 16};

inline constexpr std::size_t lammps_head_bytes = 512;
inline constexpr std::size_t lammps_tail_bytes = 48;

[[nodiscard]] inline bool has_lammps_head(std::string_view head) {
  return head.starts_with(lammps_magic);
}
[[nodiscard]] inline bool has_lammps_tail(std::string_view tail) {
  return tail.ends_with(lammps_magic);
}

/// The time step, out of the first bytes of a file or base. Nothing when a record comes before it
/// that is not known here.
[[nodiscard]] std::optional<std::uint64_t> lammps_step(std::string_view head);

/// Into how many pieces a base says its atoms were written, out of its last bytes.
[[nodiscard]] std::optional<std::uint32_t> lammps_pieces(std::string_view tail);

}  // namespace holdfast::checkpoint
