// SPDX-License-Identifier: Apache-2.0
// What a stranger may send to a sentinel's or the supervisor's port: frames in any pieces, and the
// messages in them.
#include "sentinel/files.hpp"
#include "sentinel/frame.hpp"
#include "sentinel/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace holdfast::sentinel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t piece = std::size_t{1} + data[0];
  FrameReader reader(max_frame_of_stranger);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.add(bytes.substr(at, piece));
    while (true) {
      const auto message = reader.next();
      if (!message) return 0;
      if (!*message) break;
      if (const auto beat = read_beat(**message)) {
        // What was understood is said again in the same words.
        const auto again = read_beat(beat_message(*beat, 0));
        if (!again || again->ranks != beat->ranks) std::abort();
      }
      if (const auto sign = read_sign(**message))
        if (read_sign(sign_message(*sign)) != sign) std::abort();
    }
  }
  (void)parse_announcement(bytes);
  (void)parse_peers(bytes);
  return 0;
}
