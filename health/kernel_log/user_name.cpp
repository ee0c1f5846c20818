// SPDX-License-Identifier: Apache-2.0
#include "user_name.hpp"

#include "holdfast/common/text.hpp"
#include "scanner.hpp"

#include <algorithm>
#include <array>

namespace holdfast::health {

namespace {

constexpr std::size_t max_library_name = 128;

/// What the kernel writes right behind a name that begins a line, besides a number in brackets:
/// mm/page_alloc.c, mm/oom_kill.c, block/blk-core.c, kernel/signal.c, net/packet/af_packet.c.
constexpr std::array<std::string_view, 6> behind_a_name{": page allocation failure",
                                                        ": vmalloc ",
                                                        " invoked oom-killer",
                                                        ": attempt to access beyond end of device",
                                                        ": potentially unexpected fatal signal",
                                                        " uses obsolete "};

/// "[4711]: segfault at", "[4711] bad frame in", " (4711): drop_caches", " (4711) used greatest"
bool is_number_of_a_process(std::string_view text) {
  Scanner scanner(text);
  const bool square = scanner.take("[");
  if (!square && !scanner.take("(")) return false;
  scanner.skip_blanks();
  if (!scanner.number() || !scanner.take(square ? "]" : ")")) return false;
  return scanner.rest().empty() || scanner.rest().front() == ':' || scanner.rest().front() == ' ';
}

}  // namespace

bool may_begin_with_a_name(std::string_view text) {
  // a blank stands between a name and a number in round brackets
  for (std::size_t at = 0; at <= std::min(max_process_name + 1, text.size()); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.empty() || std::string_view("[( :").find(rest.front()) == std::string_view::npos)
      continue;
    if (is_number_of_a_process(rest)) return true;
    if (std::ranges::any_of(behind_a_name,
                            [rest](std::string_view words) { return rest.starts_with(words); }))
      return true;
  }
  return false;
}

std::optional<KernelEvent> crash_of(std::string_view text) {
  Scanner scanner(text);
  const auto name = scanner.until("[");
  if (!name || name->size() > max_process_name) return std::nullopt;
  const auto pid = scanner.number();
  if (!pid || !scanner.take("]: segfault at ")) return std::nullopt;
  if (!scanner.until(" in ")) return std::nullopt;
  const auto end = std::min(scanner.rest().find_first_of("[ "), max_library_name);
  const std::string_view library = scanner.rest().substr(0, end);
  constexpr std::string_view known[] = {
      "libnccl", "librccl", "libcuda", "libibverbs", "libmlx5", "libucp", "libuct", "libfabric"};
  for (const std::string_view start : known) {
    if (!library.starts_with(start)) continue;
    KernelEvent event;
    event.kind = KernelEventKind::crash;
    event.device = std::string(library);
    event.pid = *pid;
    event.process = std::string(*name);
    event.by_program = true;
    event.action = Action::tell_user;
    event.meaning = cat("program crashed in ", library);
    return event;
  }
  return std::nullopt;
}

}  // namespace holdfast::health
