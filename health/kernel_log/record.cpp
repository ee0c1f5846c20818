// SPDX-License-Identifier: Apache-2.0
// The two shapes in which the kernel's log reaches us: the records of /dev/kmsg and the lines of
// dmesg. Both are text from outside (drivers put names of processes and devices into it), so what
// is kept is printable, one line and bounded.
#include "holdfast/health/kernel_log/record.hpp"

#include "scanner.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

bool is_hex(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') ||
         (letter >= 'A' && letter <= 'F');
}

void set_priority(KernelRecord& record, unsigned priority) {
  record.level = priority & 7U;
  record.facility = priority >> 3U;
}

}  // namespace

// The kernel writes bytes it does not trust as \xNN: a newline becomes a blank, the rest '?'.
std::string printable(std::string_view text) {
  std::string out;
  out.reserve(std::min(text.size(), max_record_text));
  for (std::size_t at = 0; at < text.size() && out.size() < max_record_text; ++at) {
    const char letter = text[at];
    if (letter == '\\' && text.size() - at >= 4 && text[at + 1] == 'x' && is_hex(text[at + 2]) &&
        is_hex(text[at + 3])) {
      const std::string_view code = text.substr(at + 2, 2);
      out += code == "0a" ? ' ' : (code == "5c" ? '\\' : '?');
      at += 3;
    } else if (letter == '\t') {
      out += ' ';
    } else {
      out += letter >= ' ' && letter <= '~' ? letter : '?';
    }
  }
  return out;
}

std::optional<std::uint64_t> kmsg_sequence(std::string_view bytes) {
  Scanner scanner(bytes);
  if (!scanner.number() || !scanner.take(",")) return std::nullopt;
  return scanner.wide_number();
}

std::optional<KernelRecord> parse_kmsg_record(std::string_view bytes) {
  Scanner scanner(bytes);
  const auto priority = scanner.number();
  if (!priority || !scanner.take(",")) return std::nullopt;
  const auto sequence = scanner.wide_number();
  if (!sequence || !scanner.take(",")) return std::nullopt;
  const auto at = scanner.wide_number();
  if (!at) return std::nullopt;
  if (!scanner.take(",")) return std::nullopt;
  KernelRecord record;
  record.fragment = scanner.take("c") || scanner.take("+");
  // newer kernels put more fields between the flag and the message
  if (!scanner.until(";")) return std::nullopt;
  set_priority(record, *priority);
  record.sequence = *sequence;
  record.at_us = *at;
  const std::string_view message = scanner.rest();
  record.text = printable(message.substr(0, message.find('\n')));
  return record;
}

std::optional<KernelRecord> parse_dmesg_line(std::string_view line) {
  Scanner scanner(line);
  KernelRecord record;
  if (scanner.take("<")) {
    const auto priority = scanner.number();
    if (!priority || !scanner.take(">")) return std::nullopt;
    set_priority(record, *priority);
  }
  if (!scanner.take("[")) return std::nullopt;
  scanner.skip_blanks();
  const auto seconds = scanner.wide_number();
  if (!seconds || *seconds > UINT64_MAX / 2'000'000 || !scanner.take(".")) return std::nullopt;
  const std::string_view before = scanner.rest();
  const auto microseconds = scanner.wide_number();
  const std::size_t digits = before.size() - scanner.rest().size();
  if (!microseconds || digits != 6 || !scanner.take("]")) return std::nullopt;
  scanner.take(" ");
  record.at_us = *seconds * 1'000'000 + *microseconds;
  const std::string_view message = scanner.rest();
  record.text = printable(message.substr(0, message.find('\n')));
  return record;
}

}  // namespace holdfast::health
