// SPDX-License-Identifier: Apache-2.0
// The kernel, its clock, modules and limits. Clock and limits are this process's own:
// they are asked of the kernel, not read below the root.
#include "holdfast/common/text.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <sys/resource.h>
#include <sys/timex.h>

namespace holdfast::health {

namespace {

void ask_clock(SystemFacts& facts) {
  timex clock{};
  const int state = adjtimex(&clock);
  if (state < 0) {
    const std::string why = cat("adjtimex: ", errno_code(errno).message());
    facts.clock_synchronized = Fact<bool>::unseen(why);
    facts.clock_offset_us = Fact<std::int64_t>::unseen(why);
    facts.clock_error_us = Fact<std::uint64_t>::unseen(why);
    return;
  }
  facts.clock_synchronized = state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
  const bool nanoseconds = (clock.status & STA_NANO) != 0;
  facts.clock_offset_us = std::int64_t{nanoseconds ? clock.offset / 1000 : clock.offset};
  facts.clock_error_us = static_cast<std::uint64_t>(clock.maxerror);
}

void ask_limits(SystemFacts& facts) {
  struct Kind {
    const char* name;
    __rlimit_resource resource;
  };
  constexpr std::array kinds{Kind{"memlock", RLIMIT_MEMLOCK},
                             Kind{"nofile", RLIMIT_NOFILE},
                             Kind{"stack", RLIMIT_STACK},
                             Kind{"nproc", RLIMIT_NPROC}};
  std::map<std::string, std::uint64_t> limits;
  for (const Kind& kind : kinds) {
    rlimit limit{};
    if (getrlimit(kind.resource, &limit) != 0) continue;
    limits[kind.name] = limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<std::uint64_t>::max()
                                                        : limit.rlim_cur;
  }
  facts.limits = std::move(limits);
}

Fact<std::vector<std::string>> modules(const Tree& tree) {
  constexpr std::size_t most = std::size_t{1} << 20;
  const auto text = tree.long_text("proc/modules", most);
  if (!text.known()) return Fact<std::vector<std::string>>::missing(text.gap(), text.why());
  std::vector<std::string> out;
  const auto lines = split(*text, '\n');
  out.reserve(lines.size());
  for (const std::string_view line : lines)
    out.emplace_back(line.substr(0, line.find(' ')));
  return out;
}

/// "0.20 0.18 0.12 1/80 11206" of proc(5): behind the slash stand the threads there are.
Fact<std::uint64_t> threads(const Tree& tree) {
  const auto text = tree.text("proc/loadavg");
  if (!text.known()) return Fact<std::uint64_t>::missing(text.gap(), text.why());
  const auto slash = text->find('/');
  if (slash == std::string::npos)
    return Fact<std::uint64_t>::unseen("proc/loadavg tells no threads");
  return leading_number(text->substr(slash + 1));
}

/// What ends the numbers first: their range, or the threads the kernel has room for.
Fact<std::uint64_t> most_pids(const Tree& tree) {
  const auto range = tree.number("proc/sys/kernel/pid_max");
  const auto room = tree.number("proc/sys/kernel/threads-max");
  return range.known() && room.known() ? Fact<std::uint64_t>(std::min(*range, *room)) : range;
}

Fact<std::vector<std::string>> controllers(const Tree& tree) {
  const auto text = tree.text("sys/fs/cgroup/cgroup.controllers");
  return changed<std::vector<std::string>>(text, [](const std::string& line) {
    std::vector<std::string> out;
    for (const std::string_view word : split(line, ' '))
      out.emplace_back(word);
    return out;
  });
}

/// "1234  0  9223372036854775807": open, unused, most.
void read_files(const Tree& tree, SystemFacts& facts) {
  const auto text = tree.text("proc/sys/fs/file-nr");
  if (!text.known()) {
    facts.files_open = Fact<std::uint64_t>::missing(text.gap(), text.why());
    return;
  }
  const auto parts = split(*text, '\t');
  facts.files_open = number_in(parts.front(), "file-nr");
  facts.files_most = number_in(parts.back(), "file-nr");
}

Fact<double> uptime(const Tree& tree) {
  const auto text = tree.text("proc/uptime");
  const auto whole = leading_number(text);
  if (!whole.known()) return Fact<double>::missing(whole.gap(), whole.why());
  return static_cast<double>(*whole);
}

}  // namespace

void look_at_system(const Tree& tree, Depth depth, Facts& facts) {
  SystemFacts& system = facts.system;
  system.uptime_s = uptime(tree);
  ask_clock(system);
  ask_limits(system);
  system.modules = modules(tree);
  if (depth == Depth::quick) return;
  system.kernel = tree.text("proc/sys/kernel/osrelease");
  system.clock_source =
      tree.text("sys/devices/system/clocksource/clocksource0/current_clocksource");
  read_files(tree, system);
  system.threads = threads(tree);
  system.pids_most = most_pids(tree);
  system.cgroup_controllers = controllers(tree);
}

}  // namespace holdfast::health
