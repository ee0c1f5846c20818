// SPDX-License-Identifier: Apache-2.0
// GROMACS writes XDR: every number is four or eight bytes big-endian, a string is its length and
// its bytes filled up to a multiple of four.
#include "checkpoint/formats/gromacs_cpt.hpp"

#include "checkpoint/formats/cursor.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::checkpoint {

namespace {

constexpr std::uint32_t first_magic = 171817;
constexpr std::uint32_t last_magic = 171819;

std::optional<std::string_view> take_string(Cursor& cursor) {
  const auto length = cursor.take_big<std::uint32_t>();
  const auto text = length ? cursor.take(*length) : std::nullopt;
  if (!text || !cursor.take((4 - *length % 4) % 4)) return std::nullopt;
  return text;
}

bool skip_numbers(Cursor& cursor, unsigned count) {
  return cursor.take(std::uint64_t{4} * count).has_value();
}

/// From the format's version on to the step. Each number came with some release.
bool read_numbers(Cursor& cursor, GromacsHead& head) {
  const std::uint32_t version = head.file_version;
  const unsigned precision = version >= 13 ? 1 : 0;
  if (!skip_numbers(cursor, precision)) return false;
  if (version >= 12 && !take_string(cursor)) return false;  // the host
  const unsigned counts = 2 + (version >= 10 ? 1 : 0) + (version >= 11 ? 1 : 0) +
                          (version >= 14 ? 1 : 0);  // atoms, temperature groups, chains, lambdas
  if (!skip_numbers(cursor, counts + 1)) return false;  // and the integrator
  head.part = 1;
  if (version >= 3) {
    const auto part = cursor.take_big<std::uint32_t>();
    if (!part) return false;
    head.part = *part;
  }
  if (version < 5) return true;
  head.step = cursor.take_big<std::uint64_t>();
  return head.step.has_value();
}

}  // namespace

Result<GromacsHead> parse_gromacs_head(std::string_view bytes) {
  Cursor cursor(bytes);
  if (cursor.take_big<std::uint32_t>() != first_magic)
    return torn("does not begin as a GROMACS checkpoint");
  GromacsHead head;
  for (unsigned i = 0; i < 6; ++i) {  // version, build time, user, host, program, time of writing
    const auto text = take_string(cursor);
    if (!text) return torn("has a torn header");
    if (i == 0) head.program_version = text->substr(0, text->find('\0'));
  }
  const auto version = cursor.take_big<std::uint32_t>();
  if (!version) return torn("has a torn header");
  head.file_version = *version;
  if (!read_numbers(cursor, head)) return torn("has a torn header");
  return head;
}

bool is_gromacs_tail(std::string_view tail) {
  return Cursor(tail).take_big<std::uint32_t>() == last_magic;
}

}  // namespace holdfast::checkpoint
