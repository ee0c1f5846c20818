// SPDX-License-Identifier: Apache-2.0
// Matches without going back: a form says one thing at each place, and a name that stands there
// instead ends the match.
#include "line_form.hpp"

#include "holdfast/health/kernel_log/event.hpp"
#include "scanner.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

constexpr std::string_view hex = "0123456789abcdefABCDEF";
constexpr std::size_t max_subject = 128;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/// A word; what ends a clause behind it does not belong to it.
std::string_view leading_word(std::string_view text) {
  std::string_view word = text.substr(0, text.find_first_of(" ,);"));
  while (word.ends_with(':') || word.ends_with('.'))
    word.remove_suffix(1);
  return word.substr(0, max_subject);
}

/// "sda1", "nvme0n1p2", "cciss!c0d0p1", "dm-3"
std::string_view leading_disk(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](char letter) {
    return is_letter(letter) || is_digit(letter) || letter == '!' || letter == '-' || letter == '_';
  });
  const auto name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  return !name.empty() && is_letter(name.front()) ? name.substr(0, max_subject)
                                                  : std::string_view{};
}

/// What stands at a place of the form that is no letter of its own; empty where it does not fit.
std::string_view taken_by(char place, std::string_view text) {
  if (place == 'a') return leading_pci_address(text);
  if (place == 'd') return leading_disk(text);
  if (place == 'n')
    return text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  return leading_word(text);
}

std::string subject_of(char place, std::string_view word) {
  const auto address = place == 'd' ? std::nullopt : pci_address(word);
  return address ? *address : std::string(word);
}

}  // namespace

std::string_view leading_pci_address(std::string_view text) {
  const auto colon = text.find_first_not_of(hex);
  constexpr std::size_t least = 4;  // digits of a domain; 5 behind a VMD controller, 8 at most
  constexpr std::size_t most = 8;
  constexpr std::string_view tail = ":18:00.0";
  if (colon == std::string_view::npos || colon < least || colon > most) return {};
  const auto address = text.substr(0, colon + tail.size());
  const bool whole = address.size() == colon + tail.size() && address[address.size() - 2] == '.';
  return whole && pci_address(address) ? address : std::string_view{};
}

std::optional<std::string> match_form(std::string_view form, std::string_view text) {
  Scanner scanner(text);
  std::string subject;
  while (!form.empty()) {
    if (form.front() != '%' && form.front() != '~') {  // letter by letter: most end at the second
      if (!scanner.take(form.substr(0, 1))) return std::nullopt;
      form.remove_prefix(1);
      continue;
    }
    if (form.front() == '~') {
      form.remove_prefix(1);
      const auto next = form.substr(0, form.find_first_of("%~"));
      if (!scanner.until(next)) return std::nullopt;
      form.remove_prefix(next.size());
      continue;
    }
    const char place = form[1];
    const auto word = taken_by(place, scanner.rest());
    if (word.empty()) return std::nullopt;
    scanner.take(word);
    if (place != 'w' && place != 'n') subject = subject_of(place, word);
    form.remove_prefix(2);
  }
  return subject;
}

}  // namespace holdfast::health
