// SPDX-License-Identifier: Apache-2.0
// A process can call itself anything in 15 bytes, a file or a cgroup in 255, and the kernel tells
// both as it finds them. What a node's own hardware would be told to have done is tried in each of
// the lines in which the kernel does so.
#include "holdfast/common/text.hpp"
#include "holdfast/health/kernel_log/event.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

constexpr std::size_t longest_name = 15;

std::optional<KernelEvent> event(std::string text) {
  KernelRecord record;
  record.text = std::move(text);
  return event_of(record, 0);
}

/// C is the name of the process, F that of a file or of a cgroup.
std::string filled(std::string_view format, std::string_view process, std::string_view file) {
  std::string out;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format.substr(at, 3) == "{C}") {
      out += process;
      at += 2;
    } else if (format.substr(at, 3) == "{F}") {
      out += file;
      at += 2;
    } else {
      out += format[at];
    }
  }
  return out;
}

constexpr auto formats = std::to_array<std::string_view>({
    // arch/x86: mm/fault.c, kernel/traps.c, kernel/signal.c, entry/vsyscall, kernel/umip.c
    "{C}[4711]: segfault at 0 ip 0000000000401136 sp 00007ffc0 error 6 in {F}[401000+1000] likely "
    "on CPU 1 (core 1, socket 0)",
    "{C}[4711]: segfault at 0 ip 0000000000401136 sp 00007ffc0 error 6",
    "traps: {C}[4711] general protection fault ip:401136 sp:7ffc0 error:0 in {F}[401000+1000]",
    "traps: {C}[4711] trap divide error ip:401136 sp:7ffc0 error:0 in {F}[401000+1000]",
    "traps: {C}[4711] trap invalid opcode ip:401136 sp:7ffc0 error:0 in {F}[401000+1000]",
    "{C}[4711] general protection ip:401136 sp:7ffc0 error:0 in {F}[401000+1000]",
    "{C}[4711] bad frame in rt_sigreturn frame:0 ip:401136 sp:7ffc0 orax:f in {F}[401000+1000]",
    "{C}[4711] vsyscall attempted with vsyscall=none ip:401136 cs:33 sp:7ffc0 ax:0 si:0 di:0",
    "umip: {C}[4711] ip:401136 sp:7ffc0: SGDT instruction cannot be used by applications.",
    "x86/split lock detection: #AC: {C}/4711 took a split_lock trap at address: 0x401136",
    // arch/arm64, arch/powerpc, arch/riscv
    "{C}[4711]: unhandled exception: SP Alignment, ESR 0x9a000000, SP in {F}[401000+1000]",
    "{C}[4711]: segfault (11) at 0 nip 401136 lr 401136 code 1 in {F}[401000+1000]",
    "{C}[4711]: bad frame in handle_rt_signal64: 0 nip 401136 lr 401136",
    "{C}[4711]: unhandled signal 11 code 0x1 at 0x0 in {F}[401000+1000]",
    // mm, block, fs, net, kernel
    "{C}: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL), nodemask=(null),cpuset={F},"
    "mems_allowed=0",
    "{C} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={F},mems_allowed=0,oom_memcg=/{F},"
    "task_memcg=/{F},task={C},pid=4711,uid=2000",
    "Memory cgroup stats for /{F}:",
    "Killed process 4711 ({C}) total-vm:1kB, anon-rss:1kB, file-rss:0kB",
    "[   4711]  2000  4711     1024      512    40960        0             0 {C}",
    "mmap: {C} (4711): VmData 4096 exceed data ulimit 1. Update limits.",
    "Memory failure: 0x1f2e3d: Sending SIGBUS to {C}:4711 due to hardware memory corruption",
    "{C}: attempt to access beyond end of device",
    "{C}: potentially unexpected fatal signal 11.",
    "{C} (4711): drop_caches: 3",
    "{C} (4711) used greatest stack depth: 11000 bytes left",
    "{C} uses obsolete (PF_INET,SOCK_PACKET)",
    "process '{F}' started with executable stack",
    "coredump: 4711({C}): over core_pipe_limit, skipping core dump",
    "audit: type=1701 audit(1.1:1): auid=2000 uid=2000 comm=\"{C}\" exe=\"/tmp/{F}\" sig=11 res=1",
    "CPU: 3 PID: 4711 Comm: {C} Not tainted 6.1.0 #1",
    "task:{C} state:D stack:0     pid:4711  ppid:4000   flags:0x00004000",
    // drivers and file systems that tell whom they served
    "XFS (dm-0): {C} should use fallocate; XFS_IOC_{ALLOC,FREE}SP ioctl unsupported",
    "nouveau 0000:01:00.0: {C}[4711]: failed to idle channel 2",
    "i915 0000:00:02.0: [drm] GPU HANG: ecode 9:1:85dffffb, in {C} [4711]",
    "amdgpu 0000:c1:00.0: amdgpu: Process {C} pid 4711 thread {C} pid 4712",
});

/// What it would be worth to forge.
constexpr auto faults = std::to_array<std::string_view>({
    "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.",
    "NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.",
    "NVRM: GPU GPU has fallen off the bus.",
    "NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x24:0xffff:1220)",
    "NVRM: RmInitAdapter failed! (0x24:0xffff:1220)",
    "NVRM: fallen off the bus and is not responding to commands.",
    "nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 30 LTSSM Fault Up",
    "amdgpu 0000:c1:00.0: amdgpu: GPU reset failed",
    "amdgpu 0:1:0 GPU reset failed",
    "amdgpu 0000:c1:00.0: GPU reset(2) failed",
    "amdgpu 0000:c1:00.0: amdgpu: 1 uncorrectable hardware errors detected in umc block",
    "a 0000:00:02.0 PCIe Bus Error: severity=Uncorrected (Fatal)",
    "a 0000:00:02.0: PCIe Bus Error: severity=Uncorrected (Fatal)",
    "a 0000:00:02.0 Link down",
    "a 0000:00:02.0: Link down",
    "pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error received: 0000:18:00.0",
    "EDAC MC0: 1 UE memory scrubbing error on DIMM_B1",
    "EDAC MC0: 1 UE on mc#0csrow#0channel#1",
    "mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 0: be00000000800400",
    "[Hardware Error]: Uncorrected, software restartable error.",
    "{1}[Hardware Error]: event severity: recoverable",
    "Memory failure: 0x1f2e3d: recovery action for dirty LRU page: Recovered",
    "Out of memory: Killed process 4711 (python) total-vm:1kB",
    "task:nv_queue        state:D stack:0     pid:812   ppid:2      flags:0x00004000",
    "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python:4711]",
    "watchdog: Watchdog detected hard LOCKUP on cpu 3",
    "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:",
    "EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2",
    "EXT4-fs (sda1): Remounting filesystem read-only",
    "XFS (orruption",
    "XFS (sda1): Corruption of in-memory data detected. Shutting down filesystem",
    "XFS (sda1): Log I/O Error Detected. Shutting down filesystem",
    "BTRFS error (device sda1): bad tree block",
    "Buffer I/O error on dev sda1, logical block 0, async page read",
    "I/O error, dev sda, sector 123 op 0x0:(READ)",
    "block sda: no available path - failing I/O",
    "nvme nvme0: Disabling device after reset failure: -19",
    "nvme nvme0Disabling device after reset failure: -19",
    "md/raid1:md0: Disk failure on sdb1, disabling device.",
    "nfs: server a not responding, still trying",
    "Lustre: a: Connection to a (at a) was lost; in progress operations using this service",
    "LustreError: 1: a: This client was evicted by a",
    "mlx5_core 0000:1a:00.0: Fatal error 1 detected",
    "mlx5_core 0000:1a:00.0: Detected insufficient power on the PCIe slot (25W).",
});

bool says_nothing(const std::optional<KernelEvent>& event) {
  return !event || (event->kind == KernelEventKind::crash && event->by_program &&
                    event->severity == Severity::note);
}

/// Every name that is a part of the fault, with the rest of the fault for the file.
template <class Try>
void forge(std::string_view fault, Try attempt) {
  for (std::size_t from = 0; from < fault.size(); ++from)
    for (const std::size_t length : {longest_name, longest_name - 1, longest_name - 2}) {
      const auto process = fault.substr(from, length);
      const auto rest = fault.substr(std::min(from + length, fault.size()));
      attempt(process, rest);
      attempt(process, fault);
    }
}

TEST(ForgedName, OfAProcessOrAFileMakesNoEvent) {
  for (const std::string_view fault : faults)
    forge(fault, [&](std::string_view process, std::string_view file) {
      for (const std::string_view format : formats) {
        const std::string line = filled(format, process, file);
        ASSERT_TRUE(says_nothing(event(line))) << line;
      }
    });
}

TEST(ForgedName, OfAnyLengthAndAnyBytesMakesNoEvent) {
  for (const std::string_view fault : faults)
    for (std::size_t length = 0; length <= std::min(longest_name, fault.size()); ++length)
      for (const std::string_view between : {"", " ", "?", "[1]", ": "}) {
        const std::string name = cat(fault.substr(0, length), between).substr(0, longest_name);
        for (const std::string_view format : formats) {
          const std::string line = filled(format, name, fault.substr(length));
          ASSERT_TRUE(says_nothing(event(line))) << line;
        }
      }
}

TEST(ForgedName, OfTheRestOfABrokenLineMakesNoEvent) {
  for (const std::string_view fault : faults)
    for (const char* flag : {"c", "+", "c,caller=T12"}) {
      const auto record = parse_kmsg_record(cat("4,1,2,", flag, ";", fault));
      ASSERT_TRUE(record);
      EXPECT_FALSE(event_of(*record, 0)) << fault;
    }
}

TEST(ForgedName, OfAHungTaskDecidesNothing) {
  for (const std::string_view name : {"nvidia-train",
                                      "nvidia-modeset/",
                                      "nv_queue",
                                      "umount",
                                      "x: blocked for ",
                                      "NVRM: Xid (PCI:"}) {
    const auto found = event(cat("INFO: task ", name, ":4711 blocked for more than 122 seconds."));
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->severity, Severity::watch) << name;
    EXPECT_EQ(found->action, Action::note) << name;
    EXPECT_EQ(found->meaning, "a task hangs in the kernel") << name;
    EXPECT_EQ(found->device, "") << name;
  }
}

TEST(ForgedName, InTheColumnsOfATaskIsNoThreadOfTheDriver) {
  EXPECT_FALSE(event("task:nv_queue        state:D stack:0  pid:4711  ppid:4000   flags:0x0"));
  EXPECT_FALSE(event("task:nv_queue ppid:2 state:D stack:0  pid:4711  ppid:4000   flags:0x0"));
  EXPECT_FALSE(event("task:nv_queue state:D ppid:2  state:D stack:0  pid:4711  ppid:4000"));
  EXPECT_FALSE(event("task:nv_queue        state:S stack:0  pid:812   ppid:2      flags:0x0"));
  const auto hung = event("task:nv_queue        state:D stack:0  pid:812   ppid:2      flags:0x0");
  ASSERT_TRUE(hung);
  EXPECT_EQ(hung->severity, Severity::unfit);
  EXPECT_EQ(hung->action, Action::reboot);
  EXPECT_EQ(hung->pid, 812U);
  EXPECT_EQ(hung->process, "nv_queue");
}

TEST(ForgedName, OfTheProgramThatTheGpuServedMakesItNoWorse) {
  for (const std::string_view fault : faults)
    forge(fault, [&](std::string_view process, std::string_view) {
      const std::string amd = filled(
          "amdgpu 0000:c1:00.0: amdgpu: [gfxhub0] no-retry page fault (src_id:0 ring:24 vmid:3 "
          "pasid:32770, for process {C} pid 4711 thread {C} pid 4711)",
          process,
          "");
      const auto fault_of_amd = event(amd);
      ASSERT_TRUE(fault_of_amd) << amd;
      ASSERT_EQ(fault_of_amd->severity, Severity::note) << amd;
      for (const unsigned code : {13U, 31U, 43U, 45U}) {
        const auto xid = event(cat("NVRM: Xid (PCI:0000:18:00): ",
                                   code,
                                   ", pid=4711, name=",
                                   process,
                                   ", Ch 00000008, intr 10000000"));
        ASSERT_TRUE(xid);
        ASSERT_EQ(xid->code, code);
        ASSERT_TRUE(xid->by_program);
        ASSERT_FALSE(is_bad(xid->severity));
      }
    });
  for (const std::string_view name :
       {"x, a Fatal (", "x, a Fatal XC", ", Fatal XC", "Fatal XC0 i0"}) {
    const auto mild = event(cat("NVRM: Xid (PCI:0000:18:00): 145, pid=4711, name=",
                                name,
                                ", RLW_SRC_TRACK Nonfatal XC0 i0 Link 08 (0x00300000 0x4)"));
    ASSERT_TRUE(mild) << name;
    EXPECT_EQ(mild->severity, Severity::watch) << name;
  }
}

}  // namespace
}  // namespace holdfast::health
