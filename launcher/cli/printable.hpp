// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace holdfast::cli {

/// The text as a terminal or an XML file may show it: what a file or a device calls itself must not
/// be able to move the cursor, colour the screen or break a document. Control characters and bytes
/// that are not UTF-8 become '?'.
[[nodiscard]] std::string printable(std::string_view text);

/// How many columns a terminal needs for printable text: code points, which is right for the
/// letters and box lines used here.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// `text` followed by blanks up to `width` columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);

}  // namespace holdfast::cli
