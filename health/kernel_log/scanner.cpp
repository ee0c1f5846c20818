// SPDX-License-Identifier: Apache-2.0
#include "scanner.hpp"

#include <charconv>

namespace holdfast::health {

namespace {

template <class Number>
std::optional<Number> take_number(std::string_view& rest, int base) {
  Number number{};
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, number, base);
  if (rest.empty() || error != std::errc{}) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  return number;
}

}  // namespace

bool Scanner::take(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

std::optional<std::string_view> Scanner::until(std::string_view mark) {
  const auto at = rest_.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = rest_.substr(0, at);
  rest_.remove_prefix(at + mark.size());
  return before;
}

std::optional<unsigned> Scanner::number(int base) { return take_number<unsigned>(rest_, base); }

std::optional<std::uint64_t> Scanner::wide_number(int base) {
  return take_number<std::uint64_t>(rest_, base);
}

std::string_view Scanner::word() {
  const auto end = rest_.find_first_of(" ,)");
  const std::string_view word = rest_.substr(0, end);
  rest_.remove_prefix(word.size());
  return word;
}

void Scanner::skip_blanks() {
  while (rest_.starts_with(' '))
    rest_.remove_prefix(1);
}

}  // namespace holdfast::health
