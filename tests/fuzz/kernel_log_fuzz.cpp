// SPDX-License-Identifier: Apache-2.0
// The kernel's log carries names that users chose, and root reads it.
#include "holdfast/health/kernel_log/cursor.hpp"
#include "holdfast/health/kernel_log/event.hpp"
#include "holdfast/health/kernel_log/record.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void check(const holdfast::health::KernelRecord& record) {
  using namespace holdfast::health;
  if (record.text.size() > max_record_text) std::abort();
  for (const char letter : record.text)
    if (letter < ' ' || letter > '~') std::abort();
  const auto event = event_of(record, 1);
  if (!event) return;
  if (record.facility != 0 || event->meaning.empty() || event->device.size() > max_record_text)
    std::abort();
  if (event->by_program && is_bad(event->severity)) std::abort();
}

/// The data's first bytes are the name of a process, the others that of its program's file.
void forge(std::string_view data) {
  using namespace holdfast::health;
  constexpr std::size_t longest_name = 15;
  const std::string name(data.substr(0, longest_name));
  const std::string file(data.substr(name.size()));
  KernelRecord record;
  for (const std::string_view between : {"[4711]: segfault at 0 ip 0 sp 0 error 6 in ",
                                         "[4711] bad frame in rt_sigreturn frame:0 ip:0 in ",
                                         ": page allocation failure: order:4, mode:0x0,cpuset="}) {
    record.text = printable(name) + std::string(between) + file;
    record.text.resize(std::min(record.text.size(), max_record_text));
    const auto event = event_of(record, 0);
    if (event && (event->kind != KernelEventKind::crash || event->severity != Severity::note))
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::health;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto record = parse_kmsg_record(text)) check(*record);
  if (const auto record = parse_dmesg_line(text)) check(*record);
  if (const auto cursor = parse_kernel_log_cursor(text)) {
    const auto again = parse_kernel_log_cursor(to_text(*cursor));
    if (!again || *again != *cursor) std::abort();
  }
  forge(text);
  KernelRecord record;
  record.text = std::string(text.substr(0, max_record_text));
  if (const auto event = event_of(record, 0))
    if (event->by_program && is_bad(event->severity)) std::abort();
  return 0;
}
