// SPDX-License-Identifier: Apache-2.0
// Text for a shell to evaluate. Pure.
#pragma once

#include "holdfast/checkpoint/resume.hpp"

#include <span>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// The word in single quotes wherever a shell could see more in it than a word.
[[nodiscard]] std::string shell_word(std::string_view word);

/// Several, separated by blanks: `eval "set -- $(…)"` gives them back.
[[nodiscard]] std::string shell_words(std::span<const std::string> words);

/// "export NAME='value'" lines.
[[nodiscard]] std::string export_lines(const checkpoint::Variables& variables);

/// "unset NAME NAME…".
[[nodiscard]] std::string unset_line(std::span<const std::string_view> names);

}  // namespace holdfast::cli
