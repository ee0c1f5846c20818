// SPDX-License-Identifier: Apache-2.0
// The fault matrix: GPUs and what the kernel log says.
#include "fault.hpp"

namespace holdfast::health {

namespace {

using enum Severity;

constexpr auto faults = std::to_array<Fault>({
    {"gpu.driver", "NotLoaded", unfit, Action::reboot,
     [](Node& n) { n.facts.gpu_driver.start = std::string("driver not loaded"); }},
    {"gpu.driver", "LibraryMissingBesideGpus", unfit, Action::reboot,
     [](Node& n) { n.facts.gpu_driver.start = Fact<std::string>::lacking(); }},
    {"gpu.driver", "Unseen", unknown, Action::none,
     [](Node& n) { n.facts.gpu_driver.start = Fact<std::string>::unseen("timed out"); }},
    {"gpu.count", "OneShort", unfit, Action::reboot, [](Node& n) { n.facts.gpus->pop_back(); }},
    {"gpu.count", "OneShortOfTheBusWithoutClass", unfit, Action::reboot,
     [](Node& n) {
       n.node = {};
       n.facts.gpus->pop_back();
     }},
    {"gpu.count", "NoneThoughTheClassSaysSo", unfit, Action::reboot,
     [](Node& n) { n.facts.gpus = Fact<std::vector<GpuFacts>>::lacking("no GPU here"); }},
    {"gpu.count", "NoneThoughSlurmIsToldOfSome", unfit, Action::reboot,
     [](Node& n) {
       n.node = {};
       n.facts.gpus = Fact<std::vector<GpuFacts>>::lacking("no GPU here");
       n.facts.pci = std::vector<PciFacts>{};
     }},
    {"gpu.count", "NotOfAnotherMaker", pass, Action::none,
     [](Node& n) {
       PciFacts& other = n.facts.pci->emplace_back();
       other.at = "0000:00:02.0";
       other.kind = "gpu";
       other.vendor = "8086";
     }},
    {"gpu.count", "Unseen", unknown, Action::none,
     [](Node& n) { n.facts.gpus = Fact<std::vector<GpuFacts>>::unseen("timed out"); }},
    {"gpu.lost", "Lost", fatal, Action::reboot, [](Node& n) { n.gpu().answer = GpuAnswer::lost; }},
    {"gpu.lost", "NoPower", fatal, Action::reboot,
     [](Node& n) { n.gpu().answer = GpuAnswer::no_power; }},
    {"gpu.lost", "ReadsAllOnes", fatal, Action::reboot,
     [](Node& n) { n.pci("0000:4a:00.0").gone = true; }},
    {"gpu.reset_required", "Required", fatal, Action::reset_gpu,
     [](Node& n) { n.gpu().answer = GpuAnswer::reset_required; }},
    {"gpu.recovery", "Reset", fatal, Action::reset_gpu,
     [](Node& n) { n.gpu().recovery_action = 1; }},
    {"gpu.recovery", "Reboot", fatal, Action::reboot, [](Node& n) { n.gpu().recovery_action = 2; }},
    {"gpu.recovery", "DrainPeers", unfit, Action::drain,
     [](Node& n) { n.gpu().recovery_action = 3; }},
    {"gpu.recovery", "RestartImex", unfit, Action::restart_service,
     [](Node& n) { n.gpu().recovery_action = 5; }},
    {"gpu.recovery", "NotYetNamed", unfit, Action::reset_gpu,
     [](Node& n) { n.gpu().recovery_action = 9; }},
    {"gpu.inforom", "Corrupt", unfit, Action::inspect,
     [](Node& n) { n.gpu().answer = GpuAnswer::corrupt_inforom; }},
    {"gpu.inforom", "Invalid", unfit, Action::inspect,
     [](Node& n) { n.gpu().inforom_valid = false; }},
    {"gpu.driver_match", "UpgradedWithoutReload", unfit, Action::reboot,
     [](Node& n) { n.facts.gpu_driver.version = std::string("560.28.03"); }},
    {"gpu.driver_match", "NotTheClass", unfit, Action::reboot,
     [](Node& n) { n.node.driver = "535.1"; }},
    {"gpu.devnodes", "Missing", unfit, Action::restart_service,
     [](Node& n) { n.facts.gpu_driver.device_nodes->front().there = false; }},
    {"gpu.devnodes", "Closed", unfit, Action::restart_service,
     [](Node& n) { n.facts.gpu_driver.device_nodes->front().usable_by_all = false; }},
    {"gpu.devnodes", "ForAGroup", watch, Action::note,
     [](Node& n) {
       n.facts.gpu_driver.device_nodes->front().usable_by_all = false;
       n.facts.gpu_driver.device_nodes->front().usable_by_group = true;
     }},
    {"gpu.persistence", "Off", watch, Action::note, [](Node& n) { n.gpu().persistence = false; }},
    {"gpu.ecc_mode", "Off", unfit, Action::reset_gpu, [](Node& n) { n.gpu().ecc_on = false; }},
    {"gpu.ecc_mode", "ChangesAtReset", watch, Action::note,
     [](Node& n) { n.gpu().ecc_on_next = false; }},
    {"gpu.mig", "On", unfit, Action::drain, [](Node& n) { n.gpu().mig_on = true; }},
    {"gpu.compute_mode", "Prohibited", unfit, Action::drain,
     [](Node& n) { n.gpu().compute_mode = std::string("prohibited"); }},
    {"gpu.compute_mode", "Exclusive", watch, Action::note,
     [](Node& n) { n.gpu().compute_mode = std::string("exclusive"); }},
    {"gpu.clocks_set", "Low", watch, Action::note, [](Node& n) { n.gpu().application_mhz = 1155; }},
    {"gpu.power_limit", "Low", watch, Action::note,
     [](Node& n) { n.gpu().power_limit_mw = 500000; }},
    {"gpu.vbios", "OneDiffers", watch, Action::note,
     [](Node& n) { n.gpu().vbios = std::string("96.00.99.00.01"); }},
    {"gpu.nouveau", "Loaded", unfit, Action::reboot,
     [](Node& n) { n.facts.system.modules->push_back("nouveau"); }},
    {"gpu.ecc_unc_vol", "One", unfit, Action::reset_gpu,
     [](Node& n) { n.gpu().ecc_uncorrected_volatile = 1; }},
    {"gpu.ecc_unc_vol", "Unseen", unknown, Action::none,
     [](Node& n) {
       n.gpu().ecc_uncorrected_volatile = Fact<std::uint64_t>::unseen("timed out");
     }},
    {"gpu.ecc_cor_vol", "Storm", watch, Action::inspect,
     [](Node& n) { n.gpu().ecc_corrected_volatile = 30'000'000; }},
    {"gpu.sram", "Threshold", unfit, Action::rma,
     [](Node& n) { n.gpu().sram_threshold_exceeded = true; }},
    {"gpu.sram", "FiveInItsLife", unfit, Action::rma,
     [](Node& n) { n.gpu().sram_uncorrected_aggregate = 5; }},
    {"gpu.remap_pending", "Pending", unfit, Action::reset_gpu,
     [](Node& n) { n.gpu().remap_pending = true; }},
    {"gpu.remap_failed", "Failed", fatal, Action::rma, [](Node& n) { n.gpu().remap_failed = true; }},
    {"gpu.remap_unc", "TooMany", unfit, Action::rma,
     [](Node& n) { n.gpu().remapped_uncorrectable = 513; }},
    {"gpu.remap_unc", "NoSpares", unfit, Action::rma,
     [](Node& n) { n.gpu().banks_without_spares = 1; }},
    {"gpu.retired_pages", "Pending", unfit, Action::reboot,
     [](Node& n) { n.gpu().retired_pending = true; }},
    {"gpu.retired_pages", "Worn", unfit, Action::rma,
     [](Node& n) { n.gpu().retired_double_bit = 15; }},
    {"gpu.retired_pages", "SomeOfAnAmdGpu", watch, Action::note,
     [](Node& n) {
       n.gpu().vendor = "amd";
       n.gpu().retired_double_bit = 64;
     }},
    {"gpu.retired_pages", "Some", watch, Action::note,
     [](Node& n) { n.gpu().retired_single_bit = 11; }},
    {"gpu.unrepairable", "Set", fatal, Action::rma,
     [](Node& n) { n.gpu().unrepairable_memory = true; }},
    {"gpu.bar1", "Small", watch, Action::note, [](Node& n) { n.gpu().bar1_bytes = gib / 4; }},
    {"gpu.stale_procs", "OfNoJob", unfit, Action::drain,
     [](Node& n) { n.gpu().processes->push_back({4711, "python", gib, false}); }},
    {"gpu.stale_procs", "NotOneThatEnded", pass, Action::none,
     [](Node& n) { n.gpu().processes->push_back({4711, "", gib, false, false, true}); }},
    {"gpu.stale_procs", "NotOneOfAService", pass, Action::none,
     [](Node& n) { n.gpu().processes->push_back({4711, "mps", gib, false, true, false}); }},
    {"gpu.mem_used", "NotWhenItsProcessJustEnded", pass, Action::none,
     [](Node& n) {
       n.gpu().memory_used_bytes = 9 * gib;
       n.gpu().processes->push_back({4711, "", 9 * gib, false, false, true});
     }},
    {"gpu.mem_used", "ByNobody", unfit, Action::reset_gpu,
     [](Node& n) { n.gpu().memory_used_bytes = 9 * gib; }},
    {"gpu.pcie_width", "Eight", unfit, Action::reboot, [](Node& n) { n.gpu().pcie_width = 8; }},
    {"gpu.pcie_width", "BridgeAbove", unfit, Action::reboot,
     [](Node& n) { n.pci("0000:40:01.0").width = 8; }},
    {"gpu.pcie_width", "NoMoreThanTheOtherEndCan", pass, Action::none,
     [](Node& n) { n.behind_a_switch(8, 8); }},
    {"gpu.pcie_width", "LinkAboveTheSwitch", unfit, Action::reboot,
     [](Node& n) { n.behind_a_switch(16, 8); }},
    {"gpu.pcie_width", "SlotOfEightWithoutADriver", pass, Action::none,
     [](Node& n) {
       n.gpu().pcie_width = Fact<std::uint64_t>::lacking("not supported");
       n.pci(n.gpu().at).width = 8;
       n.pci("0000:40:01.0").width = 8;
       n.pci("0000:40:01.0").width_most = 8;
     }},
    {"gpu.pcie_gen", "SlowUnderLoad", unfit, Action::reboot,
     [](Node& n) { n.gpu().pcie_generation = 1; }},
    {"gpu.pcie_replay", "Many", watch, Action::note,
     [](Node& n) { n.gpu().pcie_replays = 10'000; }},
    {"gpu.pcie_replay", "Fatal", unfit, Action::inspect, [](Node& n) { n.gpu().pcie_fatal = 1; }},
    {"gpu.nvlink_state", "OneDown", unfit, Action::reboot,
     [](Node& n) { n.gpu().nvlinks->at(4).active = false; }},
    {"gpu.nvlink_state", "FewerThanTheClass", unfit, Action::reboot,
     [](Node& n) { n.gpu().nvlinks->pop_back(); }},
    {"gpu.nvlink_state", "NoneAndNoneExpected", note, Action::note,
     [](Node& n) {
       n.on_cards(0);
       n.node = {};
     }},
    {"gpu.nvlink_state", "AsManyAsTheClassSays", pass, Action::none,
     [](Node& n) {
       n.on_cards(4);
       n.node.nvlinks = 4;
     }},
    {"gpu.nvlink_state", "FewerThanTheClassOnACard", unfit, Action::reboot,
     [](Node& n) {
       n.on_cards(4);
       n.node.nvlinks = 4;
       n.gpu().nvlinks->front().active = false;
     }},
    {"gpu.nvlink_state", "OneGpuUnlikeTheOthersWithoutAClass", unfit, Action::reboot,
     [](Node& n) {
       n.on_cards(4);
       n.node = {};
       n.gpu().nvlinks->front().active = false;
     }},
    {"gpu.nvlink_state", "AllAlikeBehindSwitchesWithoutAClass", unfit, Action::reboot,
     [](Node& n) {
       for (GpuFacts& gpu : *n.facts.gpus)
         gpu.nvlinks->at(4).active = false;
       n.node = {};
     }},
    {"gpu.nvlink_speed", "OneSlow", unfit, Action::reboot,
     [](Node& n) { n.gpu().nvlinks->at(4).megabytes_per_second = 13000; }},
    {"gpu.nvlink_err", "Recovery", watch, Action::inspect,
     [](Node& n) { n.gpu().nvlinks->at(4).recoveries = 1; }},
    {"gpu.fabric", "InProgress", unfit, Action::restart_service,
     [](Node& n) { n.gpu().fabric_state = std::string("in progress"); }},
    {"gpu.fabric", "RouteUnhealthy", unfit, Action::restart_service,
     [](Node& n) { n.gpu().fabric_route_unhealthy = true; }},
    {"gpu.fabric", "Limited", watch, Action::note, [](Node& n) { n.gpu().fabric_summary = 3; }},
    {"gpu.fabric", "NoneThoughTheClassSaysSo", unfit, Action::restart_service,
     [](Node& n) { n.gpu().fabric_state = Fact<std::string>::lacking("no NVSwitch fabric"); }},
    {"gpu.fabric", "NotToldBeforeHopper", pass, Action::none,
     [](Node& n) {
       n.gpu().fabric_state = Fact<std::string>::lacking("not supported");
       n.gpu().model = std::string("NVIDIA A100-SXM4-80GB");
     }},
    {"gpu.c2c", "OneDown", unfit, Action::reboot,
     [](Node& n) {
       n.gpu().c2c_links = 10;
       n.gpu().c2c_active = 9;
     }},
    {"gpu.c2c", "StateUnseen", unknown, Action::none,
     [](Node& n) {
       n.gpu().c2c_links = 10;
       n.gpu().c2c_active = Fact<std::uint64_t>::unseen("denied");
     }},
    {"gpu.throttle", "Thermal", watch, Action::inspect,
     [](Node& n) { n.gpu().clock_event_reasons = 0x40; }},
    {"gpu.throttle", "BySoftware", note, Action::note,
     [](Node& n) { n.gpu().clock_event_reasons = 0x20; }},
    {"gpu.temp", "NoMargin", unfit, Action::drain,
     [](Node& n) { n.gpu().temperature_margin_c = 0; }},
    {"gpu.temp", "AtSlowdown", unfit, Action::drain,
     [](Node& n) {
       n.gpu().temperature_margin_c = Fact<std::int64_t>::lacking();
       n.gpu().temperature_c = 87;
     }},
    {"gpu.memory_temp", "Hot", watch, Action::inspect,
     [](Node& n) { n.gpu().memory_temperature_c = 106; }},
    {"gpu.power_draw", "Weak", watch, Action::inspect, [](Node& n) { n.gpu().power_mw = 200000; }},
    {"kmsg.xid", "Hardware", unfit, Action::reset_gpu,
     [](Node& n) { n.event(KernelEventKind::xid, unfit, Action::reset_gpu); }},
    {"kmsg.xid", "OfTheProgram", note, Action::tell_user,
     [](Node& n) {
       n.event(KernelEventKind::xid, unfit, Action::reset_gpu).by_program = true;
     }},
    {"kmsg.sxid", "Fatal", fatal, Action::reboot,
     [](Node& n) { n.event(KernelEventKind::sxid, fatal, Action::reboot); }},
    {"kmsg.offbus", "Gone", fatal, Action::reboot,
     [](Node& n) { n.event(KernelEventKind::off_bus, fatal, Action::reboot); }},
    {"kmsg.aer", "Uncorrected", unfit, Action::inspect,
     [](Node& n) { n.event(KernelEventKind::aer, unfit, Action::inspect); }},
    {"kmsg.mce", "Uncorrected", unfit, Action::inspect,
     [](Node& n) { n.event(KernelEventKind::mce, unfit, Action::inspect); }},
    {"kmsg.oom", "Global", watch, Action::tell_user,
     [](Node& n) { n.event(KernelEventKind::oom, watch, Action::tell_user); }},
    {"kmsg.hung", "Task", unfit, Action::reboot,
     [](Node& n) { n.event(KernelEventKind::hung_task, unfit, Action::reboot); }},
    {"kmsg.disk", "ReadOnly", unfit, Action::drain,
     [](Node& n) { n.event(KernelEventKind::disk, unfit, Action::drain); }},
    {"kmsg.fs_net", "Open", watch, Action::note,
     [](Node& n) { n.event(KernelEventKind::network_fs, watch, Action::note); }},
    {"kmsg.fs_net", "AnsweredAgain", note, Action::note,
     [](Node& n) {
       n.event(KernelEventKind::network_fs, watch, Action::note);
       n.event(KernelEventKind::network_fs, note, Action::none).recovered = true;
     }},
    {"kmsg.nic", "Fatal", unfit, Action::drain,
     [](Node& n) { n.event(KernelEventKind::nic, unfit, Action::drain); }},
    {"kmsg.linkflap", "FiveTimes", unfit, Action::inspect,
     [](Node& n) {
       for (int i = 0; i < 5; ++i) {
         n.event(KernelEventKind::link, note, Action::note);
         n.event(KernelEventKind::link, note, Action::none).recovered = true;
       }
     }},
    {"kmsg.amd", "Reset", fatal, Action::reset_gpu,
     [](Node& n) { n.event(KernelEventKind::amd_gpu, fatal, Action::reset_gpu); }},
    {"kmsg.crash", "InLibrary", note, Action::tell_user,
     [](Node& n) { n.event(KernelEventKind::crash, note, Action::tell_user); }},
    {"kmsg.lost", "Overrun", note, Action::note, [](Node& n) { n.facts.kernel_lost = 12; }},
});

}  // namespace

std::span<const Fault> gpu_faults() { return faults; }

}  // namespace holdfast::health
