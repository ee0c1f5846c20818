// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::spank {

/// The ports the kernel gives to outgoing connections (ip_local_port_range), both ends included.
struct EphemeralPorts {
  unsigned first{32768};
  unsigned last{60999};
};

/// Reads "32768\t60999"; the kernel's own default when the text is none. Pure.
[[nodiscard]] EphemeralPorts parse_ephemeral_ports(std::string_view text);

/// The `attempt`-th port where the ranks of a step may meet: at least 10,000, outside the ephemeral
/// ports, and different for two steps of one job at the same attempt. 0 when no such port exists.
/// Pure.
[[nodiscard]] std::uint16_t port_candidate(std::uint32_t job,
                                           std::uint32_t step,
                                           unsigned attempt,
                                           EphemeralPorts ephemeral);

/// What srun knows of a step's nodes before it launches.
struct StepNodes {
  std::string distribution;  ///< SLURM_DISTRIBUTION
  std::string host_file;     ///< how the file of an arbitrary step begins; empty: none
  std::string job_nodes;     ///< SLURM_JOB_NODELIST
  unsigned nodes{};          ///< nodes of the step
  std::string step_nodes{};  ///< the step's own list, where the controller was asked
};

/// The node of rank 0, or nothing where that is not known: of a step on part of the job's nodes
/// only its own list tells. Pure.
[[nodiscard]] std::optional<std::string> first_node(const StepNodes& step);

[[nodiscard]] bool is_arbitrary(const StepNodes& step);

/// The nodes in what `scontrol show step` prints; empty: it names none. Pure.
[[nodiscard]] std::string node_list_in(std::string_view shown_step);

/// The file that arranges the ranks: -w or --nodelist where it names a file (a path, as Slurm tells
/// it from a node), else `from_environment` (SLURM_HOSTFILE). Empty: none. Pure.
[[nodiscard]] std::string host_file_name(std::span<const std::string> srun_options,
                                         std::string from_environment);

/// How long srun may look for a port, all in all. A node of the same cluster answers in 0.1 ms, a
/// name from a file in 1 ms; one that takes longer than this is not worth a step's start.
inline constexpr std::chrono::milliseconds port_patience{20};

/// How long srun may wait for the controller to name the nodes of a step, where only it can.
inline constexpr std::chrono::milliseconds nodes_patience{200};

/// A port that is free on `node`, found within `patience`: by binding it where `node` is this host,
/// else by connecting to it. A node that does not answer in time gets the first candidate unseen:
/// the port is then as good as a computed one.
[[nodiscard]] std::optional<std::uint16_t> ask_free_port(const std::optional<std::string>& node,
                                                         bool is_this_host,
                                                         std::uint32_t job,
                                                         std::uint32_t step,
                                                         std::chrono::milliseconds patience);

}  // namespace holdfast::spank
