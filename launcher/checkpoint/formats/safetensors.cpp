// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/safetensors.hpp"

#include "checkpoint/formats/json.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include <boost/json/array.hpp>

namespace holdfast::checkpoint {

namespace {

constexpr std::uint64_t most_header = 100'000'000;  // the format's own limit

struct Range {
  std::string name;
  std::uint64_t begin{};
  std::uint64_t end{};
};

/// Bits of one element; nothing for a type that is not known here, which is no fault of the file.
std::optional<std::uint64_t> bits_of(std::string_view type) {
  struct Row {
    std::string_view type;
    std::uint64_t bits;
  };
  constexpr std::array rows{Row{"F4", 4},
                            Row{"F6_E3M2", 6},
                            Row{"F6_E2M3", 6},
                            Row{"BOOL", 8},
                            Row{"U8", 8},
                            Row{"I8", 8},
                            Row{"I16", 16},
                            Row{"U16", 16},
                            Row{"F16", 16},
                            Row{"BF16", 16},
                            Row{"I32", 32},
                            Row{"U32", 32},
                            Row{"F32", 32},
                            Row{"I64", 64},
                            Row{"U64", 64},
                            Row{"F64", 64},
                            Row{"C64", 64}};
  if (type.starts_with("F8_")) return 8;
  const auto row = std::ranges::find(rows, type, &Row::type);
  if (row == rows.end()) return std::nullopt;
  return row->bits;
}

std::optional<std::uint64_t> product(const boost::json::value* shape, std::uint64_t start) {
  if (shape == nullptr || !shape->is_array()) return std::nullopt;
  std::uint64_t all = start;
  for (const boost::json::value& side : shape->get_array()) {
    const std::int64_t* number = side.if_int64();
    if (number == nullptr || *number < 0) return std::nullopt;
    const auto length = static_cast<std::uint64_t>(*number);
    if (length != 0 && all > std::numeric_limits<std::uint64_t>::max() / length)
      return std::nullopt;
    all *= length;
  }
  return all;
}

Result<Range> read_tensor(std::string_view name, const boost::json::value& value) {
  const auto bad = [&](std::string_view what) {
    return torn(cat("has the tensor ", name, " with ", what));
  };
  if (!value.is_object()) return bad("no description");
  const boost::json::object& tensor = value.get_object();
  const boost::json::value* offsets = tensor.if_contains("data_offsets");
  if (offsets == nullptr || !offsets->is_array() || offsets->get_array().size() != 2)
    return bad("no offsets");
  const auto* begin = offsets->get_array()[0].if_int64();
  const auto* end = offsets->get_array()[1].if_int64();
  if (begin == nullptr || end == nullptr || *begin < 0 || *end < *begin)
    return bad("impossible offsets");
  Range range{
      std::string(name), static_cast<std::uint64_t>(*begin), static_cast<std::uint64_t>(*end)};
  const auto type = text(tensor, "dtype");
  if (!type) return bad("no dtype");
  const auto bits = bits_of(*type);
  if (!bits) return range;
  const auto size = product(tensor.if_contains("shape"), *bits);
  if (!size || range.end - range.begin > std::numeric_limits<std::uint64_t>::max() / 8 ||
      *size != (range.end - range.begin) * 8)
    return bad("a size that is not that of its shape");
  return range;
}

Result<std::uint64_t> header_length(const Slice& slice) {
  std::array<std::byte, 8> head{};
  if (slice.length() < head.size() + 2)
    return torn(cat("is ", slice.length(), " bytes long, too short for a safetensors file"));
  if (auto got = slice.read(0, head); !got) return got.error();
  const auto length = little<std::uint64_t>(head);
  if (length > most_header || length < 2)
    return torn(cat("does not begin like a safetensors file: header of ", length, " bytes"));
  if (length > slice.length() - head.size())
    return torn(cat("ends within its header of ", length, " bytes: cut short"));
  return length;
}

Result<void> check_tiling(std::vector<Range>& ranges, std::uint64_t room) {
  std::ranges::sort(
      ranges, {}, [](const Range& range) { return std::pair(range.begin, range.end); });
  std::uint64_t at = 0;
  for (const Range& range : ranges) {
    if (range.begin != at) return torn(cat("has a gap or overlap before the tensor ", range.name));
    at = range.end;
  }
  if (at < room) return torn(cat("has ", room - at, " bytes after its last tensor"));
  if (at > room) return torn(cat("lacks ", at - room, " bytes of its tensors: cut short"));
  return {};
}

}  // namespace

Result<void> check_safetensors_edges(const Slice& slice) {
  const auto length = header_length(slice);
  if (!length) return length.error();
  std::array<std::byte, 1> brace{};
  if (auto got = slice.read(8, brace); !got) return got.error();
  if (brace.front() != std::byte{'{'}) return torn("has no JSON header where one belongs");
  return {};
}

Result<SafetensorsFacts> read_safetensors(const Slice& slice) {
  const auto length = header_length(slice);
  if (!length) return length.error();
  const auto header = slice.read(8, static_cast<std::size_t>(*length));
  if (!header) return header.error();
  const auto json = parse_json_object(*header);
  if (!json) return Failure(json.error()).within("its header");
  SafetensorsFacts facts;
  std::vector<Range> ranges;
  for (const auto& [name, value] : *json) {
    if (std::string_view(name) == "__metadata__") {
      if (value.is_object())
        for (const auto& [key, entry] : value.get_object())
          if (entry.is_string()) facts.metadata.emplace(key, std::string_view(entry.get_string()));
      continue;
    }
    auto range = read_tensor(name, value);
    if (!range) return range.error();
    facts.tensors.emplace(range->name, range->end - range->begin);
    facts.bytes += range->end - range->begin;
    ranges.push_back(std::move(*range));
  }
  auto tiled = check_tiling(ranges, slice.length() - 8 - *length);
  if (!tiled) return tiled.error();
  return facts;
}

}  // namespace holdfast::checkpoint
