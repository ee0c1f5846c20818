// SPDX-License-Identifier: Apache-2.0
// Every row says how its line begins, word for word, for longer than any name of a process can be:
// what stands further on may be a name that a user chose. Inside a driver's line too: amdgpu, i915
// and XFS tell whose program they served, so that a row's words there are more than 15 bytes.
#include "line_patterns.hpp"

namespace holdfast::health {

namespace {

using Kind = KernelEventKind;
constexpr std::string_view amd = "amdgpu";
constexpr std::string_view mlx5 = "mlx5_core";
constexpr std::string_view any = any_driver;
constexpr auto note = Severity::note;
constexpr auto watch = Severity::watch;
constexpr auto unfit = Severity::unfit;
constexpr auto fatal = Severity::fatal;

// clang-format off
constexpr LinePattern patterns[] = {
    // GPUs
    {Kind::off_bus, "", "NVRM: GPU %a: GPU has fallen off the bus", fatal, Action::reboot, "GPU has fallen off the bus"},
    {Kind::off_bus, "", "NVRM: The NVIDIA GPU %a~fallen off the bus and is not responding", fatal, Action::reboot, "GPU has fallen off the bus"},
    {Kind::off_bus, "", "NVRM: fallen off the bus and is not responding", fatal, Action::reboot, "GPU has fallen off the bus"},
    {Kind::off_bus, "", "NVRM: GPU %a: RmInitAdapter failed", fatal, Action::reboot, "GPU did not initialize"},
    // which GPU is not said: no attempt is ended for it, it may be another job's
    {Kind::off_bus, "", "NVRM: RmInitAdapter failed!", unfit, Action::reboot, "a GPU did not initialize"},
    {Kind::amd_gpu, amd, "GPU reset failed", fatal, Action::reboot, "reset of the GPU failed"},
    {Kind::amd_gpu, amd, "GPU reset(%n) failed", fatal, Action::reboot, "reset of the GPU failed"},
    {Kind::amd_gpu, amd, "GPU reset end with ret = -", fatal, Action::reboot, "reset of the GPU failed"},
    {Kind::amd_gpu, amd, "GPU reset begin!", unfit, Action::inspect, "GPU was reset by its driver"},
    {Kind::amd_gpu, amd, "%n uncorrectable hardware errors detected", unfit, Action::reset_gpu, "uncorrectable memory errors in the GPU"},
    {Kind::amd_gpu, amd, "[~] no-retry page fault", note, Action::tell_user, "page fault by the program's GPU code", true},
    {Kind::amd_gpu, amd, "[~] retry page fault", note, Action::tell_user, "page fault by the program's GPU code", true},
    {Kind::amd_gpu, amd, "[~] page fault", note, Action::tell_user, "page fault by the program's GPU code", true},
    {Kind::amd_gpu, amd, "ring %w timeout, signaled seq", watch, Action::note, "a queue of the GPU timed out"},
    {Kind::amd_gpu, "", "[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring %w timeout", watch, Action::note, "a queue of a GPU timed out"},

    // memory
    {Kind::oom, "", "Memory cgroup out of memory: Killed process ", note, Action::tell_user, "the job ran out of its memory", true},
    {Kind::oom, "", "Memory cgroup out of memory: Kill process ", note, Action::tell_user, "the job ran out of its memory", true},
    {Kind::oom, "", "Out of memory: Killed process ", watch, Action::note, "the node ran out of memory"},
    {Kind::oom, "", "Out of memory: Kill process ", watch, Action::note, "the node ran out of memory"},
    {Kind::oom, "", "Out of memory (oom_kill_allocating_task): Kill", watch, Action::note, "the node ran out of memory"},

    // CPUs that do not come back
    {Kind::hung_task, "", "watchdog: BUG: soft lockup - %s stuck for ", watch, Action::note, "a CPU does not leave the kernel"},
    {Kind::hung_task, "", "NMI watchdog: BUG: soft lockup - %s stuck for ", watch, Action::note, "a CPU does not leave the kernel"},
    {Kind::hung_task, "", "BUG: soft lockup - %s stuck for ", watch, Action::note, "a CPU does not leave the kernel"},
    {Kind::hung_task, "", "NMI watchdog: Watchdog detected hard LOCKUP on ", unfit, Action::reboot, "a CPU is locked up"},
    {Kind::hung_task, "", "watchdog: Watchdog detected hard LOCKUP on ", unfit, Action::reboot, "a CPU is locked up"},
    {Kind::hung_task, "", "rcu: INFO: rcu_%w detected stalls on CPUs/tasks", watch, Action::note, "a CPU holds up the others"},
    {Kind::hung_task, "", "rcu: INFO: rcu_%w self-detected stall on CPU", watch, Action::note, "a CPU holds up the others"},
    {Kind::hung_task, "", "INFO: rcu_%w detected stalls on CPUs/tasks", watch, Action::note, "a CPU holds up the others"},
    {Kind::hung_task, "", "INFO: rcu_%w self-detected stall on CPU", watch, Action::note, "a CPU holds up the others"},

    // machine checks that are told without a bank (see machine_check.cpp for the others)
    {Kind::mce, "", "mce: Uncorrected hardware memory error", unfit, Action::inspect, "uncorrected error in the node's memory"},
    {Kind::mce, "", "Memory failure: 0x%w: recovery action for ", unfit, Action::inspect, "a page of the node's memory failed"},

    // disks
    {Kind::disk, "", "EXT4-fs (%d): Remounting filesystem read-only", unfit, Action::drain, "file system was made read-only"},
    {Kind::disk, "", "EXT4-fs (%d): I/O error while writing superblock", unfit, Action::drain, "file system cannot be written"},
    {Kind::disk, "", "EXT4-fs error (device %d): ", unfit, Action::drain, "file system error"},
    {Kind::disk, "", "XFS (%d): Metadata corruption detected", unfit, Action::drain, "file system is damaged"},
    {Kind::disk, "", "XFS (%d): Metadata CRC error detected", unfit, Action::drain, "file system is damaged"},
    {Kind::disk, "", "XFS (%d): Corruption detected", unfit, Action::drain, "file system is damaged"},
    {Kind::disk, "", "XFS (%d): Corruption of in-memory data", unfit, Action::drain, "file system is damaged"},
    {Kind::disk, "", "XFS (%d): Corruption of on-disk metadata", unfit, Action::drain, "file system is damaged"},
    {Kind::disk, "", "XFS (%d): I/O Error Detected", unfit, Action::drain, "file system shut down"},
    {Kind::disk, "", "XFS (%d): Log I/O Error Detected", unfit, Action::drain, "file system shut down"},
    {Kind::disk, "", "XFS (%d): Log I/O Error (0x", unfit, Action::drain, "file system shut down"},
    {Kind::disk, "", "XFS (%d): Metadata I/O Error (0x", unfit, Action::drain, "file system shut down"},
    {Kind::disk, "", "XFS (%d): Filesystem has been shut down", unfit, Action::drain, "file system shut down"},
    {Kind::disk, "", "BTRFS error (device %d", unfit, Action::drain, "file system error"},
    {Kind::disk, "", "BTRFS: error (device %d", unfit, Action::drain, "file system error"},
    {Kind::disk, "", "BTRFS info (device %d): forced readonly", unfit, Action::drain, "file system was made read-only"},
    {Kind::disk, "", "Buffer I/O error on dev %d, ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, "", "Buffer I/O error on device %d, ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, "", "blk_update_request: I/O error, dev %d, sector ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, "", "blk_update_request: critical medium error, dev %d, sector ", unfit, Action::drain, "disk has a bad place"},
    {Kind::disk, "", "print_req_error: I/O error, dev %d, sector ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, "", "print_req_error: critical medium error, dev %d, sector ", unfit, Action::drain, "disk has a bad place"},
    {Kind::disk, "", "I/O error, dev %d, sector ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, "", "critical medium error, dev %d, sector ", unfit, Action::drain, "disk has a bad place"},
    {Kind::disk, "", "block %s: no available path", unfit, Action::drain, "no path to the disk"},
    {Kind::disk, "", "nvme %s: Disabling device after reset failure", unfit, Action::drain, "disk was given up"},
    {Kind::disk, "", "nvme %s: Device not ready; aborting", unfit, Action::drain, "disk was given up"},
    {Kind::disk, "", "nvme %s: I/O ~ timeout, ", watch, Action::note, "disk is slow to answer"},
    {Kind::disk, "", "md/raid%w: Disk failure on %s, disabling device", unfit, Action::inspect, "disk of an array failed"},

    // file servers
    {Kind::network_fs, "", "nfs: server %s not responding, ", unfit, Action::note, "file server does not answer"},
    {Kind::network_fs, "", "nfs: server %s OK", note, Action::none, "file server answers again", false, true},
    {Kind::network_fs, "", "Lustre: %s: Connection to %w (at %w) was lost; in progress operations", unfit, Action::note, "file server does not answer"},
    {Kind::network_fs, "", "Lustre: %s: Connection restored to ", note, Action::none, "file server answers again", false, true},
    {Kind::network_fs, "", "LustreError: %w: %s: This client was evicted by ", unfit, Action::note, "file server threw the node out"},

    // NICs
    {Kind::nic, any, "Detected insufficient power on the PCIe slot", unfit, Action::inspect, "slot gives the NIC too little power"},
    {Kind::nic, mlx5, "Port module event~High Temperature", watch, Action::inspect, "NIC module is too hot"},
    {Kind::nic, mlx5, "ACCESS_REG(0x", watch, Action::note, "NIC refused a command"},
    {Kind::nic, any, "%w Gb/s available PCIe bandwidth, limited by", watch, Action::inspect, "NIC sits in a slower slot than it was made for"},
    {Kind::nic, mlx5, "Fatal error ", unfit, Action::reboot, "NIC firmware failed"},
    {Kind::nic, mlx5, "device's health compromised", unfit, Action::reboot, "NIC firmware failed"},
    {Kind::nic, "", "nvidia_peermem %w ERROR detected invalid context", watch, Action::restart_service, "GPUDirect lost the GPU's memory"},
    {Kind::nic, "", "nvidia-peermem %w ERROR detected invalid context", watch, Action::restart_service, "GPUDirect lost the GPU's memory"},
    {Kind::link, any, "Link down", watch, Action::note, "link went down"},
    {Kind::link, any, "Link is down", watch, Action::note, "link went down"},
    {Kind::link, any, "NIC Link is Down", watch, Action::note, "link went down"},
    {Kind::link, any, "Link is Down", watch, Action::note, "link went down"},
    {Kind::link, any, "Link up", note, Action::none, "link is up", false, true},
    {Kind::link, any, "Link is up", note, Action::none, "link is up", false, true},
    {Kind::link, any, "NIC Link is Up", note, Action::none, "link is up", false, true},
    {Kind::link, any, "Link is Up", note, Action::none, "link is up", false, true},
};
// clang-format on

}  // namespace

std::span<const LinePattern> line_patterns() { return patterns; }

}  // namespace holdfast::health
