// SPDX-License-Identifier: Apache-2.0
// Slurm as seen from a plugin: its items and its environment as values, its log as two voices. The
// only file besides the hooks that calls Slurm.
#include "host.hpp"

#include "holdfast/affinity/apply.hpp"
#include "holdfast/common/text.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace holdfast::spank {

namespace {

// Steps above it are Slurm's own: batch script, extern, interactive, pending (slurm.h,
// SLURM_MAX_NORMAL_STEP_ID).
constexpr std::uint32_t last_step_of_ranks = 0xfffffff0;

Result<std::vector<unsigned>> read_global_ranks(spank_t spank) {
  const auto count =
      read_item<std::uint32_t>(spank, S_JOB_LOCAL_TASK_COUNT, "the number of ranks on this node");
  if (!count) return count.error();
  std::vector<unsigned> ranks;
  ranks.reserve(*count);
  for (std::uint32_t local = 0; local < *count; ++local) {
    std::uint32_t global = 0;
    if (const spank_err_t error = ::spank_get_item(spank, S_JOB_LOCAL_TO_GLOBAL_ID, local, &global);
        error != ESPANK_SUCCESS) {
      return Failure{FailureKind::unreadable,
                     cat("Slurm does not tell which rank is local rank ",
                         local,
                         ": ",
                         ::spank_strerror(error)),
                     "",
                     {}};
    }
    ranks.push_back(global);
  }
  return ranks;
}

}  // namespace

void tell_job(std::string_view line) {
  ::slurm_spank_log("holdfast: %s", std::string(line).c_str());
}

void tell_log(std::string_view line) { ::slurm_error("holdfast: %s", std::string(line).c_str()); }

bool is_step_of_ranks(spank_t spank) {
  const auto step = read_item<std::uint32_t>(spank, S_JOB_STEPID, "the step");
  return step && *step <= last_step_of_ranks;
}

std::optional<std::string> read_own_variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): copied at once
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::optional<std::string> read_job_variable(spank_t spank, const char* name) {
  std::string value(256, '\0');
  // Slurm says "no space" and not how much: grow, within what an environment may hold.
  for (constexpr std::size_t most = std::size_t{128} << 10; value.size() <= most;
       value.resize(value.size() * 8)) {
    const spank_err_t error =
        ::spank_getenv(spank, name, value.data(), static_cast<int>(value.size()));
    if (error == ESPANK_SUCCESS) return value.erase(value.find('\0'));
    if (error != ESPANK_NOSPACE) break;
  }
  return std::nullopt;
}

Result<std::vector<std::string_view>> read_job_environment(spank_t spank) {
  const auto list = read_item<char**>(spank, S_JOB_ENV, "the job's environment");
  if (!list) return list.error();
  std::vector<std::string_view> out;
  for (char** variable = *list; variable != nullptr && *variable != nullptr; ++variable) {
    out.emplace_back(*variable);
  }
  return out;
}

Result<StepFacts> read_step_facts(spank_t spank) {
  StepFacts facts;
  facts.node = read_node_name();
  auto ranks = read_global_ranks(spank);
  if (!ranks) return std::move(ranks).error();
  facts.global_ranks = std::move(*ranks);
  const auto world = read_item<std::uint32_t>(spank, S_JOB_TOTAL_TASK_COUNT, "the number of ranks");
  if (!world) return world.error();
  facts.world = *world;
  const auto node_rank = read_item<std::uint32_t>(spank, S_JOB_NODEID, "this node's number");
  if (!node_rank) return node_rank.error();
  facts.node_rank = *node_rank;
  const auto nodes = read_item<std::uint32_t>(spank, S_JOB_NNODES, "the number of nodes");
  if (!nodes) return nodes.error();
  facts.nodes = *nodes;
  // Without these two the program takes what its own process may use.
  const auto cores = read_item<char*>(spank, S_STEP_ALLOC_CORES, "the step's cores");
  if (cores && *cores != nullptr) facts.cores = *cores;
  auto cpus = affinity::read_allowed_cpus();
  if (cpus) facts.cpus = std::move(*cpus);
  return facts;
}

std::string read_node_name() {
  // Where several slurmd share a host, the host's name is not the node's.
  if (auto name = read_own_variable("SLURMD_NODENAME"); name && !name->empty()) {
    return *std::move(name);
  }
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "this node";
  const std::string_view full = name.data();
  return std::string(full.substr(0, full.find('.')));
}

Result<void> apply_variable(spank_t spank, const std::string& name, const std::string& value) {
  const spank_err_t error = ::spank_setenv(spank, name.c_str(), value.c_str(), 1);
  if (error == ESPANK_SUCCESS && read_job_variable(spank, name.c_str()) == value) return {};
  return Failure{FailureKind::denied,
                 cat(name,
                     " cannot be set: ",
                     error == ESPANK_SUCCESS ? "it reads otherwise" : ::spank_strerror(error)),
                 "",
                 {}};
}

}  // namespace holdfast::spank
