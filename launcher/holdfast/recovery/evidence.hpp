// SPDX-License-Identifier: Apache-2.0
// What is known when an attempt has ended. The supervisor collects it from srun, the sentinels and
// Slurm; classify() makes one Loss of it. Times are milliseconds since the Unix epoch, brought to
// the supervisor's clock by whoever collected them.
#pragma once

#include "holdfast/recovery/hang.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::recovery {

/// How one rank ended.
struct RankExit {
  unsigned rank{};
  std::string node{};
  int exit_code{};  ///< 0 where a signal ended it
  int signal{};     ///< 0 where it exited
  bool core{};
  bool out_of_memory{};
  std::int64_t at_ms{};
};

/// One line of the standard error of a rank, of srun or of slurmstepd.
struct Line {
  std::int64_t at_ms{};
  std::string node{};              ///< empty where nobody knows
  std::optional<unsigned> rank{};  ///< nothing where nobody knows
  std::string text{};
};

/// What a node showed of itself.
enum class SignKind {
  xid,          ///< kernel log: "NVRM: Xid (PCI:…): 79, …"; the text decides how bad it is
  sxid,         ///< kernel log: NVSwitch
  ecc,          ///< memory that could not be corrected, of a GPU or of the host
  mce,          ///< machine check
  gpu_lost,     ///< the driver has lost a GPU
  port_down,    ///< a port of a NIC went down and stayed down
  port_flap,    ///< a port went down and came back
  oom_kill,     ///< the kernel or the job's cgroup killed for memory
  mount_stuck,  ///< a file system does not answer
  disk_full,
  slurmd_gone,        ///< slurmd is dead; the ranks may well be alive
  stale_gpu_process,  ///< a process of somebody else holds a GPU
  unfit,              ///< the node's own check found what was not so when the run began
};

inline constexpr std::array all_sign_kinds{
    SignKind::xid,
    SignKind::sxid,
    SignKind::ecc,
    SignKind::mce,
    SignKind::gpu_lost,
    SignKind::port_down,
    SignKind::port_flap,
    SignKind::oom_kill,
    SignKind::mount_stuck,
    SignKind::disk_full,
    SignKind::slurmd_gone,
    SignKind::stale_gpu_process,
    SignKind::unfit,
};

[[nodiscard]] std::string_view word_of(SignKind kind);  ///< "port_down"
[[nodiscard]] std::optional<SignKind> parse_sign_kind(std::string_view word);

struct NodeSign {
  std::string node{};
  SignKind kind{};
  std::string text{};
  std::int64_t at_ms{};
};

/// A node nobody hears any more.
struct LostNode {
  std::string node{};
  std::string how{};  ///< "silent on every network", "Slurm says DOWN"
  std::int64_t silent_ms{};
};

/// What Slurm itself says of the job, where it says something.
enum class SlurmVerdict {
  time_limit,
  preempted,
  cancelled,
  node_fail,
  requeued_by_person,
};

inline constexpr std::array all_slurm_verdicts{
    SlurmVerdict::time_limit,
    SlurmVerdict::preempted,
    SlurmVerdict::cancelled,
    SlurmVerdict::node_fail,
    SlurmVerdict::requeued_by_person,
};

[[nodiscard]] std::string_view word_of(SlurmVerdict verdict);  ///< "time_limit"
[[nodiscard]] std::optional<SlurmVerdict> parse_slurm_verdict(std::string_view word);

/// Ranks first … first+count-1 ran on `node`.
struct RankBlock {
  std::string node{};
  unsigned first{};
  unsigned count{};
};

struct Evidence {
  std::vector<RankBlock> ranks{};  ///< the attempt's nodes in rank order
  std::vector<RankExit> exits{};
  std::vector<Line> lines{};
  std::vector<NodeSign> signs{};
  std::vector<LostNode> lost_nodes{};
  std::optional<SlurmVerdict> slurm{};
  std::optional<HangSigns> hang{};
  std::int64_t ran_ms{};  ///< since all ranks ran; 0 where they never did
  bool ranks_ran{true};   ///< all of them were seen running
  bool resumed{};         ///< started from a checkpoint
  bool ran_before{};      ///< an earlier attempt brought the same line to run
  int srun_exit{};
  std::string never_started{};  ///< why srun could not even be run; empty: it was
  bool state_unwritable{};      ///< … because the state directory takes nothing
};

}  // namespace holdfast::recovery
