// SPDX-License-Identifier: Apache-2.0
// Xid lines, read from left to right as the driver writes them. The MIG suffix stands inside the
// parentheses, the process id may be '<unknown>', and a process name may hold blanks and commas:
// a regular expression for the plain form misses every one of these.
#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/event.hpp"
#include "holdfast/health/kernel_log/xid.hpp"
#include "scanner.hpp"
#include "user_name.hpp"

#include <algorithm>
#include <array>

namespace holdfast::health {

namespace {

/// "pid=7, name=python, " with either part missing.
void take_process(Scanner& scanner, XidLine& line) {
  if (scanner.take("pid=")) {
    if (scanner.take("'<unknown>'") || scanner.take("<unknown>")) {
      // the process ended before the driver could ask
    } else {
      line.pid = scanner.number();
    }
    if (!scanner.take(", ")) return;
  }
  if (!scanner.take("name=")) return;
  // Where the driver names the channel next, a name like "my, prog" stays whole.
  const std::string_view rest = scanner.rest();
  auto end = std::min(rest.find(", Ch "), rest.find(", channel "));
  if (end > max_process_name) end = rest.find(", ");
  line.process = std::string(rest.substr(0, std::min(end, max_process_name)));
  if (end != std::string_view::npos) scanner.take(rest.substr(0, end + 2));
  if (line.process == "<unknown>" || line.process == "'<unknown>'") line.process.clear();
}

std::optional<unsigned> cause_in(std::string_view text) {
  constexpr std::string_view mark = "caused by previous Xid ";
  const auto at = text.rfind(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return Scanner(text.substr(at + mark.size())).number();
}

/// "GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)"
std::optional<unsigned> action_in(std::string_view text) {
  constexpr std::string_view mark = "recovery action changed from ";
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  Scanner scanner(text.substr(at + mark.size()));
  if (!scanner.until(" to ")) return std::nullopt;
  scanner.take("0x");
  return scanner.number(16);
}

/// "RLW_SRC_TRACK Nonfatal XC0 i0 Link 08 (0x00000001 0x00000004 …)": the sub-code lies in the
/// first word of the parentheses. Read from the last "XC" back to its two words: a process whose
/// name holds ", x Fatal" stands before them.
std::optional<NvlinkXid> nvlink_in(std::string_view text) {
  const auto word = text.rfind("atal XC");
  const auto clause = word == std::string_view::npos ? word : text.rfind(", ", word);
  Scanner scanner(clause == std::string_view::npos ? text : text.substr(clause + 2));
  NvlinkXid out;
  out.unit = std::string(scanner.word().substr(0, 32));
  scanner.skip_blanks();
  if (scanner.take("Nonfatal") || scanner.take("Non-fatal")) {
    out.fatal = false;
  } else if (scanner.take("Fatal")) {
    out.fatal = true;
  } else {
    return std::nullopt;
  }
  const auto before = scanner.until("(");
  if (!before) return out;
  const auto link = before->find("Link ");
  if (link != std::string_view::npos) out.link = Scanner(before->substr(link + 5)).number();
  scanner.take("0x");
  if (const auto information = scanner.number(16)) out.sub_code = (*information >> 20U) & 0x3fU;
  return out;
}

}  // namespace

std::optional<XidLine> parse_xid_line(std::string_view text) {
  Scanner scanner(text);
  if (!scanner.take("NVRM: Xid (")) return std::nullopt;
  auto inside = scanner.until("): ");
  if (!inside) return std::nullopt;
  Scanner place(*inside);
  XidLine line;
  const auto gpu = pci_address(place.word());
  if (!gpu) return std::nullopt;
  line.gpu = *gpu;
  place.skip_blanks();
  if (place.take("GPU-I:")) line.gpu_instance = place.number();
  place.skip_blanks();
  if (place.take("GPU-CI:")) line.compute_instance = place.number();
  const auto code = scanner.number();
  if (!code) return std::nullopt;
  line.code = *code;
  scanner.take(",");
  scanner.skip_blanks();
  take_process(scanner, line);
  line.caused_by = cause_in(scanner.rest());
  if (line.code == 154) line.action = action_in(scanner.rest());
  if (line.code >= 144 && line.code <= 150) line.nvlink = nvlink_in(scanner.rest());
  return line;
}

}  // namespace holdfast::health
