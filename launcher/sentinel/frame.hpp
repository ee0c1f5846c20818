// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace holdfast::sentinel {

/// No frame is longer: a beat of 512 ranks has 30 KB.
inline constexpr std::size_t max_frame = std::size_t{1} << 20U;

/// What a stranger may send before he has proved who he is.
inline constexpr std::size_t max_frame_of_stranger = 8192;

/// One message as it goes over the wire: its length in 4 bytes, the highest first, and its JSON
/// text.
[[nodiscard]] std::string encode_frame(const boost::json::object& message);

/// Cuts a stream of bytes into messages. After a failure the stream cannot be read any more.
class FrameReader {
 public:
  explicit FrameReader(std::size_t limit) : limit_(limit) {}

  void set_limit(std::size_t limit) { limit_ = limit; }
  void add(std::string_view bytes) { bytes_.append(bytes); }

  /// The next message; nothing when it has not wholly arrived.
  [[nodiscard]] Result<std::optional<boost::json::object>> next();

 private:
  std::size_t limit_;
  std::string bytes_;
  std::size_t begin_{};
};

}  // namespace holdfast::sentinel
