// SPDX-License-Identifier: Apache-2.0
// The looks a probe takes, each at one part of the node. They read files below a root and fill the
// facts; what they cannot see they say.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/facts.hpp"
#include "holdfast/health/kernel_log/cursor.hpp"
#include "holdfast/health/probes/depth.hpp"
#include "tree.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

void look_at_pci(const Tree& tree, Depth depth, Facts& facts);
void look_at_ib(const Tree& tree, Depth depth, Facts& facts);
void look_at_nets(const Tree& tree, Facts& facts);
void look_at_amd_gpus(const Tree& tree, Facts& facts);

/// Whether the driver is loaded or one of its GPUs is on the bus: else its library is not looked
/// for, which the loader does in dozens of places.
[[nodiscard]] bool may_have_nvidia_gpus(const Tree& tree);

/// What files say of the NVIDIA driver, and who the processes on its GPUs are: after ask_nvml().
void look_at_nvidia_files(const Tree& tree, Facts& facts);

/// Who the processes on the GPUs are, which are known by number: a part of the look above.
void name_gpu_processes(const Tree& tree, std::vector<GpuFacts>& gpus);

void look_at_memory(const Tree& tree, Depth depth, Facts& facts);
void look_at_cpu(const Tree& tree, Depth depth, Facts& facts);
void look_at_system(const Tree& tree, Depth depth, Facts& facts);

/// The services that GPU nodes have, and those that are named.
void look_at_services(const Tree& tree, const std::vector<std::string>& also, SystemFacts& facts);

/// The environment of the caller's job, as getenv() would give it.
void look_at_environment(const Tree& tree,
                         const std::function<const char*(const char*)>& variable,
                         Facts& facts);

/// Processes, and the cgroups of jobs: who waits in the kernel, who is left from an ended job.
/// The quick one passes over the kernel's own threads, and what only they could tell.
void look_at_processes(const Tree& tree, Depth depth, Facts& facts);

/// What the service processor's log says, one entry a line, or why it could not be had.
void read_event_log(const Result<std::string>& text, Facts& facts);

/// Slurm's files: what they promise of the node `facts.node`.
void look_at_slurm(const Tree& tree, Facts& facts);

void look_at_drives(const Tree& tree, Depth depth, Facts& facts);

/// Every mount but those of users' own programs, as the kernel lists them; asks no file system.
[[nodiscard]] Fact<std::vector<MountFacts>> list_mounts(const Tree& tree);

/// A file system behind a network: its server may never answer.
[[nodiscard]] bool is_remote(const MountFacts& mount);

/// Whether to ask a local file system for its space: not those without any.
[[nodiscard]] bool has_space(const MountFacts& mount);

/// Asks the file system; may wait for ever.
void ask_mount(const Tree& tree, MountFacts& mount);

/// Asks a file system how much of it is free for those who ask; may wait for ever.
[[nodiscard]] Fact<std::uint64_t> ask_bytes_free(const std::filesystem::path& directory);

/// "written", or the name of the error: "ENOSPC". May wait for ever.
[[nodiscard]] std::string try_to_write(const std::filesystem::path& directory);

/// Reads the kernel's log from the cursor on and moves it. Never waits.
void read_kernel_log(const Tree& tree, KernelLogCursor& cursor, Facts& facts);

/// The job of a cgroup path, or of /proc/PID/cgroup:
/// "0::/system.slice/slurmstepd.scope/job_12/step_0" is of job 12; none outside Slurm's own
/// cgroups.
[[nodiscard]] std::optional<std::uint32_t> job_of_cgroup(std::string_view text);

/// Whether a slurmstepd of the job lives on this node.
[[nodiscard]] bool runs_here(const Tree& tree, std::uint32_t job);

}  // namespace holdfast::health
