// SPDX-License-Identifier: Apache-2.0
#include "cli/ckpt/shell.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::cli {

std::string shell_word(std::string_view word) {
  constexpr std::string_view harmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(harmless) == std::string_view::npos)
    return std::string(word);
  std::string quoted = "'";
  for (const char letter : word) {
    if (letter == '\'')
      quoted += "'\\''";
    else
      quoted += letter;
  }
  return quoted + "'";
}

std::string shell_words(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words)
    line += cat(line.empty() ? "" : " ", shell_word(word));
  return line;
}

std::string export_lines(const checkpoint::Variables& variables) {
  std::string lines;
  for (const auto& [name, value] : variables)
    lines += cat("export ", name, '=', shell_word(value), '\n');
  return lines;
}

std::string unset_line(std::span<const std::string_view> names) {
  std::string line = "unset";
  for (const std::string_view name : names)
    line += cat(' ', name);
  return line + '\n';
}

}  // namespace holdfast::cli
