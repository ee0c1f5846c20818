// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/kernel_log/event.hpp"

#include <ostream>
#include <vector>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

std::optional<KernelEvent> event(std::string text, unsigned facility = 0) {
  KernelRecord record;
  record.sequence = 12;
  record.at_us = 90'000'000;
  record.facility = facility;
  record.text = std::move(text);
  return event_of(record, 1'000'000);
}

struct Line {
  const char* text;
  KernelEventKind kind;
  const char* device;
  Severity severity;
};
void PrintTo(const Line& line, std::ostream* out) { *out << line.text; }

using Kind = KernelEventKind;
class KernelLine : public ::testing::TestWithParam<Line> {};

TEST_P(KernelLine, IsUnderstood) {
  const auto found = event(GetParam().text);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, GetParam().kind);
  EXPECT_EQ(found->device, GetParam().device);
  EXPECT_EQ(found->severity, GetParam().severity);
  EXPECT_FALSE(found->meaning.empty());
  EXPECT_EQ(found->text, GetParam().text);
  EXPECT_EQ(found->sequence, 12U);
  EXPECT_EQ(found->at, 1'000'090);
}

const Line lines[] = {
    {"NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.",
     Kind::xid,
     "0000:18:00.0",
     Severity::fatal},
    {"NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.",
     Kind::off_bus,
     "0000:18:00.0",
     Severity::fatal},
    {"NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x24:0xffff:1220)",
     Kind::off_bus,
     "0000:18:00.0",
     Severity::fatal},
    {"nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 30 LTSSM Fault Up",
     Kind::sxid,
     "0000:05:00.0",
     Severity::fatal},
    {"amdgpu 0000:c1:00.0: amdgpu: GPU reset begin!",
     Kind::amd_gpu,
     "0000:c1:00.0",
     Severity::unfit},
    {"amdgpu 0000:c1:00.0: amdgpu: GPU reset end with ret = -62",
     Kind::amd_gpu,
     "0000:c1:00.0",
     Severity::fatal},
    {"amdgpu 0000:c1:00.0: amdgpu: [gfxhub0] no-retry page fault (src_id:0",
     Kind::amd_gpu,
     "0000:c1:00.0",
     Severity::note},
    {"nvidia 0000:18:00.0: PCIe Bus Error: severity=Corrected, type=Physical Layer",
     Kind::aer,
     "0000:18:00.0",
     Severity::note},
    {"mlx5_core 0000:1a:00.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction "
     "Layer",
     Kind::aer,
     "0000:1a:00.0",
     Severity::unfit},
    {"pcieport 0000:17:01.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Data Link Layer",
     Kind::aer,
     "0000:17:01.0",
     Severity::unfit},
    {"mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 7: 8c00004000010090",
     Kind::mce,
     "CPU 3",
     Severity::note},
    {"mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 0: be00000000800400",
     Kind::mce,
     "CPU 3",
     Severity::unfit},
    {"EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#1_Chan#0_DIMM#0",
     Kind::mce,
     "mc0",
     Severity::note},
    {"EDAC MC1: 1 UE memory scrubbing error on DIMM_B1", Kind::mce, "mc1", Severity::unfit},
    {"{1}[Hardware Error]: event severity: recoverable", Kind::mce, "", Severity::unfit},
    {"Memory failure: 0x1f2e3d: recovery action for dirty LRU page: Recovered",
     Kind::mce,
     "",
     Severity::unfit},
    {"Memory cgroup out of memory: Killed process 4711 (python) total-vm:1kB",
     Kind::oom,
     "",
     Severity::note},
    {"Out of memory: Killed process 4711 (python) total-vm:1kB", Kind::oom, "", Severity::watch},
    {"task:nvidia-modeset/ state:D stack:    0 pid:  812 ppid:     2 flags:0x00004000",
     Kind::hung_task,
     "",
     Severity::unfit},
    {"INFO: task kworker/u256:1:77 blocked for more than 120 seconds.",
     Kind::hung_task,
     "",
     Severity::watch},
    {"watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python:4711]",
     Kind::hung_task,
     "CPU#3",
     Severity::watch},
    {"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", Kind::hung_task, "", Severity::watch},
    {"EXT4-fs (nvme0n1p2): Remounting filesystem read-only",
     Kind::disk,
     "nvme0n1p2",
     Severity::unfit},
    {"EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2",
     Kind::disk,
     "sda1",
     Severity::unfit},
    {"Buffer I/O error on dev sda1, logical block 0, async page read",
     Kind::disk,
     "sda1",
     Severity::unfit},
    {"I/O error, dev nvme0n1, sector 123 op 0x0:(READ)", Kind::disk, "nvme0n1", Severity::unfit},
    {"nvme nvme0: Disabling device after reset failure: -19", Kind::disk, "nvme0", Severity::unfit},
    {"md/raid1:md0: Disk failure on sdb1, disabling device.", Kind::disk, "sdb1", Severity::unfit},
    {"nfs: server home.cluster not responding, still trying",
     Kind::network_fs,
     "home.cluster",
     Severity::unfit},
    {"EXT4-fs (sda1): I/O error while writing superblock", Kind::disk, "sda1", Severity::unfit},
    {"print_req_error: I/O error, dev sda, sector 1234", Kind::disk, "sda", Severity::unfit},
    {"XFS (dm-0): Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x1. Shutting "
     "down filesystem.",
     Kind::disk,
     "dm-0",
     Severity::unfit},
    {"NVRM: RmInitAdapter failed! (0x26:0xffff:1133)", Kind::off_bus, "", Severity::unfit},
    {"NVRM: The NVIDIA GPU 0000:18:00.0 NVRM: (PCI ID: 10de:2330) installed in this system has "
     "NVRM: fallen off the bus and is not responding to commands.",
     Kind::off_bus,
     "0000:18:00.0",
     Severity::fatal},
    {"pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error received: 0000:18:00.0",
     Kind::aer,
     "0000:18:00.0",
     Severity::unfit},
    {"pcieport 0000:00:01.0: AER: Multiple Uncorrectable (Non-Fatal) error message received from "
     "0000:18:00.0",
     Kind::aer,
     "0000:18:00.0",
     Severity::unfit},
    {"nvidia 0000:18:00.0: AER: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Inaccessible",
     Kind::aer,
     "0000:18:00.0",
     Severity::unfit},
    {"nvidia 0000:18:00.0: aer_uncor_status: 0x00004000, aer_uncor_mask: 0x00000000",
     Kind::aer,
     "0000:18:00.0",
     Severity::unfit},
    {"[Hardware Error]: Uncorrected, software restartable error.", Kind::mce, "", Severity::unfit},
    {"[Hardware Error]: Corrected error, no action required.", Kind::mce, "", Severity::note},
    {"Memory cgroup out of memory: Kill process 4711 (python) score 1000 or sacrifice child",
     Kind::oom,
     "",
     Severity::note},
    {"Out of memory: Kill process 4711 (python) score 900 or sacrifice child",
     Kind::oom,
     "",
     Severity::watch},
    {"BUG: soft lockup - CPU#3 stuck for 23s! [python:4711]",
     Kind::hung_task,
     "CPU#3",
     Severity::watch},
    {"INFO: rcu_sched detected stalls on CPUs/tasks:", Kind::hung_task, "", Severity::watch},
    {"INFO: rcu_sched self-detected stall on CPU", Kind::hung_task, "", Severity::watch},
    {"amdgpu 0000:03:00.0: amdgpu: GPU reset(2) failed",
     Kind::amd_gpu,
     "0000:03:00.0",
     Severity::fatal},
    {"amdgpu 0000:03:00.0: amdgpu: 1 uncorrectable hardware errors detected in umc block",
     Kind::amd_gpu,
     "0000:03:00.0",
     Severity::unfit},
    {"mlx5_core 0000:5d:00.0: mlx5_cmd_out_err:808:(pid 123): ACCESS_REG(0x805) op_mod(0x1) failed",
     Kind::nic,
     "0000:5d:00.0",
     Severity::watch},
    {"mlx5_core 0000:5d:00.0: poll_health:800:(pid 0): Fatal error 1 detected",
     Kind::nic,
     "0000:5d:00.0",
     Severity::unfit},
    {"tg3 0000:03:00.0 eth0: Link is down", Kind::link, "eth0", Severity::watch},
    {"LustreError: 167-0: fs-OST0001-osc-ffff: This client was evicted by fs-OST0001; in progress",
     Kind::network_fs,
     "fs-OST0001",
     Severity::unfit},
    {"Lustre: fs-OST0001-osc-ffff: Connection restored to 10.0.0.1@tcp (at 10.0.0.1@tcp)",
     Kind::network_fs,
     "fs-OST0001",
     Severity::note},
    {"nfs: server home.cluster OK", Kind::network_fs, "home.cluster", Severity::note},
    {"Lustre: fs-OST0001-osc-ffff: Connection to fs-OST0001 (at 10.0.0.1@o2ib) was lost; in "
     "progress operations",
     Kind::network_fs,
     "fs-OST0001",
     Severity::unfit},
    {"mlx5_core 0000:1a:00.0: Detected insufficient power on the PCIe slot (25W).",
     Kind::nic,
     "0000:1a:00.0",
     Severity::unfit},
    {"mlx5_core 0000:1a:00.0: Port module event[error]: module 0, Cable error, High Temperature",
     Kind::nic,
     "0000:1a:00.0",
     Severity::watch},
    {"mlx5_core 0000:1a:00.0: 126.016 Gb/s available PCIe bandwidth, limited by 16.0 GT/s PCIe x8 "
     "link at 0000:17:01.0",
     Kind::nic,
     "0000:1a:00.0",
     Severity::watch},
    {"mlx5_core 0000:1a:00.0: device's health compromised - reached miss count",
     Kind::nic,
     "0000:1a:00.0",
     Severity::unfit},
    {"mlx5_core 0000:1a:00.0 ens1f0np0: Link down", Kind::link, "ens1f0np0", Severity::watch},
    {"igb 0000:02:00.0 eth0: igb: eth0 NIC Link is Up 1000 Mbps",
     Kind::link,
     "eth0",
     Severity::note},
    {"python[4711]: segfault at 0 ip 00007f1 sp 00007ffd error 4 in libnccl.so.2.21[7f0000+1000]",
     Kind::crash,
     "libnccl.so.2.21",
     Severity::note},
};

INSTANTIATE_TEST_SUITE_P(Kernel, KernelLine, ::testing::ValuesIn(lines));

TEST(KernelEvent, NamesTheProcess) {
  const auto killed =
      event("Memory cgroup out of memory: Killed process 4711 (python) total-vm:1kB");
  EXPECT_EQ(killed->pid, 4711U);
  EXPECT_EQ(killed->process, "python");
  EXPECT_TRUE(killed->by_program);
  const auto by_older = event("Out of memory (oom_kill_allocating_task): Killed process 7 (sh) x");
  EXPECT_EQ(by_older->pid, 7U);
  const auto hung = event("INFO: task kworker/u256:1:77 blocked for more than 120 seconds.");
  EXPECT_EQ(hung->pid, 77U);
  EXPECT_EQ(hung->process, "kworker/u256:1");
}

TEST(KernelEvent, TakesAFaultBackWhenItIsOver) {
  EXPECT_TRUE(event("nfs: server home OK")->recovered);
  EXPECT_TRUE(event("mlx5_core 0000:1a:00.0 ib0: Link up")->recovered);
  EXPECT_FALSE(event("nfs: server home not responding, timed out")->recovered);
}

TEST(KernelEvent, IsNotMadeOfWhatAProgramWrote) {
  const char* xid = "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.";
  EXPECT_TRUE(event(xid));
  EXPECT_FALSE(event(xid, 1));
}

TEST(KernelEvent, IsNotMadeByAProcessWithAForgedName) {
  // 15 bytes are what a process may call itself
  EXPECT_FALSE(event("NVRM: Xid (PCI:[4711]: segfault at 0 ip 0 sp 0 error 4 in a.out[1+1]"));
  EXPECT_FALSE(event("EXT4-fs error ([4711]: segfault at 0 ip 0 sp 0 error 4 in a.out[1+1]"));
  EXPECT_FALSE(
      event("mlx5_core 0000:[4711]: segfault at 0 ip 0 in PCIe Bus Error: severity=Fatal"));
}

TEST(KernelEvent, IsNotMadeOfOrdinaryLines) {
  for (const char* text : {"",
                           "NET: Registered PF_INET6 protocol family",
                           "amdgpu 0000:c1:00.0: amdgpu: ring sdma0 uses VM inv eng 0 on hub 0",
                           "mlx5_core 0000:1a:00.0: firmware version: 28.39.2048",
                           "mce: CPU0: Thermal monitoring enabled (TM1)",
                           "EDAC MC0: Giving out device to module i10nm_edac",
                           "nvme nvme0: 8/0/0 default/read/poll queues",
                           "EXT4-fs (sda1): mounted filesystem with ordered data mode",
                           "Buffer I/O error on dev sr0, logical block 0, async page read",
                           "blk_update_request: I/O error, dev fd0, sector 0 op 0x0:(READ)",
                           "I/O error, dev loop3, sector 5120 op 0x0:(READ) flags 0x0",
                           "EXT4-fs error (device loop0): ext4_lookup:1590: inode #2: comm sh",
                           "nvidia 0000:18:00.0: aer_uncor_status: 0x00004000, aer_uncor_mask: "
                           "0x00004000",
                           "python[4711]: segfault at 0 ip 1 sp 2 error 4 in a.out[1+1]"})
    EXPECT_FALSE(event(text)) << text;
}

TEST(PciAddress, IsWrittenAsLinuxWritesIt) {
  EXPECT_EQ(pci_address("PCI:0000:18:00"), "0000:18:00.0");
  EXPECT_EQ(pci_address("00000000:C8:00.0"), "0000:c8:00.0");
  EXPECT_EQ(pci_address("10000:01:1f.7"), "10000:01:1f.7");
  for (const char* text : {"",
                           "0000",
                           "0000:18",
                           "0000:100:00",
                           "0000:18:20",
                           "0000:18:00.8",
                           "0000:18:00.0x",
                           "0:1:0",
                           "000:18:00.0",
                           "0000:1:00.0",
                           "0000:18:0.0"})
    EXPECT_FALSE(pci_address(text)) << text;
}

}  // namespace
}  // namespace holdfast::health
