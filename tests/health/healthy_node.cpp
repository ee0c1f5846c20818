// SPDX-License-Identifier: Apache-2.0
#include "healthy_node.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/health/learn.hpp"

#include <array>
#include <limits>

namespace holdfast::health {

namespace {

constexpr std::array<std::string_view, 8> buses{"1a", "1b", "4a", "4b", "8a", "8b", "ca", "cb"};

void fill_memory(GpuFacts& gpu) {
  gpu.ecc_uncorrected_volatile = 0;
  gpu.ecc_corrected_volatile = 12;
  gpu.ecc_uncorrected_aggregate = 0;
  gpu.sram_threshold_exceeded = false;
  gpu.sram_uncorrected_aggregate = 0;
  gpu.remapped_correctable = 0;
  gpu.remapped_uncorrectable = 1;
  gpu.remap_pending = false;
  gpu.remap_failed = false;
  gpu.banks_without_spares = 0;
  gpu.retired_single_bit = 0;
  gpu.retired_double_bit = 0;
  gpu.retired_pending = false;
  gpu.unrepairable_memory = false;
  gpu.memory_bytes = 80 * gib;
  gpu.memory_used_bytes = gib / 4;
  gpu.bar1_bytes = 128 * gib;
  gpu.processes = std::vector<GpuProcess>{};
}

void fill_links(GpuFacts& gpu) {
  gpu.pcie_width = 16;
  gpu.pcie_width_most = 16;
  gpu.pcie_generation = 5;
  gpu.pcie_generation_most = 5;
  gpu.pcie_replays = 3;
  gpu.pcie_rollovers = 0;
  gpu.pcie_fatal = 0;
  std::vector<NvlinkFacts> links(18);
  for (std::size_t i = 0; i < links.size(); ++i) {
    links[i].link = i;
    links[i].active = true;
    links[i].megabytes_per_second = 26562;
    links[i].replays = 0;
    links[i].recoveries = 0;
    links[i].crc_errors = 0;
  }
  gpu.nvlinks = links;
  gpu.fabric_state = std::string("completed");
  gpu.fabric_status = 0;
  gpu.fabric_degraded_bandwidth = false;
  gpu.fabric_route_recovery = false;
  gpu.fabric_route_unhealthy = false;
  gpu.fabric_access_timeout = false;
  gpu.fabric_misconfigured = 1;
  gpu.fabric_summary = 1;
  gpu.clock_event_reasons = 1;
  gpu.temperature_c = 41;
  gpu.temperature_margin_c = 46;
  gpu.slowdown_c = 87;
  gpu.shutdown_c = 92;
  gpu.memory_temperature_c = 52;
}

GpuFacts gpu_at(std::size_t index) {
  GpuFacts gpu;
  gpu.at = cat("0000:", buses[index], ":00.0");
  gpu.vendor = "nvidia";
  gpu.answer = GpuAnswer::answers;
  gpu.uuid = cat("GPU-01000100-0000-0000-0000-00000000000", index);
  gpu.model = std::string("NVIDIA H100 80GB HBM3");
  gpu.serial = cat("16000000", index);
  gpu.vbios = std::string("96.00.74.00.09");
  gpu.inforom = std::string("G520.0200.00.05");
  gpu.gsp_firmware = std::string("550.163.01");
  gpu.inforom_valid = true;
  gpu.recovery_action = 0;
  gpu.persistence = true;
  gpu.ecc_on = true;
  gpu.ecc_on_next = true;
  gpu.mig_on = false;
  gpu.mig_on_next = false;
  gpu.compute_mode = std::string("default");
  gpu.performance_state = 0;
  gpu.application_mhz = 1980;
  gpu.highest_mhz = 1980;
  gpu.power_limit_mw = 700000;
  gpu.power_limit_default_mw = 700000;
  gpu.power_mw = 690000 + 1000 * index;
  gpu.utilization_percent = 99;
  fill_memory(gpu);
  fill_links(gpu);
  return gpu;
}

PciFacts pci_of(const std::string& at, const std::string& kind, const std::string& above) {
  PciFacts pci;
  pci.at = at;
  pci.kind = kind;
  pci.vendor = kind == "gpu" ? "10de" : "15b3";
  pci.device = kind == "gpu" ? "2330" : "1021";
  pci.above = above;
  pci.gone = false;
  pci.width = 16;
  pci.width_most = 16;
  pci.mega_transfers = 32000;
  pci.mega_transfers_most = 32000;
  pci.aer_correctable = 2;
  pci.aer_nonfatal = 0;
  pci.aer_fatal = 0;
  return pci;
}

IbPortFacts port_of(const std::string& device, const std::string& layer) {
  IbPortFacts port;
  port.device = device;
  port.at = cat("0000:1", device.back(), ":00.0");
  port.link_layer = layer;
  port.state = std::string("ACTIVE");
  port.physical = std::string("LinkUp");
  port.gigabits = 400;
  port.lid = 17;
  port.sm_lid = 1;
  port.firmware = std::string("28.39.2048");
  port.board = std::string("MT_0000000838");
  port.counters = Counters{{"symbol_error", 0},
                           {"link_downed", 1},
                           {"link_error_recovery", 0},
                           {"port_rcv_errors", 4},
                           {"local_ack_timeout_err", 0},
                           {"rnr_nak_retry_err", 0}};
  port.gids = std::vector<std::string>{"IB/RoCE v1 fe80::1", "RoCE v2 ::ffff:10.0.0.1"};
  port.pkeys = std::vector<std::string>{"0xffff", "0x8001"};
  return port;
}

void fill_devices(Facts& facts) {
  std::vector<GpuFacts> gpus;
  std::vector<PciFacts> pci;
  std::vector<IbPortFacts> ports;
  for (std::size_t i = 0; i < buses.size(); ++i) {
    gpus.push_back(gpu_at(i));
    const std::string bridge = cat("0000:", buses[i].substr(0, 1), "0:01.0");
    pci.push_back(pci_of(gpus.back().at, "gpu", bridge));
    pci.push_back(pci_of(bridge, "bridge", ""));
    pci.back().redirects = false;
    ports.push_back(port_of(cat("mlx5_", i), "InfiniBand"));
    pci.push_back(pci_of(ports.back().at, "nic", bridge));
  }
  ports.push_back(port_of("mlx5_8", "Ethernet"));
  facts.gpus = gpus;
  facts.pci = pci;
  facts.ib_ports = ports;
  facts.ib_device_files = ports.size();
  NetFacts net;
  net.name = "eth0";
  net.state = std::string("up");
  net.megabits = 100000;
  net.duplex = std::string("full");
  net.mtu = 9000;
  net.counters = Counters{{"carrier_changes", 3}, {"rx_crc_errors", 0}, {"rx_errors", 0}};
  facts.nets = std::vector<NetFacts>{net};
}

void fill_host(Facts& facts) {
  facts.memory.total_bytes = 2000 * gib;
  facts.memory.available_bytes = 1900 * gib;
  facts.memory.unreclaimable_bytes = gib;
  facts.memory.huge_pages = 0;
  facts.memory.huge_pages_free = 0;
  facts.memory.transparent_huge_pages = std::string("always");
  facts.memory.large_free_blocks = 4000;
  facts.memory.edac = std::vector<EdacFacts>{{"mc0", 2, 0}, {"mc1", 0, 0}};
  facts.cpu.online = 192;
  facts.cpu.present = 192;
  facts.cpu.sockets = 2;
  facts.cpu.governors = std::vector<std::string>{"performance"};
  facts.cpu.throttled = 0;
  facts.cpu.slowest_mhz = 800;  // idle
  facts.cpu.load_1m = 0.4;
  facts.cpu.pressure = std::string("cpu 0.00 memory 0.00 io 0.00");
  SystemFacts& system = facts.system;
  system.kernel = std::string("6.1.0-30-amd64");
  system.uptime_s = 400000.0;
  system.clock_synchronized = true;
  system.clock_offset_us = -120;
  system.clock_error_us = 4000;
  system.clock_source = std::string("tsc");
  system.modules = std::vector<std::string>{"nvidia", "nvidia_uvm", "nvidia_peermem", "mlx5_ib"};
  system.services = std::map<std::string, bool>{{"slurmd", true}, {"chrony", true}};
  system.services_missing = std::vector<std::string>{"nvidia-imex"};
  system.blocked = std::vector<ProcessFacts>{};
  system.zombies = 1;
  system.processes = 2100;
  system.threads = 9000;
  system.files_open = 9000;
  system.files_most = 1U << 30;
  system.pids_most = 4194304;
  system.limits = std::map<std::string, std::uint64_t>{
      {"memlock", std::numeric_limits<std::uint64_t>::max()}, {"nofile", 131072}};
  system.cgroup_controllers = std::vector<std::string>{"cpuset", "cpu", "memory", "pids"};
  system.environment = std::map<std::string, std::string>{{"NCCL_SOCKET_IFNAME", "eth,ib"}};
  system.event_log_entries = 3;
  system.event_log_last = "3 | Power Supply 1 | Presence detected";
  system.interfaces_up = std::vector<std::string>{"lo", "eth0", "docker0"};
}

MountFacts mount_of(const std::string& path, const std::string& source, const std::string& type) {
  MountFacts mount;
  mount.path = path;
  mount.source = source;
  mount.type = type;
  mount.answers = true;
  mount.bytes = 1000 * gib;
  mount.bytes_free = 700 * gib;
  mount.inodes = 1000000;
  mount.inodes_free = 900000;
  return mount;
}

void fill_rest(Facts& facts) {
  facts.storage.mounts = std::vector<MountFacts>{mount_of("/", "/dev/nvme0n1p2", "ext4"),
                                                 mount_of("/scratch", "/dev/md0", "xfs"),
                                                 mount_of("/home", "server:/home", "nfs4"),
                                                 mount_of("/dev/shm", "tmpfs", "tmpfs")};
  facts.storage.drives = std::vector<DriveFacts>{{"nvme0", "nvme", std::string("live")},
                                                 {"md0", "md", std::string("clean")}};
  facts.storage.lustre = std::string("healthy");
  facts.storage.write_trials = std::map<std::string, std::string>{{"/scratch", "written"}};
  facts.storage.checkpoints =
      std::vector<CheckpointFacts>{{"/scratch/run7", "step_900", 100 * gib, 120 * gib}};
  facts.storage.fuse_waiting = std::map<std::string, std::uint64_t>{{"38", 0}};
  SlurmFacts& slurm = facts.slurm;
  slurm.node_name = std::string("n17");
  slurm.slurmd_version = std::string("22.05.8");
  slurm.installed_version = std::string("22.05.8");
  slurm.munge_answers = true;
  slurm.gres_gpus = 8;
  slurm.configured_cpus = 192;
  slurm.configured_memory_mb = 1900000;
  slurm.jobs = std::vector<std::uint32_t>{};
  slurm.leftovers = std::vector<std::string>{};
  slurm.orphans = std::vector<ProcessFacts>{};
  slurm.spool_bytes_free = 20 * gib;
}

}  // namespace

Facts healthy_node() {
  Facts facts;
  facts.node = "n17";
  facts.boot_id = "5e1b6a7c-0000-4000-8000-000000000001";
  facts.at = noon;
  GpuDriverFacts& driver = facts.gpu_driver;
  driver.start = std::string("ok");
  driver.version = std::string("550.163.01");
  driver.kernel_version = std::string("550.163.01");
  driver.cuda_version = std::string("12.4");
  driver.counted = 8;
  driver.opened = 8;
  driver.device_nodes =
      std::vector<DeviceNode>{{"/dev/nvidiactl", true, true}, {"/dev/nvidia0", true, true}};
  fill_devices(facts);
  fill_host(facts);
  fill_rest(facts);
  facts.kernel = std::vector<KernelEvent>{};
  facts.kernel_lost = 0;
  facts.probes = {{"nvml", ProbeEnd::answered, "", 800, 0}};
  return facts;
}

NodeClass healthy_class() {
  NodeClass node = learn_class(healthy_node(), "h100");
  node.pkey = "0x8001";
  node.transparent_huge_pages = "always";
  return node;
}

}  // namespace holdfast::health
