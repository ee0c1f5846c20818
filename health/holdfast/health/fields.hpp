// SPDX-License-Identifier: Apache-2.0
// Every member of the facts, once. Writing, reading and merging are visitors of these lists, so a
// member that is missing here is one that does not travel: tests/health/facts_test.cpp counts them.
#pragma once

#include "holdfast/health/facts.hpp"

#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace holdfast::health {

template <class Object, class Kind>
concept Of = std::same_as<std::remove_const_t<Object>, Kind>;

void fields(auto& visit, Of<GpuProcess> auto& p) {
  visit("pid", p.pid);
  visit("name", p.name);
  visit("memory_bytes", p.memory_bytes);
  visit("of_job", p.of_job);
  visit("of_service", p.of_service);
  visit("ended", p.ended);
}

void fields(auto& visit, Of<NvlinkFacts> auto& l) {
  visit("link", l.link);
  visit("active", l.active);
  visit("megabytes_per_second", l.megabytes_per_second);
  visit("replays", l.replays);
  visit("recoveries", l.recoveries);
  visit("crc_errors", l.crc_errors);
}

void gpu_memory_fields(auto& visit, auto& g) {
  visit("ecc_uncorrected_volatile", g.ecc_uncorrected_volatile);
  visit("ecc_corrected_volatile", g.ecc_corrected_volatile);
  visit("ecc_uncorrected_aggregate", g.ecc_uncorrected_aggregate);
  visit("sram_threshold_exceeded", g.sram_threshold_exceeded);
  visit("sram_uncorrected_aggregate", g.sram_uncorrected_aggregate);
  visit("remapped_correctable", g.remapped_correctable);
  visit("remapped_uncorrectable", g.remapped_uncorrectable);
  visit("remap_pending", g.remap_pending);
  visit("remap_failed", g.remap_failed);
  visit("banks_without_spares", g.banks_without_spares);
  visit("retired_single_bit", g.retired_single_bit);
  visit("retired_double_bit", g.retired_double_bit);
  visit("retired_pending", g.retired_pending);
  visit("unrepairable_memory", g.unrepairable_memory);
  visit("memory_bytes", g.memory_bytes);
  visit("memory_used_bytes", g.memory_used_bytes);
  visit("bar1_bytes", g.bar1_bytes);
  visit("processes", g.processes);
}

void gpu_link_fields(auto& visit, auto& g) {
  visit("pcie_width", g.pcie_width);
  visit("pcie_width_most", g.pcie_width_most);
  visit("pcie_generation", g.pcie_generation);
  visit("pcie_generation_most", g.pcie_generation_most);
  visit("pcie_replays", g.pcie_replays);
  visit("pcie_rollovers", g.pcie_rollovers);
  visit("pcie_fatal", g.pcie_fatal);
  visit("nvlinks", g.nvlinks);
  visit("fabric_state", g.fabric_state);
  visit("fabric_status", g.fabric_status);
  visit("fabric_degraded_bandwidth", g.fabric_degraded_bandwidth);
  visit("fabric_route_recovery", g.fabric_route_recovery);
  visit("fabric_route_unhealthy", g.fabric_route_unhealthy);
  visit("fabric_access_timeout", g.fabric_access_timeout);
  visit("fabric_misconfigured", g.fabric_misconfigured);
  visit("fabric_summary", g.fabric_summary);
  visit("c2c_links", g.c2c_links);
  visit("c2c_active", g.c2c_active);
  visit("clock_event_reasons", g.clock_event_reasons);
  visit("temperature_c", g.temperature_c);
  visit("temperature_margin_c", g.temperature_margin_c);
  visit("slowdown_c", g.slowdown_c);
  visit("shutdown_c", g.shutdown_c);
  visit("memory_temperature_c", g.memory_temperature_c);
}

void fields(auto& visit, Of<GpuFacts> auto& g) {
  visit("at", g.at);
  visit("vendor", g.vendor);
  visit("answer", g.answer);
  visit("uuid", g.uuid);
  visit("model", g.model);
  visit("serial", g.serial);
  visit("vbios", g.vbios);
  visit("inforom", g.inforom);
  visit("gsp_firmware", g.gsp_firmware);
  visit("inforom_valid", g.inforom_valid);
  visit("recovery_action", g.recovery_action);
  visit("persistence", g.persistence);
  visit("ecc_on", g.ecc_on);
  visit("ecc_on_next", g.ecc_on_next);
  visit("mig_on", g.mig_on);
  visit("mig_on_next", g.mig_on_next);
  visit("compute_mode", g.compute_mode);
  visit("performance_state", g.performance_state);
  visit("application_mhz", g.application_mhz);
  visit("highest_mhz", g.highest_mhz);
  visit("power_limit_mw", g.power_limit_mw);
  visit("power_limit_default_mw", g.power_limit_default_mw);
  visit("power_mw", g.power_mw);
  visit("utilization_percent", g.utilization_percent);
  visit("memory_busy_percent", g.memory_busy_percent);
  gpu_memory_fields(visit, g);
  gpu_link_fields(visit, g);
}

void fields(auto& visit, Of<DeviceNode> auto& d) {
  visit("path", d.path);
  visit("there", d.there);
  visit("usable_by_all", d.usable_by_all);
  visit("usable_by_group", d.usable_by_group);
}

void fields(auto& visit, Of<GpuDriverFacts> auto& d) {
  visit("start", d.start);
  visit("version", d.version);
  visit("kernel_version", d.kernel_version);
  visit("cuda_version", d.cuda_version);
  visit("counted", d.counted);
  visit("opened", d.opened);
  visit("device_nodes", d.device_nodes);
  visit("compute_nodes", d.compute_nodes);
}

void fields(auto& visit, Of<PciFacts> auto& p) {
  visit("at", p.at);
  visit("kind", p.kind);
  visit("vendor", p.vendor);
  visit("device", p.device);
  visit("above", p.above);
  visit("gone", p.gone);
  visit("width", p.width);
  visit("width_most", p.width_most);
  visit("mega_transfers", p.mega_transfers);
  visit("mega_transfers_most", p.mega_transfers_most);
  visit("aer_correctable", p.aer_correctable);
  visit("aer_nonfatal", p.aer_nonfatal);
  visit("aer_fatal", p.aer_fatal);
  visit("redirects", p.redirects);
}

void fields(auto& visit, Of<IbPortFacts> auto& p) {
  visit("device", p.device);
  visit("port", p.port);
  visit("at", p.at);
  visit("netdev", p.netdev);
  visit("link_layer", p.link_layer);
  visit("state", p.state);
  visit("physical", p.physical);
  visit("gigabits", p.gigabits);
  visit("lid", p.lid);
  visit("sm_lid", p.sm_lid);
  visit("firmware", p.firmware);
  visit("board", p.board);
  visit("counters", p.counters);
  visit("gids", p.gids);
  visit("pkeys", p.pkeys);
}

void fields(auto& visit, Of<NetFacts> auto& n) {
  visit("name", n.name);
  visit("at", n.at);
  visit("software", n.software);
  visit("state", n.state);
  visit("megabits", n.megabits);
  visit("duplex", n.duplex);
  visit("mtu", n.mtu);
  visit("counters", n.counters);
}

void fields(auto& visit, Of<EdacFacts> auto& e) {
  visit("controller", e.controller);
  visit("corrected", e.corrected);
  visit("uncorrected", e.uncorrected);
}

void fields(auto& visit, Of<MemoryFacts> auto& m) {
  visit("total_bytes", m.total_bytes);
  visit("available_bytes", m.available_bytes);
  visit("unreclaimable_bytes", m.unreclaimable_bytes);
  visit("huge_pages", m.huge_pages);
  visit("huge_pages_free", m.huge_pages_free);
  visit("huge_bytes", m.huge_bytes);
  visit("transparent_huge_pages", m.transparent_huge_pages);
  visit("large_free_blocks", m.large_free_blocks);
  visit("edac", m.edac);
}

void fields(auto& visit, Of<CpuFacts> auto& c) {
  visit("online", c.online);
  visit("present", c.present);
  visit("sockets", c.sockets);
  visit("governors", c.governors);
  visit("throttled", c.throttled);
  visit("slowest_mhz", c.slowest_mhz);
  visit("load_1m", c.load_1m);
  visit("pressure", c.pressure);
}

void fields(auto& visit, Of<ProcessFacts> auto& p) {
  visit("pid", p.pid);
  visit("name", p.name);
  visit("uid", p.uid);
  visit("age_s", p.age_s);
}

void fields(auto& visit, Of<SystemFacts> auto& s) {
  visit("kernel", s.kernel);
  visit("uptime_s", s.uptime_s);
  visit("clock_synchronized", s.clock_synchronized);
  visit("clock_offset_us", s.clock_offset_us);
  visit("clock_error_us", s.clock_error_us);
  visit("clock_source", s.clock_source);
  visit("modules", s.modules);
  visit("services", s.services);
  visit("services_missing", s.services_missing);
  visit("blocked", s.blocked);
  visit("zombies", s.zombies);
  visit("processes", s.processes);
  visit("threads", s.threads);
  visit("files_open", s.files_open);
  visit("files_most", s.files_most);
  visit("pids_most", s.pids_most);
  visit("limits", s.limits);
  visit("cgroup_controllers", s.cgroup_controllers);
  visit("environment", s.environment);
  visit("interfaces_up", s.interfaces_up);
  visit("event_log_entries", s.event_log_entries);
  visit("event_log_last", s.event_log_last);
}

void fields(auto& visit, Of<MountFacts> auto& m) {
  visit("path", m.path);
  visit("source", m.source);
  visit("type", m.type);
  visit("read_only", m.read_only);
  visit("of_user", m.of_user);
  visit("answers", m.answers);
  visit("bytes", m.bytes);
  visit("bytes_free", m.bytes_free);
  visit("inodes", m.inodes);
  visit("inodes_free", m.inodes_free);
}

void fields(auto& visit, Of<DriveFacts> auto& d) {
  visit("name", d.name);
  visit("kind", d.kind);
  visit("state", d.state);
}

void fields(auto& visit, Of<CheckpointFacts> auto& c) {
  visit("directory", c.directory);
  visit("newest", c.newest);
  visit("newest_bytes", c.newest_bytes);
  visit("bytes_free", c.bytes_free);
}

void fields(auto& visit, Of<StorageFacts> auto& s) {
  visit("mounts", s.mounts);
  visit("drives", s.drives);
  visit("lustre", s.lustre);
  visit("fuse_waiting", s.fuse_waiting);
  visit("fuse_most", s.fuse_most);
  visit("write_trials", s.write_trials);
  visit("checkpoints", s.checkpoints);
}

void fields(auto& visit, Of<SlurmFacts> auto& s) {
  visit("node_name", s.node_name);
  visit("slurmd_version", s.slurmd_version);
  visit("installed_version", s.installed_version);
  visit("munge_answers", s.munge_answers);
  visit("gres_gpus", s.gres_gpus);
  visit("configured_cpus", s.configured_cpus);
  visit("configured_memory_mb", s.configured_memory_mb);
  visit("jobs", s.jobs);
  visit("leftovers", s.leftovers);
  visit("orphans", s.orphans);
  visit("spool_bytes_free", s.spool_bytes_free);
}

void fields(auto& visit, Of<KernelEvent> auto& e) {
  visit("sequence", e.sequence);
  visit("at", e.at);
  visit("kind", e.kind);
  visit("code", e.code);
  visit("times", e.times);
  visit("device", e.device);
  visit("part", e.part);
  visit("pid", e.pid);
  visit("process", e.process);
  visit("by_program", e.by_program);
  visit("recovered", e.recovered);
  visit("severity", e.severity);
  visit("action", e.action);
  visit("meaning", e.meaning);
  visit("text", e.text);
}

void fields(auto& visit, Of<ProbeRecord> auto& p) {
  visit("name", p.name);
  visit("end", p.end);
  visit("why", p.why);
  visit("took_us", p.took_us);
  visit("children_stuck", p.children_stuck);
}

void fields(auto& visit, Of<Facts> auto& f) {
  visit("node", f.node);
  visit("boot_id", f.boot_id);
  visit("at", f.at);
  visit("gpu_driver", f.gpu_driver);
  visit("gpus", f.gpus);
  visit("pci", f.pci);
  visit("ib_ports", f.ib_ports);
  visit("nets", f.nets);
  visit("ib_device_files", f.ib_device_files);
  visit("memory", f.memory);
  visit("cpu", f.cpu);
  visit("system", f.system);
  visit("storage", f.storage);
  visit("slurm", f.slurm);
  visit("kernel", f.kernel);
  visit("kernel_lost", f.kernel_lost);
  visit("probes", f.probes);
}

template <class T>
inline constexpr bool is_fact = false;
template <class T>
inline constexpr bool is_fact<Fact<T>> = true;

/// Words of the enumerators, in the order of their numbers; part of the saved form.
inline constexpr std::array<std::string_view, 7> gpu_answer_words{
    "answers", "lost", "reset_required", "no_power", "interrupts", "corrupt_inforom", "failing"};
inline constexpr std::array<std::string_view, 6> probe_end_words{
    "answered", "failed", "timed_out", "stuck", "not_started", "left_out"};
inline constexpr std::array<std::string_view, 13> kernel_event_words{"xid",
                                                                     "sxid",
                                                                     "off_bus",
                                                                     "aer",
                                                                     "mce",
                                                                     "oom",
                                                                     "hung_task",
                                                                     "disk",
                                                                     "network_fs",
                                                                     "nic",
                                                                     "link",
                                                                     "amd_gpu",
                                                                     "crash"};

template <class Enum>
[[nodiscard]] constexpr auto words_for() {
  if constexpr (std::same_as<Enum, GpuAnswer>)
    return gpu_answer_words;
  else if constexpr (std::same_as<Enum, ProbeEnd>)
    return probe_end_words;
  else if constexpr (std::same_as<Enum, KernelEventKind>)
    return kernel_event_words;
  else if constexpr (std::same_as<Enum, Severity>)
    return severity_words;
  else
    return action_words;
}

}  // namespace holdfast::health
