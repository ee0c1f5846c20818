// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/fact.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

struct EdacFacts {
  std::string controller;  ///< "mc0"
  Fact<std::uint64_t> corrected, uncorrected;

  friend bool operator==(const EdacFacts&, const EdacFacts&) = default;
};

struct MemoryFacts {
  Fact<std::uint64_t> total_bytes, available_bytes, unreclaimable_bytes;
  Fact<std::uint64_t> huge_pages, huge_pages_free;
  Fact<std::uint64_t> huge_bytes;            ///< set aside for huge pages of any size
  Fact<std::string> transparent_huge_pages;  ///< "always", "madvise", "never"
  Fact<std::uint64_t> large_free_blocks;     ///< buddyinfo, in 2^9 pages, of the poorest node
  Fact<std::vector<EdacFacts>> edac;

  friend bool operator==(const MemoryFacts&, const MemoryFacts&) = default;
};

struct CpuFacts {
  Fact<std::uint64_t> online, present, sockets;
  Fact<std::vector<std::string>> governors;  ///< each that some PU has, once, sorted
  Fact<std::uint64_t> throttled;             ///< sum of the throttle counts of all cores
  Fact<std::uint64_t> slowest_mhz;           ///< of all PUs, as they run now
  Fact<double> load_1m;
  Fact<std::string> pressure;  ///< "cpu 0.00 memory 0.00 io 0.00": /proc/pressure, some avg10

  friend bool operator==(const CpuFacts&, const CpuFacts&) = default;
};

struct ProcessFacts {
  std::uint32_t pid{};
  std::string name;
  std::uint32_t uid{};
  std::uint64_t age_s{};

  friend bool operator==(const ProcessFacts&, const ProcessFacts&) = default;
};

/// A service by the name it goes by: "munge.service" is "munge".
[[nodiscard]] inline std::string_view service_name(std::string_view name) {
  constexpr std::string_view suffix = ".service";
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name;
}

struct SystemFacts {
  Fact<std::string> kernel;  ///< uname -r
  Fact<double> uptime_s;
  Fact<bool> clock_synchronized;  ///< adjtimex
  Fact<std::int64_t> clock_offset_us;
  Fact<std::uint64_t> clock_error_us;  ///< maxerror
  Fact<std::string> clock_source;
  Fact<std::vector<std::string>> modules;
  Fact<std::map<std::string, bool>> services;  ///< "slurmd" → runs; only those that are installed
  Fact<std::vector<std::string>> services_missing;  ///< looked for and not installed
  Fact<std::vector<ProcessFacts>> blocked;          ///< in state D
  Fact<std::uint64_t> zombies, processes;
  Fact<std::uint64_t> threads;  ///< each has a number of its own, as a process has
  Fact<std::uint64_t> files_open, files_most, pids_most;  ///< the last also counts threads
  Fact<std::map<std::string, std::uint64_t>> limits;      ///< of this process: "memlock", "nofile",
                                                      ///< "stack"; unlimited is the largest number
  Fact<std::vector<std::string>> cgroup_controllers;
  /// Variables of the caller's job that shape GPU programs; lacking outside a job.
  Fact<std::map<std::string, std::string>> environment;
  Fact<std::vector<std::string>> interfaces_up;  ///< names, also of bonds and bridges
  Fact<std::uint64_t> event_log_entries;         ///< of the service processor, where it is asked
  std::string event_log_last;                    ///< the newest of them

  friend bool operator==(const SystemFacts&, const SystemFacts&) = default;
};

struct MountFacts {
  std::string path, source, type;
  bool read_only{};
  bool of_user{};      ///< made for one user's session
  Fact<bool> answers;  ///< a statfs came back within its deadline; unseen when it did not
  Fact<std::uint64_t> bytes, bytes_free, inodes, inodes_free;

  friend bool operator==(const MountFacts&, const MountFacts&) = default;
};

struct DriveFacts {
  std::string name;         ///< "nvme0", "md127"
  std::string kind;         ///< "nvme", "md"
  Fact<std::string> state;  ///< nvme: "live"; md: "clean" or "degraded"

  friend bool operator==(const DriveFacts&, const DriveFacts&) = default;
};

/// A directory of checkpoints, and whether it has room for one more.
struct CheckpointFacts {
  std::string directory;
  std::string newest;                ///< of those that are whole, below the directory
  Fact<std::uint64_t> newest_bytes;  ///< lacking before the first
  Fact<std::uint64_t> bytes_free;    ///< for those who ask: not what is kept for root

  friend bool operator==(const CheckpointFacts&, const CheckpointFacts&) = default;
};

struct StorageFacts {
  Fact<std::vector<MountFacts>> mounts;
  Fact<std::vector<DriveFacts>> drives;
  Fact<std::string> lustre;  ///< /sys/fs/lustre/health_check: "healthy"; lacking without Lustre
  Fact<std::map<std::string, std::uint64_t>> fuse_waiting;  ///< connection → requests that wait
  Fact<std::map<std::string, std::uint64_t>> fuse_most;     ///< … at which it makes others wait
  /// Directory → "written", or the system's word for why a file could not be written there.
  Fact<std::map<std::string, std::string>> write_trials;
  Fact<std::vector<CheckpointFacts>> checkpoints;  ///< of the directories that were named

  friend bool operator==(const StorageFacts&, const StorageFacts&) = default;
};

/// The node as Slurm's files and processes on it show it; no controller is asked.
struct SlurmFacts {
  Fact<std::string> node_name;
  Fact<std::string> slurmd_version;     ///< of the running slurmd
  Fact<std::string> installed_version;  ///< of the slurmd on disk
  Fact<bool> munge_answers;
  Fact<std::uint64_t> gres_gpus;  ///< in gres.conf or slurm.conf for this node
  Fact<std::uint64_t> configured_cpus, configured_memory_mb;
  Fact<std::vector<std::uint32_t>> jobs;     ///< that have a cgroup with processes on this node
  Fact<std::vector<std::string>> leftovers;  ///< cgroups of jobs that ended, with processes left
  Fact<std::vector<ProcessFacts>> orphans;   ///< processes of users who have no job here
  Fact<std::uint64_t> spool_bytes_free;

  friend bool operator==(const SlurmFacts&, const SlurmFacts&) = default;
};

}  // namespace holdfast::health
