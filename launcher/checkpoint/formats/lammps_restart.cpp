// SPDX-License-Identifier: Apache-2.0
// After the magic come two numbers (byte order, revision), then records: a number that says which,
// and a value whose form depends on it. Little-endian, packed.
#include "checkpoint/formats/lammps_restart.hpp"

#include "checkpoint/formats/cursor.hpp"

namespace holdfast::checkpoint {

namespace {

enum Record : std::uint32_t {
  version = 0,
  small_int = 1,
  tag_int = 2,
  big_int = 3,
  units = 4,
  time_step = 5,
  image_int = 48,
  pieces = 44,
  by_mpi_io = 45,
  end = 0xffffffff,
};

constexpr std::uint32_t little_endian = 1;
constexpr unsigned records_before_step = 16;

std::optional<std::uint64_t> take_width(Cursor& cursor, std::uint32_t width) {
  if (width == 8) return cursor.take_little<std::uint64_t>();
  const auto number = cursor.take_little<std::uint32_t>();
  return number ? std::optional<std::uint64_t>(*number) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> lammps_step(std::string_view head) {
  if (!has_lammps_head(head)) return std::nullopt;
  Cursor cursor(head.substr(lammps_magic.size()));
  if (cursor.take_little<std::uint32_t>() != little_endian) return std::nullopt;
  if (!cursor.take_little<std::uint32_t>()) return std::nullopt;
  std::uint32_t big_width = 8;
  for (unsigned i = 0; i < records_before_step; ++i) {
    const auto record = cursor.take_little<std::uint32_t>();
    if (!record) return std::nullopt;
    if (*record == Record::time_step) return take_width(cursor, big_width);
    const auto number = cursor.take_little<std::uint32_t>();
    if (!number) return std::nullopt;
    if (*record == Record::big_int) big_width = *number;
    const bool text = *record == Record::version || *record == Record::units;
    const bool known = text || *record == Record::small_int || *record == Record::tag_int ||
                       *record == Record::big_int || *record == Record::image_int;
    if (!known || (text && !cursor.take(*number))) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> lammps_pieces(std::string_view tail) {
  if (!has_lammps_tail(tail)) return std::nullopt;
  tail.remove_suffix(lammps_magic.size());
  constexpr std::size_t word = sizeof(std::uint32_t);
  const auto number_from_end = [&](std::size_t words) -> std::optional<std::uint32_t> {
    if (tail.size() < words * word) return std::nullopt;
    return little<std::uint32_t>(as_bytes(tail.substr(tail.size() - words * word, word)));
  };
  if (number_from_end(1) != Record::end) return std::nullopt;
  // A record on MPI-IO stood last until releases of 2024 dropped it.
  const std::size_t at = number_from_end(3) == Record::by_mpi_io ? 5 : 3;
  if (number_from_end(at) != Record::pieces) return std::nullopt;
  return number_from_end(at - 1);
}

}  // namespace holdfast::checkpoint
