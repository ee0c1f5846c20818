// SPDX-License-Identifier: Apache-2.0
// The plugin in srun. Steps know their nodes and the user's command line here and nowhere else; it
// travels to the nodes as environment. With srun --export=NONE it does not arrive, and the program
// computes what it can from Slurm's own variables instead.
#include "local.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"
#include "holdfast/spank/child.hpp"
#include "holdfast/spank/rendezvous.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <ranges>
#include <span>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

namespace holdfast::spank {

namespace {

/// The beginning of a file the user named; a fifo or a dead file server must not hold srun.
std::string read_beginning(const std::string& path, std::size_t most) {
  const files::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) return {};
  std::string text(most, '\0');
  std::size_t length = 0;
  while (length < most) {
    const ssize_t got = ::read(file.get(), text.data() + length, most - length);
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  text.resize(length);
  return text;
}

/// srun's command line up to the program it starts: what lies behind is the program's own.
std::vector<std::string> read_srun_options(spank_t spank) {
  constexpr std::size_t longest = std::size_t{256} << 10;
  const std::string line = read_beginning("/proc/self/cmdline", longest);
  std::vector<std::string> words;
  for (const std::string_view word : split(line, '\0'))
    words.emplace_back(word);
  if (!words.empty()) words.pop_back();  // behind the last NUL
  int count = 0;
  char** program = nullptr;
  if (::spank_get_item(spank, S_JOB_ARGV, &count, &program) != ESPANK_SUCCESS) count = 0;
  words.resize(words.size() - std::min(words.size(), static_cast<std::size_t>(std::max(count, 0))));
  return words;
}

StepNodes read_step_nodes(spank_t spank, std::span<const std::string> srun_options) {
  StepNodes step;
  step.distribution = read_own_variable("SLURM_DISTRIBUTION").value_or("");
  step.job_nodes = read_own_variable("SLURM_JOB_NODELIST")
                       .value_or(read_own_variable("SLURM_NODELIST").value_or(""));
  const auto nodes = read_item<std::uint32_t>(spank, S_JOB_NNODES, "the number of nodes");
  step.nodes = nodes ? *nodes : 0;
  if (!is_arbitrary(step)) return step;
  constexpr std::size_t first_line = 4096;
  const std::string file =
      host_file_name(srun_options, read_own_variable("SLURM_HOSTFILE").value_or(""));
  if (!file.empty()) step.host_file = read_beginning(file, first_line);
  return step;
}

/// srun's own directory has the commands of its release.
std::string read_scontrol_path() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  const std::string_view srun(path.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  return std::string(srun.substr(0, srun.rfind('/') + 1)).append("scontrol");
}

/// The nodes of a step on part of its job's, which srun's environment does not have before it has
/// launched. A question to the controller, so it is asked only where ranks will meet. Without an
/// answer the list stays empty, and the port is taken unseen.
std::string ask_step_nodes(spank_t spank) {
  constexpr std::size_t most = std::size_t{64} << 10;
  const auto world = read_item<std::uint32_t>(spank, S_JOB_TOTAL_TASK_COUNT, "the number of ranks");
  const auto job = read_item<std::uint32_t>(spank, S_JOB_ID, "the job");
  const auto step = read_item<std::uint32_t>(spank, S_JOB_STEPID, "the step");
  if (!world || *world < 2 || !job || !step) return {};
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
  if (const auto conf = read_own_variable("SLURM_CONF"))
    environment.push_back(cat("SLURM_CONF=", *conf));
  const auto answer = ask_child({{read_scontrol_path(), "show", "step", cat(*job, '.', *step)},
                                 std::move(environment),
                                 nodes_patience,
                                 most});
  return answer ? node_list_in(answer->output) : std::string();
}

bool is_this_host(const std::string& node) { return node == read_node_name(); }

/// MASTER_PORT as the user set it: what an outer step of ours set is listed in HOLDFAST_SET.
bool port_is_users() {
  if (!read_own_variable("MASTER_PORT")) return false;
  const std::string ours = read_own_variable("HOLDFAST_SET").value_or("");
  return std::ranges::count(split(ours, ','), std::string_view("MASTER_PORT")) == 0;
}

/// Not of SLURM_STEP_RESV_PORTS: those of this step are not known here yet (22.05 sets them while
/// launching), and what the variable holds is an outer step's.
std::optional<std::uint16_t> find_port(spank_t spank, const std::optional<std::string>& node) {
  const auto job = read_item<std::uint32_t>(spank, S_JOB_ID, "the job");
  const auto step = read_item<std::uint32_t>(spank, S_JOB_STEPID, "the step");
  if (!job || !step) return std::nullopt;
  return ask_free_port(node, node && is_this_host(*node), *job, *step, port_patience);
}

/// srun is about to launch: its environment is the step's. An earlier value is an outer step's.
void hand_on(const char* name, const std::optional<std::string>& value) {
  if (value) {
    ::setenv(name, value->c_str(), 1);  // NOLINT(concurrency-mt-unsafe): where srun sets its own
  } else {
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  }
}

}  // namespace

void hand_on_srun_facts(spank_t spank, const CpuBindFacts& cpu_bind) {
  const std::vector<std::string> options = read_srun_options(spank);
  hand_on("HOLDFAST_CPU_BIND_IS_USERS", cpu_bind_is_users(cpu_bind, options) ? "1" : "0");
  StepNodes nodes = read_step_nodes(spank, options);
  // On the nodes the first of SLURM_STEP_NODELIST is rank 0's, except where the user arranged them.
  hand_on("HOLDFAST_MASTER_ADDR", is_arbitrary(nodes) ? first_node(nodes) : std::nullopt);
  std::optional<std::string> port;
  if (!port_is_users()) {
    if (!is_arbitrary(nodes) && !first_node(nodes)) nodes.step_nodes = ask_step_nodes(spank);
    if (const auto found = find_port(spank, first_node(nodes))) port = cat(*found);
  }
  hand_on("HOLDFAST_MASTER_PORT", port);
}

}  // namespace holdfast::spank
