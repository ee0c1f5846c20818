// SPDX-License-Identifier: Apache-2.0
#include "sentinel/frame.hpp"

#include "holdfast/common/text.hpp"

#include <cstdint>

namespace holdfast::sentinel {

namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t max_depth = 8;  // our deepest message has 3 levels

std::size_t read_length(std::string_view bytes) {
  std::uint32_t length = 0;
  for (const char byte : bytes.substr(0, length_bytes))
    length = length << 8U | static_cast<unsigned char>(byte);
  return length;
}

Failure not_ours(std::string what) {
  return {FailureKind::unreadable, std::move(what), "the peer is no holdfast of this version", {}};
}

}  // namespace

std::string encode_frame(const boost::json::object& message) {
  const std::string text = boost::json::serialize(message);
  const auto length = static_cast<std::uint32_t>(text.size());
  std::string frame;
  frame.reserve(length_bytes + text.size());
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    frame.push_back(static_cast<char>(length >> shift & 0xffU));
  return frame + text;
}

Result<std::optional<boost::json::object>> FrameReader::next() {
  const std::string_view rest = std::string_view(bytes_).substr(begin_);
  if (rest.size() < length_bytes) return std::optional<boost::json::object>();
  const std::size_t length = read_length(rest);
  if (length > limit_) return not_ours(cat("a message of ", length, " bytes is announced"));
  if (rest.size() - length_bytes < length) return std::optional<boost::json::object>();
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::error_code error;
  auto value = boost::json::parse(rest.substr(length_bytes, length), error, {}, options);
  if (error || !value.is_object()) return not_ours("a message is no JSON object");
  begin_ += length_bytes + length;
  // Moved down only now and then, so that many small messages in one read cost one move.
  if (begin_ == bytes_.size() || begin_ > max_frame_of_stranger) {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  return std::optional<boost::json::object>(std::move(value.get_object()));
}

}  // namespace holdfast::sentinel
