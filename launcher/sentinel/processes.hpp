// SPDX-License-Identifier: Apache-2.0
// Which processes of this node belong to attempts of the job: those whose environment, as it was
// when they were executed, bears the attempt's number, and all their descendants.
//
// A beat looks twice a second, so what is not ours is remembered by pid and the number of its inode
// in /proc, which a later process of the same pid does not share. Remembered things are looked at
// again after ever longer times, because a process of ours begins as a child of slurmstepd and
// becomes itself at exec. Whoever wants to kill looks at everything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace holdfast::sentinel {

/// Whose a process is, by its environment: HOLDFAST_ATTEMPT, with SLURM_JOB_ID, SLURM_STEP_ID and
/// SLURM_PROCID. srun itself carries the first two and is no rank.
struct Mark {
  unsigned attempt{};
  unsigned rank{};
  unsigned local_rank{};
};

struct Process {
  int pid{};
  int parent{};
  char state{'?'};
  std::uint64_t cpu_ticks{};
  std::uint64_t faults{};    // minor and major
  std::uint64_t started{};   // ticks since boot
  std::uint64_t io_bytes{};  // read and written; of a few seconds ago, as is:
  std::string waits_in;      // the kernel's function it sleeps in, if it does
  std::optional<Mark> mark;

  [[nodiscard]] bool dead() const { return state == 'Z' || state == 'X'; }
};

/// The mark in the text of /proc/PID/environ, if there is one of this job.
[[nodiscard]] std::optional<Mark> mark_in(std::string_view environment, std::string_view job);

/// /proc/PID/stat; the name in it may hold anything, parentheses and line ends too.
[[nodiscard]] std::optional<Process> parse_stat(std::string_view text);

/// What /proc/PID/io says was read and written, cached or not.
[[nodiscard]] std::uint64_t parse_io(std::string_view text);

/// The name in /proc/PID/wchan; empty when there is none, or what is there is no name.
[[nodiscard]] std::string parse_wait_channel(std::string_view text);

/// Gives each descendant of a marked process the mark of its nearest marked ancestor, and leaves
/// out all others.
[[nodiscard]] std::vector<Process> with_descendants(std::vector<Process> all);

class ProcessTable {
 public:
  explicit ProcessTable(std::string job, std::string proc = "/proc");

  /// The marked processes; cheap enough for every beat. Descendants without the mark are missed.
  [[nodiscard]] std::vector<Process> read_marked();

  /// All processes of the job's attempts, nothing remembered.
  [[nodiscard]] std::vector<Process> read_all();

 private:
  struct Known {
    std::uint64_t inode{};
    std::uint64_t look_again{};  // at this many readings
    std::uint64_t wait{};
    std::uint64_t seen{};
    std::uint64_t read_more{};  // at this many readings
    std::uint64_t io_bytes{};
    std::string waits_in;
    std::optional<Mark> mark;
  };

  [[nodiscard]] std::optional<Process> read_stat(const std::string& pid);
  [[nodiscard]] std::optional<Mark> read_mark(const std::string& pid);
  void read_more(const std::string& pid, Known& known) const;

  std::string job_;
  std::string proc_;
  uid_t own_;
  std::uint64_t readings_{};
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace holdfast::sentinel
