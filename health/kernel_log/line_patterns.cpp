// SPDX-License-Identifier: Apache-2.0
// Every row is anchored at the beginning of the line: what stands further on may be a name that a
// user chose. A process named like a driver still has no PCI address behind its name.
#include "line_patterns.hpp"

namespace holdfast::health {

namespace {

using Kind = KernelEventKind;
constexpr auto plain = LineShape::plain;
constexpr auto driver = LineShape::driver;
constexpr auto note = Severity::note;
constexpr auto watch = Severity::watch;
constexpr auto unfit = Severity::unfit;
constexpr auto fatal = Severity::fatal;

// clang-format off
constexpr LinePattern patterns[] = {
    // GPUs
    {Kind::off_bus, plain, "NVRM: GPU ", "GPU has fallen off the bus", "NVRM: GPU ", fatal, Action::reboot, "GPU has fallen off the bus"},
    {Kind::off_bus, plain, "NVRM: ", "fallen off the bus and is not responding", "", fatal, Action::reboot, "GPU has fallen off the bus"},
    {Kind::off_bus, plain, "NVRM: GPU ", "RmInitAdapter failed", "NVRM: GPU ", fatal, Action::reboot, "GPU did not initialize"},
    {Kind::amd_gpu, driver, "amdgpu", "GPU reset failed", "", fatal, Action::reboot, "reset of the GPU failed"},
    {Kind::amd_gpu, driver, "amdgpu", "GPU reset end with ret = -", "", fatal, Action::reboot, "reset of the GPU failed"},
    {Kind::amd_gpu, driver, "amdgpu", "GPU reset begin!", "", unfit, Action::inspect, "GPU was reset by its driver"},
    {Kind::amd_gpu, driver, "amdgpu", "uncorrectable hardware errors detected", "", unfit, Action::reset_gpu, "uncorrectable memory errors in the GPU"},
    {Kind::amd_gpu, driver, "amdgpu", "page fault", "", note, Action::tell_user, "page fault by the program's GPU code", true},
    {Kind::amd_gpu, driver, "amdgpu", "timeout, signaled seq", "", watch, Action::note, "a queue of the GPU timed out"},

    // PCIe
    {Kind::aer, driver, "", "PCIe Bus Error: severity=Corrected", "", note, Action::note, "PCIe error, corrected"},
    {Kind::aer, driver, "", "PCIe Bus Error: severity=Correctable", "", note, Action::note, "PCIe error, corrected"},
    {Kind::aer, driver, "", "PCIe Bus Error: severity=Uncorrected (Non-Fatal)", "", unfit, Action::inspect, "PCIe error, not corrected"},
    {Kind::aer, driver, "", "PCIe Bus Error: severity=Uncorrectable (Non-Fatal)", "", unfit, Action::inspect, "PCIe error, not corrected"},
    {Kind::aer, driver, "", "PCIe Bus Error: severity=Unc", "", unfit, Action::reboot, "fatal PCIe error"},
    {Kind::aer, driver, "", "AER: device recovery failed", "", unfit, Action::reboot, "device did not recover from a PCIe error"},

    // memory and processes
    {Kind::oom, plain, "Memory cgroup out of memory: Killed process ", "", "", note, Action::tell_user, "the job ran out of its memory", true},
    {Kind::oom, plain, "Out of memory: Killed process ", "", "", watch, Action::note, "the node ran out of memory"},
    {Kind::oom, plain, "Out of memory (oom_kill_allocating_task): Killed process ", "", "", watch, Action::note, "the node ran out of memory"},
    {Kind::hung_task, plain, "INFO: task nvidia", "blocked for more than ", "", unfit, Action::reboot, "a task of the GPU driver hangs"},
    {Kind::hung_task, plain, "INFO: task nv_queue", "blocked for more than ", "", unfit, Action::reboot, "a task of the GPU driver hangs"},
    {Kind::hung_task, plain, "INFO: task ", "blocked for more than ", "", watch, Action::note, "a task hangs in the kernel"},
    {Kind::hung_task, plain, "watchdog: BUG: soft lockup - CPU#", "", "soft lockup - ", watch, Action::note, "a CPU does not leave the kernel"},
    {Kind::hung_task, plain, "NMI watchdog: BUG: soft lockup - CPU#", "", "soft lockup - ", watch, Action::note, "a CPU does not leave the kernel"},
    {Kind::hung_task, plain, "NMI watchdog: Watchdog detected hard LOCKUP on ", "", "LOCKUP on ", unfit, Action::reboot, "a CPU is locked up"},
    {Kind::hung_task, plain, "watchdog: Watchdog detected hard LOCKUP on ", "", "LOCKUP on ", unfit, Action::reboot, "a CPU is locked up"},
    {Kind::hung_task, plain, "rcu: INFO: rcu_", "detected stalls on CPUs/tasks", "", watch, Action::note, "a CPU holds up the others"},
    {Kind::hung_task, plain, "rcu: INFO: rcu_", "self-detected stall on CPU", "", watch, Action::note, "a CPU holds up the others"},

    // machine checks that are told without a bank (see machine_check.cpp for the others)
    {Kind::mce, plain, "mce: Uncorrected hardware memory error", "", "", unfit, Action::inspect, "uncorrected error in the node's memory"},
    {Kind::mce, plain, "Memory failure: ", "recovery action", "", unfit, Action::inspect, "a page of the node's memory failed"},

    // disks
    {Kind::disk, plain, "EXT4-fs (", "emounting filesystem read-only", "EXT4-fs (", unfit, Action::drain, "file system was made read-only"},
    {Kind::disk, plain, "EXT4-fs error (device ", "", "(device ", unfit, Action::drain, "file system error"},
    {Kind::disk, plain, "XFS (", "orruption", "XFS (", unfit, Action::drain, "file system is damaged"},
    {Kind::disk, plain, "XFS (", "Shutting down filesystem", "XFS (", unfit, Action::drain, "file system shut down"},
    {Kind::disk, plain, "XFS (", "Filesystem has been shut down", "XFS (", unfit, Action::drain, "file system shut down"},
    {Kind::disk, plain, "BTRFS error (device ", "", "(device ", unfit, Action::drain, "file system error"},
    {Kind::disk, plain, "BTRFS info (device ", "forced readonly", "(device ", unfit, Action::drain, "file system was made read-only"},
    {Kind::disk, plain, "Buffer I/O error on dev", "", "dev ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, plain, "blk_update_request: I/O error, dev ", "", "dev ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, plain, "blk_update_request: critical medium error, dev ", "", "dev ", unfit, Action::drain, "disk has a bad place"},
    {Kind::disk, plain, "I/O error, dev ", "", "dev ", unfit, Action::drain, "disk does not read or write"},
    {Kind::disk, plain, "critical medium error, dev ", "", "dev ", unfit, Action::drain, "disk has a bad place"},
    {Kind::disk, plain, "block ", "no available path", "block ", unfit, Action::drain, "no path to the disk"},
    {Kind::disk, plain, "nvme nvme", "Disabling device after reset failure", "nvme ", unfit, Action::drain, "disk was given up"},
    {Kind::disk, plain, "nvme nvme", "Device not ready; aborting", "nvme ", unfit, Action::drain, "disk was given up"},
    {Kind::disk, plain, "nvme nvme", "timeout, ", "nvme ", watch, Action::note, "disk is slow to answer"},
    {Kind::disk, plain, "md/raid", "Disk failure on ", "Disk failure on ", watch, Action::inspect, "disk of an array failed"},

    // file servers
    {Kind::network_fs, plain, "nfs: server ", "not responding", "server ", unfit, Action::note, "file server does not answer"},
    {Kind::network_fs, plain, "nfs: server ", " OK", "server ", note, Action::none, "file server answers again", false, true},
    {Kind::network_fs, plain, "Lustre: ", "was lost; in progress operations", "Connection to ", unfit, Action::note, "file server does not answer"},
    {Kind::network_fs, plain, "Lustre: ", "onnection restored to ", "restored to ", note, Action::none, "file server answers again", false, true},
    {Kind::network_fs, plain, "LustreError: ", "This client was evicted by ", "evicted by ", unfit, Action::note, "file server threw the node out"},

    // NICs
    {Kind::nic, driver, "", "nsufficient power on the PCIe slot", "", unfit, Action::inspect, "slot gives the NIC too little power"},
    {Kind::nic, driver, "", "High Temperature", "", watch, Action::inspect, "NIC module is too hot"},
    {Kind::nic, driver, "mlx5_core", "ACCESS_REG", "", watch, Action::note, "NIC refused a command"},
    {Kind::nic, driver, "", "available PCIe bandwidth, limited by", "", watch, Action::inspect, "NIC sits in a slower slot than it was made for"},
    {Kind::nic, driver, "mlx5_core", "atal error", "", unfit, Action::reboot, "NIC firmware failed"},
    {Kind::nic, driver, "mlx5_core", "device's health compromised", "", unfit, Action::reboot, "NIC firmware failed"},
    {Kind::nic, plain, "nvidia_peermem", "ERROR detected invalid context", "", watch, Action::restart_service, "GPUDirect lost the GPU's memory"},
    {Kind::nic, plain, "nvidia-peermem", "ERROR detected invalid context", "", watch, Action::restart_service, "GPUDirect lost the GPU's memory"},
    {Kind::link, driver, "", "Link down", "", watch, Action::note, "link went down"},
    {Kind::link, driver, "", "Link is Down", "", watch, Action::note, "link went down"},
    {Kind::link, driver, "", "Link up", "", note, Action::none, "link is up", false, true},
    {Kind::link, driver, "", "Link is Up", "", note, Action::none, "link is up", false, true},
};
// clang-format on

}  // namespace

std::span<const LinePattern> line_patterns() { return patterns; }

}  // namespace holdfast::health
