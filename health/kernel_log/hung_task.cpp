// SPDX-License-Identifier: Apache-2.0
// The kernel tells a hung task in two records. The first names it, and a name is the user's to
// choose: a program called nv_queue that waits for a file server is no fault of the GPU driver.
// The second stands in columns and names the parent: the kernel's own threads are children of
// kthreadd, and no user's process is.
#include "hung_task.hpp"

#include "holdfast/common/text.hpp"
#include "scanner.hpp"
#include "user_name.hpp"

#include <algorithm>
#include <array>

namespace holdfast::health {

namespace {

constexpr unsigned kthreadd = 2;
constexpr std::size_t longest_task = max_process_name + 12;  // ":4194304" and some room

/// The threads of the NVIDIA driver, as far as 15 bytes go: nvidia-modeset/kthread_q, nv_queue,
/// nv_open_q, UVM global queue, UVM GPU1 BH.
constexpr std::array<std::string_view, 3> driver_threads{"nvidia", "nv_", "UVM "};

KernelEvent hung(std::string_view process, unsigned pid) {
  KernelEvent event;
  event.kind = KernelEventKind::hung_task;
  event.process = std::string(process);
  event.pid = pid;
  event.severity = Severity::watch;
  event.action = Action::note;
  event.meaning = "a task hangs in the kernel";
  return event;
}

/// "INFO: task kworker/u256:1:4711 blocked for more than 122 seconds.": a name may hold colons.
std::optional<KernelEvent> named(Scanner scanner) {
  const auto task = scanner.until(" blocked for more than ");
  if (!task || task->size() > longest_task) return std::nullopt;
  const auto colon = task->rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Scanner number(task->substr(colon + 1));
  const auto pid = number.number();
  if (!pid || !number.rest().empty() || !scanner.number()) return std::nullopt;
  return hung(task->substr(0, std::min(colon, max_process_name)), *pid);
}

/// "task:nv_queue        state:D stack:    0 pid:  812 ppid:     2 flags:0x00004000", the name
/// filled up to 15 places.
std::optional<KernelEvent> in_columns(Scanner scanner) {
  const std::string_view name = scanner.rest().substr(0, max_process_name);
  if (!scanner.take(name) || !scanner.take(" state:D ")) return std::nullopt;
  const auto number_behind = [&scanner](std::string_view word) {
    if (!scanner.until(word)) return std::optional<unsigned>{};
    scanner.skip_blanks();
    return scanner.number();
  };
  const auto pid = number_behind(" pid:");
  const auto parent = number_behind(" ppid:");
  if (!pid || parent != kthreadd) return std::nullopt;
  const bool of_driver = std::ranges::any_of(
      driver_threads, [name](std::string_view start) { return name.starts_with(start); });
  if (!of_driver) return std::nullopt;
  KernelEvent event = hung(trim(name), *pid);
  event.severity = Severity::unfit;
  event.action = Action::reboot;
  event.meaning = "a task of the GPU driver hangs";
  event.code = 1;  // told apart from the first record, which is only watched
  return event;
}

}  // namespace

std::optional<KernelEvent> hung_task_of(std::string_view text) {
  Scanner scanner(text);
  if (scanner.take("INFO: task ")) return named(scanner);
  if (scanner.take("task:")) return in_columns(scanner);
  return std::nullopt;
}

}  // namespace holdfast::health
