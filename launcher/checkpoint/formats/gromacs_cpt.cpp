// SPDX-License-Identifier: Apache-2.0
// GROMACS writes XDR: every number is four or eight bytes big-endian, a string is its length and
// its bytes filled up to a multiple of four.
#include "checkpoint/formats/gromacs_cpt.hpp"

#include "checkpoint/formats/cursor.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint32_t first_magic = 171817;
constexpr std::uint32_t last_magic = 171819;
constexpr std::uint32_t most_outputs = 1000;    // real lists have a dozen
constexpr std::uint32_t most_summed = 1048576;  // the last so many bytes of an output, or fewer
constexpr std::uint32_t no_sum = 0xffffffff;

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

/// Sixteen numbers, one for each byte.
std::optional<std::string> take_md5(Cursor& cursor) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string sum;
  for (unsigned i = 0; i < 16; ++i) {
    const auto byte = cursor.take_big<std::uint32_t>();
    if (!byte || *byte > 0xffU) return std::nullopt;
    sum += digits[*byte >> 4U];
    sum += digits[*byte & 15U];
  }
  return sum;
}

bool may_be_path(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char letter) {
    return static_cast<unsigned char>(letter) >= ' ' && letter != '\x7f';
  });
}

std::optional<GromacsOutput> take_output(Cursor& cursor) {
  const auto path = take_string(cursor);
  if (!path || !may_be_path(path->substr(0, path->find('\0')))) return std::nullopt;
  const auto offset = cursor.take_big<std::uint64_t>();
  const auto summed = cursor.take_big<std::uint32_t>();
  auto md5 = take_md5(cursor);
  const bool has_sum = summed && *summed <= most_summed;
  if (!offset || !md5 || (!has_sum && summed != no_sum)) return std::nullopt;
  if (has_sum && *summed > *offset) return std::nullopt;
  return GromacsOutput{std::string(path->substr(0, path->find('\0'))),
                       *offset,
                       has_sum ? *summed : 0,
                       std::move(*md5)};
}

/// The list that begins here; empty: none does.
std::vector<GromacsOutput> take_outputs(std::string_view bytes) {
  Cursor cursor(bytes);
  const auto count = cursor.take_big<std::uint32_t>();
  std::vector<GromacsOutput> outputs;
  if (!count || *count == 0 || *count > most_outputs) return outputs;
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto output = take_output(cursor);
    if (!output) return {};
    outputs.push_back(std::move(*output));
  }
  return outputs;
}

}  // namespace

std::vector<GromacsOutput> parse_gromacs_outputs(std::string_view tail) {
  // Where the list begins depends on all that is before it, the state of every module there ever
  // was. But nothing else looks like it: names, and sums spread over words that are mostly zero.
  for (std::size_t at = tail.size() % 4; at < tail.size(); at += 4)
    if (auto outputs = take_outputs(tail.substr(at)); !outputs.empty()) return outputs;
  return {};
}

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
  if (tail.size() < sizeof last_magic) return false;
  return Cursor(tail.substr(tail.size() - sizeof last_magic)).take_big<std::uint32_t>() ==
         last_magic;
}

}  // namespace holdfast::checkpoint
