// SPDX-License-Identifier: Apache-2.0
#include "attempt/srun_options.hpp"

#include <algorithm>
#include <array>

namespace holdfast::attempt {

namespace {

constexpr auto table = std::to_array<SrunOptionRow>({
    {"account", 'A', Value::wanted},
    {"acctg-freq", 0, Value::wanted},
    {"bb", 0, Value::wanted},
    {"bbf", 0, Value::wanted},
    {"bcast", 0, Value::joined},
    {"bcast-exclude", 0, Value::wanted},
    {"begin", 'b', Value::wanted},
    {"cluster-constraint", 0, Value::wanted},
    {"clusters", 'M', Value::wanted},
    {"comment", 0, Value::wanted},
    {"compress", 0, Value::joined},
    {"constraint", 'C', Value::wanted},
    {"container", 0, Value::wanted},
    {"container-entrypoint", 0, Value::none},
    {"container-entrypoint-log", 0, Value::none},
    {"container-env", 0, Value::wanted},
    {"container-id", 0, Value::wanted},
    {"container-image", 0, Value::wanted},
    {"container-mount-home", 0, Value::none},
    {"container-mounts", 0, Value::wanted},
    {"container-name", 0, Value::wanted},
    {"container-readonly", 0, Value::none},
    {"container-remap-root", 0, Value::none},
    {"container-save", 0, Value::wanted},
    {"container-workdir", 0, Value::wanted},
    {"container-writable", 0, Value::none},
    {"contiguous", 0, Value::none},
    {"core-spec", 'S', Value::wanted},
    {"cores-per-socket", 0, Value::wanted},
    {"cpu-bind", 0, Value::wanted},
    {"cpu-freq", 0, Value::wanted},
    {"cpus-per-gpu", 0, Value::wanted},
    {"cpus-per-task", 'c', Value::wanted},
    {"deadline", 0, Value::wanted},
    {"delay-boot", 0, Value::wanted},
    {"dependency", 'd', Value::wanted},
    {"chdir", 'D', Value::wanted},
    {"disable-status", 'X', Value::none},
    {"distribution", 'm', Value::wanted},
    {"epilog", 0, Value::wanted},
    {"error", 'e', Value::wanted},
    {"exact", 0, Value::none},
    {"exclude", 'x', Value::wanted},
    {"exclusive", 0, Value::joined},
    {"export", 0, Value::wanted},
    {"external-launcher", 0, Value::none},
    {"extra", 0, Value::wanted},
    {"extra-node-info", 'B', Value::wanted},
    {"get-user-env", 0, Value::joined},
    {"gid", 0, Value::wanted},
    {"gpu-bind", 0, Value::wanted},
    {"gpu-freq", 0, Value::wanted},
    {"gpus", 'G', Value::wanted},
    {"gpus-per-node", 0, Value::wanted},
    {"gpus-per-socket", 0, Value::wanted},
    {"gpus-per-task", 0, Value::wanted},
    {"gres", 0, Value::wanted},
    {"gres-flags", 0, Value::wanted},
    {"help", 'h', Value::none},
    {"het-group", 0, Value::wanted},
    {"hint", 0, Value::wanted},
    {"hold", 'H', Value::none},
    {"holdfast-bind", 0, Value::wanted},
    {"holdfast-visible", 0, Value::wanted},
    {"immediate", 'I', Value::joined},
    {"input", 'i', Value::wanted},
    {"interactive", 0, Value::none},
    {"jobid", 0, Value::wanted},
    {"job-name", 'J', Value::wanted},
    {"kill-on-bad-exit", 'K', Value::joined},
    {"label", 'l', Value::none},
    {"licenses", 'L', Value::wanted},
    {"mail-type", 0, Value::wanted},
    {"mail-user", 0, Value::wanted},
    {"mcs-label", 0, Value::wanted},
    {"mem", 0, Value::wanted},
    {"mem-bind", 0, Value::wanted},
    {"mem-per-cpu", 0, Value::wanted},
    {"mem-per-gpu", 0, Value::wanted},
    {"mincpus", 0, Value::wanted},
    {"mpi", 0, Value::wanted},
    {"msg-timeout", 0, Value::wanted},
    {"multi-prog", 0, Value::none},
    {"network", 0, Value::wanted},
    {"nice", 0, Value::joined},
    {"no-allocate", 'Z', Value::none},
    {"no-container-entrypoint", 0, Value::none},
    {"no-container-mount-home", 0, Value::none},
    {"no-container-remap-root", 0, Value::none},
    {"no-kill", 'k', Value::joined},
    {"nodefile", 'F', Value::wanted},
    {"nodelist", 'w', Value::wanted},
    {"nodes", 'N', Value::wanted},
    {"ntasks", 'n', Value::wanted},
    {"ntasks-per-core", 0, Value::wanted},
    {"ntasks-per-gpu", 0, Value::wanted},
    {"ntasks-per-node", 0, Value::wanted},
    {"ntasks-per-socket", 0, Value::wanted},
    {"open-mode", 0, Value::wanted},
    {"output", 'o', Value::wanted},
    {"overcommit", 'O', Value::none},
    {"overlap", 0, Value::none},
    {"oversubscribe", 's', Value::none},
    {"partition", 'p', Value::wanted},
    {"power", 0, Value::wanted},
    {"prefer", 0, Value::wanted},
    {"preserve-env", 'E', Value::none},
    {"priority", 0, Value::wanted},
    {"profile", 0, Value::wanted},
    {"prolog", 0, Value::wanted},
    {"propagate", 0, Value::joined},
    {"pty", 0, Value::joined},
    {"qos", 'q', Value::wanted},
    {"quiet", 'Q', Value::none},
    {"quit-on-interrupt", 0, Value::none},
    {"reboot", 0, Value::none},
    {"relative", 'r', Value::wanted},
    {"reservation", 0, Value::wanted},
    {"resv-ports", 0, Value::joined},
    {"send-libs", 0, Value::joined},
    {"signal", 0, Value::wanted},
    {"slurmd-debug", 0, Value::wanted},
    {"sockets-per-node", 0, Value::wanted},
    {"spread-job", 0, Value::none},
    {"stepmgr", 0, Value::none},
    {"switches", 0, Value::wanted},
    {"task-epilog", 0, Value::wanted},
    {"task-prolog", 0, Value::wanted},
    {"thread-spec", 0, Value::wanted},
    {"threads", 'T', Value::wanted},
    {"threads-per-core", 0, Value::wanted},
    {"time", 't', Value::wanted},
    {"time-min", 0, Value::wanted},
    {"tmp", 0, Value::wanted},
    {"treewidth", 0, Value::wanted},
    {"tres-bind", 0, Value::wanted},
    {"tres-per-task", 0, Value::wanted},
    {"uid", 0, Value::wanted},
    {"unbuffered", 'u', Value::none},
    {"usage", 0, Value::none},
    {"use-min-nodes", 0, Value::none},
    {"verbose", 'v', Value::none},
    {"version", 'V', Value::none},
    {"wait", 'W', Value::wanted},
    {"wckey", 0, Value::wanted},
    {"whole", 0, Value::none},
    {"x11", 0, Value::joined},
});

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
