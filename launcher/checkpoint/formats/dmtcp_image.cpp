// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/dmtcp_image.hpp"

#include "checkpoint/bytes.hpp"
#include "holdfast/common/text.hpp"

#include <cstdint>
#include <limits>

namespace holdfast::checkpoint {

namespace {

constexpr std::string_view image_head = "DMTCP_CHECKPOINT_IMAGE_v";
constexpr std::string_view gzip_head = "\x1f\x8b";
constexpr std::size_t area_size_at = 16;  // address, end address, size, …: eight bytes each

}  // namespace

DmtcpImage dmtcp_image(std::string_view head) {
  if (head.starts_with(image_head)) return DmtcpImage::plain;
  if (head.starts_with(gzip_head)) return DmtcpImage::compressed;
  return DmtcpImage::foreign;
}

bool is_dmtcp_end(std::string_view tail) {
  if (tail.size() != dmtcp_tail_bytes) return false;
  const Bytes area = as_bytes(tail);
  return little<std::uint64_t>(area) == 0 && little<std::uint64_t>(area.subspan(area_size_at)) ==
                                                 std::numeric_limits<std::uint64_t>::max();
}

std::optional<std::vector<std::string>> dmtcp_script_images(std::string_view script) {
  constexpr std::string_view label = "given_ckpt_files=\"";
  const auto found = script.find(label);
  if (found == std::string_view::npos) return std::nullopt;
  const auto begin = found + label.size();
  const auto end = script.find('"', begin);
  if (end == std::string_view::npos) return std::nullopt;
  std::string words(script.substr(begin, end - begin));
  for (char& letter : words)
    if (letter == '\n' || letter == '\t' || letter == '\\') letter = ' ';
  std::vector<std::string> images;
  for (const std::string_view word : split(words, ' '))
    if (!word.empty()) images.emplace_back(word);
  return images;
}

}  // namespace holdfast::checkpoint
