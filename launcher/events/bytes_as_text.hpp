// SPDX-License-Identifier: Apache-2.0
// A path or an argument is any row of bytes; a JSON text is UTF-8. What is UTF-8 already stays as
// it is. Every other byte becomes a character of its own at the very end of Unicode's private
// planes (byte 0xE9 becomes U+10FFE9), and comes back as that byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::events {

[[nodiscard]] std::string bytes_as_text(std::string_view bytes);
[[nodiscard]] std::string text_as_bytes(std::string_view text);

/// At most `most` bytes of the text, not cut within a character; "…" at its end when it was cut.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t most);

/// A JSON text with DEL and the C1 controls escaped too: a serializer escapes those below 0x20, and
/// these move a terminal's cursor just as well.
[[nodiscard]] std::string without_controls(std::string_view json);

/// How many bytes the valid UTF-8 character at the beginning has; 0 when there is none.
[[nodiscard]] std::size_t character_length(std::string_view text);

}  // namespace holdfast::events
