// SPDX-License-Identifier: Apache-2.0
// What the job itself brings along: its environment. Never a reason against the node.
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

using Environment = std::map<std::string, std::string>;

/// Variables that make GPU programs slow, stop them, or are leftovers of a debugger.
struct Variable {
  std::string_view name;
  std::string_view does;
};
constexpr std::array variables{
    Variable{"CUDA_LAUNCH_BLOCKING", "makes every kernel wait for the last one"},
    Variable{"CUDA_INJECTION64_PATH", "loads a profiler into every program"},
    Variable{"CUDA_INJECTION32_PATH", "loads a profiler into every program"},
    Variable{"NSIGHT_CUDA_DEBUGGER", "is a debugger's"},
    Variable{"CUDA_DEVICE_WAITS_ON_EXCEPTION", "holds a faulty program for a debugger"},
    Variable{"CUDA_ENABLE_COREDUMP_ON_EXCEPTION", "writes GPU memory to a file after a fault"},
    Variable{"CUDA_COREDUMP_FILE", "names where GPU memory is written after a fault"},
    Variable{"CUDA_AUTO_BOOST", "changes clocks while others measure"},
    Variable{"NCCL_DEBUG_SUBSYS", "fills the output with NCCL's traces"},
};

void gpu_environment(Report& report) {
  report.see("", report.facts.system.environment, [&](const Environment& environment) {
    for (const Variable& variable : variables)
      if (const auto set = environment.find(std::string(variable.name));
          set != environment.end() && set->second != "0")
        report.against(variable.name, cat("is set: it ", variable.does));
  });
}

/// NCCL's own rule: a list of beginnings, "=" for whole names, "^" for all but these.
bool chooses(std::string_view wish, std::string_view name) {
  const bool all_but = wish.starts_with('^');
  if (all_but) wish.remove_prefix(1);
  const bool whole = wish.starts_with('=');
  if (whole) wish.remove_prefix(1);
  const auto words = split(wish, ',');
  const bool named = std::ranges::any_of(words, [&](std::string_view word) {
    return !word.empty() && (whole ? name == word : name.starts_with(word));
  });
  return named != all_but;
}

void socket_interface(Report& report) {
  const SystemFacts& system = report.facts.system;
  if (!system.environment.known()) return;
  const auto wish = system.environment->find("NCCL_SOCKET_IFNAME");
  if (wish == system.environment->end() || wish->second.empty()) return;
  report.see("NCCL_SOCKET_IFNAME", system.interfaces_up, [&](const std::vector<std::string>& up) {
    if (std::ranges::none_of(up, [&](const auto& name) { return chooses(wish->second, name); }))
      report.against("NCCL_SOCKET_IFNAME",
                     cat("no interface that is up fits \"", wish->second, "\""),
                     "one of " + join(up, ", "));
  });
}

constexpr auto rows = std::to_array<Check>({
    {"gpu.env",
     "nothing in the job's environment holds its GPUs up",
     "the caller's environment, in a job",
     repair | in_job,
     Severity::watch,
     Action::tell_user,
     Clears::when_passing,
     "unset it where no debugger or profiler is at work",
     {},
     gpu_environment},
    {"net.sock",
     "NCCL finds the interface the job names",
     "NCCL_SOCKET_IFNAME, /sys/class/net",
     repair | in_job,
     Severity::watch,
     Action::tell_user,
     Clears::when_passing,
     "name an interface that all nodes have, or none",
     {},
     socket_interface},
});

}  // namespace

std::span<const Check> job_checks() { return rows; }

}  // namespace holdfast::health
