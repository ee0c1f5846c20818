// SPDX-License-Identifier: Apache-2.0
// The environment of one rank, decided from the plan. Three groups of readers: launch variables
// (torch.distributed and friends), runtimes of the node (OpenMP, CUDA/ROCm/oneAPI), and
// communication libraries. Rules that keep NCCL whole: its NIC list is one per node and exact
// ("=name:port"), and no GPU is hidden unless asked or sick.
//
// What we set is named in HOLDFAST_SET. A step started from inside another holdfast step inherits
// that step's variables; the list tells them from what the user set, so that they are written anew
// instead of kept.
#include "holdfast/affinity/environment.hpp"

#include "holdfast/common/text.hpp"
#include "visibility.hpp"

#include <algorithm>
#include <set>

namespace holdfast::affinity {

namespace {

/// Collects edits; knows what is the user's own.
class Edits {
 public:
  explicit Edits(const Environment& present) : present_(present) {
    if (const auto ours = present.find("HOLDFAST_SET"); ours != present.end())
      for (const auto name : split(ours->second, ','))
        ours_.emplace(name);
  }

  /// Sets `name` unless the user did.
  void set(std::string name, std::string value, std::string receiver, std::string reason) {
    const bool kept = present_.contains(name) && !ours_.contains(name);
    add({std::move(name), std::move(value), std::move(receiver), std::move(reason), kept});
  }

  /// Sets `name` whoever set it: it is ours, or was asked for by an option.
  void overwrite(std::string name, std::string value, std::string receiver, std::string reason) {
    add({std::move(name), std::move(value), std::move(receiver), std::move(reason), false});
  }

  [[nodiscard]] std::vector<EnvironmentEdit> take() && {
    std::vector<std::string> names;
    for (const EnvironmentEdit& edit : edits_)
      if (!edit.kept) names.push_back(edit.name);
    overwrite("HOLDFAST_SET",
              join(names, ","),
              "holdfast",
              "names what holdfast set, for steps started from this one");
    return std::move(edits_);
  }

 private:
  void add(EnvironmentEdit edit) { edits_.push_back(std::move(edit)); }

  const Environment& present_;
  std::set<std::string, std::less<>> ours_;
  std::vector<EnvironmentEdit> edits_;
};

void launch_variables(Edits& edits, const RankFacts& facts) {
  const auto set = [&edits](const char* name, std::string value, const char* reason) {
    edits.set(name, std::move(value), "torch.distributed, Megatron-LM, DeepSpeed", reason);
  };
  set("RANK", cat(facts.rank.value), "rank in the step; srun sets only SLURM_PROCID");
  set("LOCAL_RANK", cat(facts.local_rank.value), "rank on this node, the argument of set_device()");
  set("WORLD_SIZE", cat(facts.world_size), "ranks in the step");
  set("LOCAL_WORLD_SIZE", cat(facts.local_size), "ranks on this node");
  set("NODE_RANK", cat(facts.node_rank), "this node's place among the nodes of the step");
  set("GROUP_RANK", cat(facts.node_rank), "torchrun's name of NODE_RANK");
  if (!facts.master_addr.empty()) set("MASTER_ADDR", facts.master_addr, "the node of rank 0");
  if (facts.master_port)
    set("MASTER_PORT",
        cat(*facts.master_port),
        "a port chosen for this step on the node of rank 0");
}

void openmp_variables(Edits& edits, const Placement& place, bool mpi) {
  // A rank with several GPUs is a launcher (torchrun, one task a node): its workers share the
  // cores.
  const std::size_t workers = std::max<std::size_t>(1, place.gpus.size());
  const std::size_t threads = std::max<std::size_t>(1, place.cores.size() / workers);
  edits.set("OMP_NUM_THREADS",
            cat(threads),
            "OpenMP, PyTorch CPU threads",
            workers == 1 ? "one thread per core of the rank"
                         : cat("the rank's cores shared by ", workers, " workers, one per GPU"));
  edits.set("OMP_PLACES",
            "cores",
            "OpenMP",
            "a thread's place is a core, not one of its hardware threads");
  // A bound first thread would hand its one core down to every data loader it forks.
  edits.set("OMP_PROC_BIND",
            mpi ? "spread" : "false",
            "OpenMP",
            mpi ? "threads stay apart on the rank's cores"
                : "data loaders are forked from the first thread and would inherit its core");
}

/// "mlx5_0:1,mlx5_1:1": the active ports of these NICs.
std::string ports_list(const Topology& topology,
                       const std::vector<std::size_t>& nics,
                       bool (*wanted)(const Nic&)) {
  std::vector<std::string> ports;
  for (const std::size_t index : nics) {
    const Nic& nic = topology.nics[index];
    if (!wanted(nic)) continue;
    for (const NicPort& port : nic.ports)
      if (port.state != PortState::down) ports.push_back(cat(nic.name, ':', port.number));
  }
  return join(ports, ",");
}

std::string names_list(const Topology& topology,
                       const std::vector<std::size_t>& nics,
                       NicKind kind) {
  std::vector<std::string> names;
  for (const std::size_t index : nics)
    if (topology.nics[index].kind == kind) names.push_back(topology.nics[index].name);
  return join(names, ",");
}

bool speaks_verbs(const Nic& nic) {
  return nic.kind == NicKind::infiniband || nic.kind == NicKind::roce;
}

/// NCCL's own choice is every verbs device; a list is needed only where that is wrong on this node.
void nccl_variables(Edits& edits, const Topology& topology, const Plan& plan) {
  constexpr std::size_t nccl_limit = 32;  // MAX_IB_DEVS in NCCL
  bool everything_is_a_rail = true;
  std::size_t rails = 0;
  for (std::size_t i = 0; i < topology.nics.size(); ++i) {
    const Nic& nic = topology.nics[i];
    if (!speaks_verbs(nic)) continue;
    const bool rail = std::ranges::find(plan.rails, i) != plan.rails.end();
    rails += rail ? 1 : 0;
    const auto down = [](const NicPort& port) { return port.state == PortState::down; };
    if (!rail || std::ranges::any_of(nic.ports, down)) everything_is_a_rail = false;
  }
  if (plan.gpus.empty() || everything_is_a_rail || rails == 0 || rails > nccl_limit) return;
  edits.set("NCCL_IB_HCA",
            cat('=', ports_list(topology, plan.rails, speaks_verbs)),
            "NCCL, RCCL",
            "the healthy rails of this node, exact names, the same for every rank of it");
}

void rank_nic_variables(Edits& edits, const Topology& topology, const Placement& place) {
  const auto set = [&edits](const char* name, const std::string& value, const char* receiver) {
    if (!value.empty()) edits.set(name, value, receiver, "the NIC nearest to this rank's GPU");
  };
  set("UCX_NET_DEVICES", ports_list(topology, place.nics, speaks_verbs), "UCX (Open MPI, MPICH)");
  set("FI_CXI_DEVICE_NAME",
      names_list(topology, place.nics, NicKind::slingshot),
      "libfabric, cxi provider");
  set("FI_EFA_IFACE", names_list(topology, place.nics, NicKind::efa), "libfabric, efa provider");
  set("PSM3_NIC", names_list(topology, place.nics, NicKind::omni_path), "libfabric, psm3 provider");
}

/// "mlx5_0:1:2,mlx5_1:1:2": NIC, port and how many ranks in a row use it.
void nvshmem_variables(Edits& edits, const Topology& topology, const Plan& plan) {
  std::vector<std::string> mapping;
  for (std::size_t i = 0; i < plan.ranks.size();) {
    const auto& nics = plan.ranks[i].nics;
    if (nics.empty() || !speaks_verbs(topology.nics[nics.front()]))
      return;  // no verbs NIC: no mapping is better than half of one
    std::size_t same = 1;
    while (i + same < plan.ranks.size() && !plan.ranks[i + same].nics.empty() &&
           plan.ranks[i + same].nics.front() == nics.front())
      ++same;
    const std::string port = ports_list(topology, {nics.front()}, speaks_verbs);
    mapping.push_back(cat(port.substr(0, port.find(',')), ':', same));
    i += same;
  }
  if (mapping.empty()) return;
  edits.set("NVSHMEM_ENABLE_NIC_PE_MAPPING", "1", "NVSHMEM", "its NICs follow the plan");
  edits.set("NVSHMEM_HCA_PE_MAPPING",
            join(mapping, ","),
            "NVSHMEM",
            "NIC, port and how many ranks use it, in rank order");
}

template <class Name>
std::string listed(const std::vector<std::size_t>& indices, Name name) {
  std::vector<std::string> names;
  names.reserve(indices.size());
  for (const std::size_t index : indices)
    names.push_back(name(index));
  return join(names, ",");
}

void decided_variables(Edits& edits, const Topology& topology, const Placement& place) {
  const auto tell = [&edits](const char* name, std::string value, const char* reason) {
    edits.overwrite(name, std::move(value), "people, scripts", reason);
  };
  tell("HOLDFAST_CPUS", to_list(place.pus), "the rank's PUs as a Linux CPU list");
  tell("HOLDFAST_GPUS",
       listed(place.gpus, [&](std::size_t i) { return to_text(topology.gpus[i].id); }),
       "the rank's own GPUs");
  tell("HOLDFAST_NICS",
       listed(place.nics, [&](std::size_t i) { return topology.nics[i].name; }),
       "the rank's NICs, nearest first");
  tell("HOLDFAST_WHY", place.why, "why this place");
}

}  // namespace

std::vector<EnvironmentEdit> environment_for(const Topology& topology,
                                             const Plan& plan,
                                             const RankFacts& rank,
                                             const EnvironmentWish& wish,
                                             const Environment& present) {
  Edits edits(present);
  if (rank.local_rank.value >= plan.ranks.size()) return {};
  const Placement& place = plan.ranks[rank.local_rank.value];
  launch_variables(edits, rank);
  openmp_variables(edits, place, wish.rank_nics);
  for (GpuVisibility& visibility : gpu_visibility(topology, plan, place, wish.visible, present)) {
    if (visibility.asked)
      edits.overwrite(visibility.name, visibility.value, visibility.receiver, visibility.reason);
    else
      edits.set(visibility.name, visibility.value, visibility.receiver, visibility.reason);
  }
  nccl_variables(edits, topology, plan);
  if (wish.rank_nics) rank_nic_variables(edits, topology, place);
  if (wish.nvshmem) nvshmem_variables(edits, topology, plan);
  decided_variables(edits, topology, place);
  return std::move(edits).take();
}

}  // namespace holdfast::affinity
