// SPDX-License-Identifier: Apache-2.0
#include "attempt/srun_options.hpp"

#include <algorithm>
#include <array>

namespace holdfast::attempt {

namespace {

constexpr std::array table{
    SrunOptionRow{"account", 'A', Value::wanted},
    SrunOptionRow{"acctg-freq", 0, Value::wanted},
    SrunOptionRow{"bb", 0, Value::wanted},
    SrunOptionRow{"bbf", 0, Value::wanted},
    SrunOptionRow{"bcast", 0, Value::joined},
    SrunOptionRow{"bcast-exclude", 0, Value::wanted},
    SrunOptionRow{"begin", 'b', Value::wanted},
    SrunOptionRow{"cluster-constraint", 0, Value::wanted},
    SrunOptionRow{"clusters", 'M', Value::wanted},
    SrunOptionRow{"comment", 0, Value::wanted},
    SrunOptionRow{"compress", 0, Value::joined},
    SrunOptionRow{"constraint", 'C', Value::wanted},
    SrunOptionRow{"container", 0, Value::wanted},
    SrunOptionRow{"container-entrypoint", 0, Value::none},
    SrunOptionRow{"container-entrypoint-log", 0, Value::none},
    SrunOptionRow{"container-env", 0, Value::wanted},
    SrunOptionRow{"container-id", 0, Value::wanted},
    SrunOptionRow{"container-image", 0, Value::wanted},
    SrunOptionRow{"container-mount-home", 0, Value::none},
    SrunOptionRow{"container-mounts", 0, Value::wanted},
    SrunOptionRow{"container-name", 0, Value::wanted},
    SrunOptionRow{"container-readonly", 0, Value::none},
    SrunOptionRow{"container-remap-root", 0, Value::none},
    SrunOptionRow{"container-save", 0, Value::wanted},
    SrunOptionRow{"container-workdir", 0, Value::wanted},
    SrunOptionRow{"container-writable", 0, Value::none},
    SrunOptionRow{"contiguous", 0, Value::none},
    SrunOptionRow{"core-spec", 'S', Value::wanted},
    SrunOptionRow{"cores-per-socket", 0, Value::wanted},
    SrunOptionRow{"cpu-bind", 0, Value::wanted},
    SrunOptionRow{"cpu-freq", 0, Value::wanted},
    SrunOptionRow{"cpus-per-gpu", 0, Value::wanted},
    SrunOptionRow{"cpus-per-task", 'c', Value::wanted},
    SrunOptionRow{"deadline", 0, Value::wanted},
    SrunOptionRow{"delay-boot", 0, Value::wanted},
    SrunOptionRow{"dependency", 'd', Value::wanted},
    SrunOptionRow{"chdir", 'D', Value::wanted},
    SrunOptionRow{"disable-status", 'X', Value::none},
    SrunOptionRow{"distribution", 'm', Value::wanted},
    SrunOptionRow{"epilog", 0, Value::wanted},
    SrunOptionRow{"error", 'e', Value::wanted},
    SrunOptionRow{"exact", 0, Value::none},
    SrunOptionRow{"exclude", 'x', Value::wanted},
    SrunOptionRow{"exclusive", 0, Value::joined},
    SrunOptionRow{"export", 0, Value::wanted},
    SrunOptionRow{"external-launcher", 0, Value::none},
    SrunOptionRow{"extra", 0, Value::wanted},
    SrunOptionRow{"extra-node-info", 'B', Value::wanted},
    SrunOptionRow{"get-user-env", 0, Value::joined},
    SrunOptionRow{"gid", 0, Value::wanted},
    SrunOptionRow{"gpu-bind", 0, Value::wanted},
    SrunOptionRow{"gpu-freq", 0, Value::wanted},
    SrunOptionRow{"gpus", 'G', Value::wanted},
    SrunOptionRow{"gpus-per-node", 0, Value::wanted},
    SrunOptionRow{"gpus-per-socket", 0, Value::wanted},
    SrunOptionRow{"gpus-per-task", 0, Value::wanted},
    SrunOptionRow{"gres", 0, Value::wanted},
    SrunOptionRow{"gres-flags", 0, Value::wanted},
    SrunOptionRow{"help", 'h', Value::none},
    SrunOptionRow{"het-group", 0, Value::wanted},
    SrunOptionRow{"hint", 0, Value::wanted},
    SrunOptionRow{"hold", 'H', Value::none},
    SrunOptionRow{"holdfast-bind", 0, Value::wanted},
    SrunOptionRow{"holdfast-visible", 0, Value::wanted},
    SrunOptionRow{"immediate", 'I', Value::joined},
    SrunOptionRow{"input", 'i', Value::wanted},
    SrunOptionRow{"interactive", 0, Value::none},
    SrunOptionRow{"jobid", 0, Value::wanted},
    SrunOptionRow{"job-name", 'J', Value::wanted},
    SrunOptionRow{"kill-on-bad-exit", 'K', Value::joined},
    SrunOptionRow{"label", 'l', Value::none},
    SrunOptionRow{"licenses", 'L', Value::wanted},
    SrunOptionRow{"mail-type", 0, Value::wanted},
    SrunOptionRow{"mail-user", 0, Value::wanted},
    SrunOptionRow{"mcs-label", 0, Value::wanted},
    SrunOptionRow{"mem", 0, Value::wanted},
    SrunOptionRow{"mem-bind", 0, Value::wanted},
    SrunOptionRow{"mem-per-cpu", 0, Value::wanted},
    SrunOptionRow{"mem-per-gpu", 0, Value::wanted},
    SrunOptionRow{"mincpus", 0, Value::wanted},
    SrunOptionRow{"mpi", 0, Value::wanted},
    SrunOptionRow{"msg-timeout", 0, Value::wanted},
    SrunOptionRow{"multi-prog", 0, Value::none},
    SrunOptionRow{"network", 0, Value::wanted},
    SrunOptionRow{"nice", 0, Value::joined},
    SrunOptionRow{"no-allocate", 'Z', Value::none},
    SrunOptionRow{"no-container-entrypoint", 0, Value::none},
    SrunOptionRow{"no-container-mount-home", 0, Value::none},
    SrunOptionRow{"no-container-remap-root", 0, Value::none},
    SrunOptionRow{"no-kill", 'k', Value::joined},
    SrunOptionRow{"nodefile", 'F', Value::wanted},
    SrunOptionRow{"nodelist", 'w', Value::wanted},
    SrunOptionRow{"nodes", 'N', Value::wanted},
    SrunOptionRow{"ntasks", 'n', Value::wanted},
    SrunOptionRow{"ntasks-per-core", 0, Value::wanted},
    SrunOptionRow{"ntasks-per-gpu", 0, Value::wanted},
    SrunOptionRow{"ntasks-per-node", 0, Value::wanted},
    SrunOptionRow{"ntasks-per-socket", 0, Value::wanted},
    SrunOptionRow{"open-mode", 0, Value::wanted},
    SrunOptionRow{"output", 'o', Value::wanted},
    SrunOptionRow{"overcommit", 'O', Value::none},
    SrunOptionRow{"overlap", 0, Value::none},
    SrunOptionRow{"oversubscribe", 's', Value::none},
    SrunOptionRow{"partition", 'p', Value::wanted},
    SrunOptionRow{"power", 0, Value::wanted},
    SrunOptionRow{"prefer", 0, Value::wanted},
    SrunOptionRow{"preserve-env", 'E', Value::none},
    SrunOptionRow{"priority", 0, Value::wanted},
    SrunOptionRow{"profile", 0, Value::wanted},
    SrunOptionRow{"prolog", 0, Value::wanted},
    SrunOptionRow{"propagate", 0, Value::joined},
    SrunOptionRow{"pty", 0, Value::joined},
    SrunOptionRow{"qos", 'q', Value::wanted},
    SrunOptionRow{"quiet", 'Q', Value::none},
    SrunOptionRow{"quit-on-interrupt", 0, Value::none},
    SrunOptionRow{"reboot", 0, Value::none},
    SrunOptionRow{"relative", 'r', Value::wanted},
    SrunOptionRow{"reservation", 0, Value::wanted},
    SrunOptionRow{"resv-ports", 0, Value::joined},
    SrunOptionRow{"send-libs", 0, Value::joined},
    SrunOptionRow{"signal", 0, Value::wanted},
    SrunOptionRow{"slurmd-debug", 0, Value::wanted},
    SrunOptionRow{"sockets-per-node", 0, Value::wanted},
    SrunOptionRow{"spread-job", 0, Value::none},
    SrunOptionRow{"stepmgr", 0, Value::none},
    SrunOptionRow{"switches", 0, Value::wanted},
    SrunOptionRow{"task-epilog", 0, Value::wanted},
    SrunOptionRow{"task-prolog", 0, Value::wanted},
    SrunOptionRow{"thread-spec", 0, Value::wanted},
    SrunOptionRow{"threads", 'T', Value::wanted},
    SrunOptionRow{"threads-per-core", 0, Value::wanted},
    SrunOptionRow{"time", 't', Value::wanted},
    SrunOptionRow{"time-min", 0, Value::wanted},
    SrunOptionRow{"tmp", 0, Value::wanted},
    SrunOptionRow{"treewidth", 0, Value::wanted},
    SrunOptionRow{"tres-bind", 0, Value::wanted},
    SrunOptionRow{"tres-per-task", 0, Value::wanted},
    SrunOptionRow{"uid", 0, Value::wanted},
    SrunOptionRow{"unbuffered", 'u', Value::none},
    SrunOptionRow{"usage", 0, Value::none},
    SrunOptionRow{"use-min-nodes", 0, Value::none},
    SrunOptionRow{"verbose", 'v', Value::none},
    SrunOptionRow{"version", 'V', Value::none},
    SrunOptionRow{"wait", 'W', Value::wanted},
    SrunOptionRow{"wckey", 0, Value::wanted},
    SrunOptionRow{"whole", 0, Value::none},
    SrunOptionRow{"x11", 0, Value::joined},
};

constexpr bool each_once() {
  for (std::size_t one = 0; one < table.size(); ++one)
    for (std::size_t other = one + 1; other < table.size(); ++other)
      if (table[one].name == table[other].name ||
          (table[one].letter != 0 && table[one].letter == table[other].letter))
        return false;
  return true;
}
static_assert(each_once(), "no option and no letter stands here twice");

}  // namespace

const SrunOptionRow* srun_option(std::string_view typed) {
  const SrunOptionRow* fits = nullptr;
  unsigned beginnings = 0;
  for (const SrunOptionRow& row : table) {
    if (row.name == typed) return &row;
    if (!row.name.starts_with(typed)) continue;
    fits = &row;
    ++beginnings;
  }
  return beginnings == 1 ? fits : nullptr;
}

const SrunOptionRow* srun_option(char letter) {
  const auto* row = std::ranges::find(table, letter, &SrunOptionRow::letter);
  return letter == 0 || row == table.end() ? nullptr : row;
}

}  // namespace holdfast::attempt
