// SPDX-License-Identifier: Apache-2.0
// What slurmctld knows of our job, by `scontrol show job`: its words are stable from 22.05
// to 26.05, so one binary serves every release. Pure; the commands are run by process::ask().
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/process/child.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::slurm {

struct JobFacts {
  std::string id;
  std::string state;   ///< RUNNING, COMPLETING, PENDING, CANCELLED, TIMEOUT, PREEMPTED …
  std::string reason;  ///< "None" where there is none
  std::vector<std::string> nodes;  ///< those it still has; a DOWN one has been taken away
  std::string batch_host;
  unsigned restarts{};
  bool resized{};                     ///< nodes were taken from it, or given back
  bool requeue{};                     ///< Slurm may put it back into the queue
  std::vector<std::string> excluded;  ///< ExcNodeList
  std::optional<std::int64_t> end_s;  ///< when its time is over, Unix; nothing: unlimited
  std::string standard_output;        ///< of the batch script; empty: none
};

/// Reads the one line of `scontrol -o show job`. Fails (unreadable) when it tells of no job.
[[nodiscard]] Result<JobFacts> parse_job(std::string_view line);

[[nodiscard]] process::Command show_job(const std::string& job);

/// Requeueing without Slurm's pause of two minutes. requeue() puts the job back; it cannot start
/// before its last node is cleaned up, so there is time for exclude() and start_in(), which its
/// owner may say while it is pending. A begin in the near future stays; one in the past is moved to
/// now + 121 s when the last node is cleaned up (22.05: batch_requeue_fini). slurmctld may refuse
/// both for as long as the job is cleaned up, when nodes were taken from it before and the cluster
/// keeps no accounting; then the job starts two minutes later, on nodes Slurm knows to be well.
[[nodiscard]] process::Command requeue(const std::string& job);
[[nodiscard]] process::Command exclude(const std::string& job, std::span<const std::string> nodes);
[[nodiscard]] process::Command start_in(const std::string& job, std::chrono::seconds time);
/// Lets a running job shrink to these nodes, among them its batch host. scontrol leaves two scripts
/// where it runs: `directory`.
[[nodiscard]] process::Command keep_only(const std::string& job,
                                         std::span<const std::string> nodes,
                                         const std::string& directory);
/// One node is enough from now on: for a job that has only to say that it is done.
[[nodiscard]] process::Command cut_to_one_node(const std::string& job);

}  // namespace holdfast::slurm
