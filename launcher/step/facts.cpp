// SPDX-License-Identifier: Apache-2.0
// Who am I among the ranks? Each launcher has its own variables; the table below is tried from the
// innermost launcher outwards.
#include "holdfast/step/facts.hpp"

#include "holdfast/common/hostlist.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace holdfast::step {

namespace {

using affinity::Environment;

std::string_view text_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : trim(found->second);
}

std::optional<unsigned> number_of(const Environment& environment, std::string_view name) {
  return parse_number<unsigned>(text_of(environment, name));
}

/// The first of several variables that holds a number.
std::optional<unsigned> first_of(const Environment& environment,
                                 std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto number = number_of(environment, name)) return number;
  return std::nullopt;
}

/// One launcher: its name, the variable that proves it started us, and where it writes the numbers.
/// An empty name: it does not say.
struct Launcher {
  const char* name;
  std::string_view proof;
  std::string_view rank, size, local_rank, local_size, node_rank;
};

constexpr std::array launchers{
    Launcher{"torchrun",
             "TORCHELASTIC_RUN_ID",
             "RANK",
             "WORLD_SIZE",
             "LOCAL_RANK",
             "LOCAL_WORLD_SIZE",
             "GROUP_RANK"},
    Launcher{"mpirun",
             "OMPI_COMM_WORLD_LOCAL_RANK",
             "OMPI_COMM_WORLD_RANK",
             "OMPI_COMM_WORLD_SIZE",
             "OMPI_COMM_WORLD_LOCAL_RANK",
             "OMPI_COMM_WORLD_LOCAL_SIZE",
             "OMPI_COMM_WORLD_NODE_RANK"},
    Launcher{"srun",
             "SLURM_STEP_ID",
             "SLURM_PROCID",
             "SLURM_STEP_NUM_TASKS",
             "SLURM_LOCALID",
             "",
             "SLURM_NODEID"},
    Launcher{"hydra",
             "MPI_LOCALRANKID",
             "PMI_RANK",
             "PMI_SIZE",
             "MPI_LOCALRANKID",
             "MPI_LOCALNRANKS",
             ""},
    Launcher{"LOCAL_RANK",
             "LOCAL_RANK",
             "RANK",
             "WORLD_SIZE",
             "LOCAL_RANK",
             "LOCAL_WORLD_SIZE",
             "NODE_RANK"},
};

const Launcher* launcher_of(const Environment& environment, bool has_workers) {
  // Workers were promised and this process is one of them: LOCAL_RANK is the only thing that can
  // tell which.
  if (has_workers && number_of(environment, "LOCAL_RANK")) return &launchers.back();
  for (const Launcher& launcher : launchers)
    if (!text_of(environment, launcher.proof).empty()) return &launcher;
  return nullptr;
}

Failure contradiction(const Launcher& launcher, std::string_view what) {
  return {
      FailureKind::bad_input,
      cat("the environment of ", launcher.name, " contradicts itself: ", what),
      "start the command through srun, torchrun or mpirun again, or unset the leftover variables",
      {}};
}

/// Whether an outer holdfast step set the variable: then it speaks of that step, not of this one.
bool is_leftover(const Environment& environment, std::string_view name) {
  const auto ours = split(text_of(environment, "HOLDFAST_SET"), ',');
  return std::ranges::find(ours, name) != ours.end();
}

std::string first_node(const Environment& environment) {
  // With -m arbitrary rank 0 runs where the host file begins, not on the first node of the list:
  // no address is better than another rank's.
  const bool arbitrary = text_of(environment, "SLURM_DISTRIBUTION").starts_with("arbitrary");
  const auto hosts = parse_hostlist(
      text_of(environment, arbitrary ? "SLURM_ARBITRARY_NODELIST" : "SLURM_STEP_NODELIST"));
  return hosts && !hosts->empty() ? hosts->front() : std::string();
}

}  // namespace

std::optional<unsigned> tasks_on_node(std::string_view tasks_per_node, unsigned node) {
  for (std::string_view part : split(tasks_per_node, ',')) {
    unsigned times = 1;
    if (const auto open = part.find("(x"); open != std::string_view::npos) {
      const auto repeat = parse_number<unsigned>(part.substr(open + 2, part.size() - open - 3));
      if (!part.ends_with(')') || !repeat) return std::nullopt;
      times = *repeat;
      part = part.substr(0, open);
    }
    const auto tasks = parse_number<unsigned>(part);
    if (!tasks) return std::nullopt;
    if (node < times) return tasks;
    node -= times;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> computed_port(const Environment& environment) {
  if (const auto reserved = text_of(environment, "SLURM_STEP_RESV_PORTS"); !reserved.empty())
    return parse_number<std::uint16_t>(reserved.substr(0, reserved.find_first_of("-,")));
  const auto job = number_of(environment, "SLURM_JOB_ID");
  const auto step = number_of(environment, "SLURM_STEP_ID");
  if (!job || !step) return std::nullopt;
  // 20,000 ports from 12000: above the well-known services, below 32768 where the kernel picks its
  // own. Steps of one job get neighbours, jobs are 61 (a prime) apart.
  return static_cast<std::uint16_t>(12000U + (*job * 61U + *step) % 20000U);
}

Rendezvous rendezvous_of(const Environment& environment) {
  Rendezvous meeting;
  // torchrun speaks last, so what its workers find is its own, even if an outer step set the same
  // names.
  const bool torchrun = !text_of(environment, "TORCHELASTIC_RUN_ID").empty();
  const auto given = [&](std::string_view name) {
    return torchrun || !is_leftover(environment, name) ? text_of(environment, name)
                                                       : std::string_view();
  };
  meeting.address = given("MASTER_ADDR");
  if (meeting.address.empty()) meeting.address = text_of(environment, "HOLDFAST_MASTER_ADDR");
  if (meeting.address.empty()) meeting.address = first_node(environment);
  for (const auto text : {given("MASTER_PORT"), text_of(environment, "HOLDFAST_MASTER_PORT")})
    if (const auto port = parse_number<std::uint16_t>(text); port && *port != 0 && !meeting.port)
      meeting.port = port;
  if (!meeting.port) {
    meeting.port = computed_port(environment);
    meeting.computed = meeting.port.has_value();
  }
  return meeting;
}

std::optional<unsigned> place_in_order(const Environment& environment) {
  const std::string_view order = text_of(environment, "HOLDFAST_NODE_ORDER");
  const std::string_view node = text_of(environment, "SLURMD_NODENAME");
  const auto nodes = split(order, ',');
  const auto found = std::ranges::find(nodes, node);
  if (node.empty() || found == nodes.end()) return std::nullopt;
  return static_cast<unsigned>(found - nodes.begin());
}

Result<StepFacts> facts_of(const Environment& environment, std::optional<unsigned> workers) {
  StepFacts facts;
  affinity::RankFacts& rank = facts.rank;
  const Rendezvous meeting = rendezvous_of(environment);
  rank.master_addr = meeting.address;
  rank.master_port = meeting.port;
  const Launcher* launcher = launcher_of(environment, workers.has_value());
  facts.launcher = launcher == nullptr ? "none" : launcher->name;
  if (launcher == nullptr) {
    rank.local_size = workers.value_or(1);
    rank.world_size = rank.local_size;
    return facts;
  }
  const std::string_view name = launcher->name;
  rank.local_rank = LocalRank(number_of(environment, launcher->local_rank).value_or(0));
  rank.rank = GlobalRank(number_of(environment, launcher->rank).value_or(rank.local_rank.value));
  rank.node_rank = number_of(environment, launcher->node_rank).value_or(0);
  rank.nodes = first_of(environment, {"SLURM_STEP_NUM_NODES", "SLURM_NNODES"}).value_or(1);
  auto local_size = number_of(environment, launcher->local_size);
  if (name == "srun")
    for (const auto* list :
         {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE", "SLURM_NTASKS_PER_NODE"})
      if (!local_size) local_size = tasks_on_node(text_of(environment, list), rank.node_rank);
  // `holdfast run` puts a spare into a lost node's place; Slurm numbers nodes by the allocation.
  if (const auto place = place_in_order(environment)) rank.node_rank = *place;
  if (workers) local_size = workers;
  rank.local_size = local_size.value_or(rank.local_rank.value + 1);
  rank.world_size = first_of(environment, {launcher->size}).value_or(rank.local_size);
  if (rank.local_rank.value >= rank.local_size)
    return contradiction(
        *launcher,
        cat("local rank ", rank.local_rank.value, " of ", rank.local_size, " ranks on this node"));
  if (rank.rank.value >= rank.world_size)
    return contradiction(*launcher,
                         cat("rank ", rank.rank.value, " of ", rank.world_size, " ranks"));
  return facts;
}

}  // namespace holdfast::step
