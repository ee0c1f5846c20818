// SPDX-License-Identifier: Apache-2.0
// The fault matrix: ports, interfaces, slots.
#include "fault.hpp"

namespace holdfast::health {

namespace {

using enum Severity;

constexpr auto faults = std::to_array<Fault>({
    {"ib.count", "OneGone", unfit, Action::reboot, [](Node& n) { n.facts.ib_ports->pop_back(); }},
    {"ib.count",
     "Unseen",
     unknown,
     Action::none,
     [](Node& n) { n.facts.ib_ports = Fact<std::vector<IbPortFacts>>::unseen("timed out"); }},
    {"ib.state",
     "Down",
     unfit,
     Action::drain,
     [](Node& n) { n.port().state = std::string("DOWN"); }},
    {"ib.state",
     "DownWhileSettling",
     watch,
     Action::note,
     [](Node& n) {
       n.port().state = std::string("DOWN");
       n.facts.system.uptime_s = 60.0;
     }},
    {"ib.state",
     "DownAndNobodyExpectsIt",
     note,
     Action::note,
     [](Node& n) {
       n.node = {};
       n.port().state = std::string("DOWN");
     }},
    {"ib.state",
     "OnlyCountedByTheClass",
     unfit,
     Action::drain,
     [](Node& n) {
       n.node.ib_devices.clear();
       n.port().state = std::string("DOWN");
     }},
    {"ib.state",
     "WaitsForItsSubnetManager",
     watch,
     Action::note,
     [](Node& n) {
       n.port().state = std::string("INIT");
       n.before.at -= 300;
     }},
    {"ib.state",
     "WaitedAMomentAgoToo",
     watch,
     Action::note,
     [](Node& n) {
       n.port().state = std::string("ARMED");
       n.before = baseline_of(n.facts);
       n.before.at -= 5;
     }},
    {"ib.state",
     "WaitsSinceTheLastLook",
     unfit,
     Action::drain,
     [](Node& n) {
       n.port().state = std::string("INIT");
       n.before = baseline_of(n.facts);
       n.before.at -= 300;
     }},
    {"ib.state",
     "InitializedWithoutACable",
     unfit,
     Action::drain,
     [](Node& n) {
       n.port().state = std::string("INIT");
       n.port().physical = std::string("Polling");
     }},
    {"ib.rate", "Slow", unfit, Action::drain, [](Node& n) { n.port().gigabits = 200; }},
    {"ib.link_layer",
     "Other",
     unfit,
     Action::drain,
     [](Node& n) { n.node.ib_layer = "InfiniBand"; }},
    {"ib.counters_fatal",
     "LinkDowned",
     unfit,
     Action::inspect,
     [](Node& n) { (*n.port().counters)["link_downed"] = 2; }},
    {"ib.counters_rate",
     "SymbolErrors",
     watch,
     Action::inspect,
     [](Node& n) { (*n.port().counters)["symbol_error"] = 121; }},
    {"ib.gid",
     "NoRoceAddress",
     unfit,
     Action::drain,
     [](Node& n) { n.facts.ib_ports->back().gids = std::vector<std::string>{}; }},
    {"ib.pkey",
     "Missing",
     unfit,
     Action::drain,
     [](Node& n) { n.port().pkeys = std::vector<std::string>{"0xffff"}; }},
    {"ib.uverbs",
     "Missing",
     unfit,
     Action::restart_service,
     [](Node& n) { n.facts.ib_device_files = 0; }},
    {"ib.gdr",
     "NoPeermem",
     note,
     Action::note,
     [](Node& n) { n.facts.system.modules = std::vector<std::string>{"nvidia"}; }},
    {"ib.fw",
     "OneDiffers",
     watch,
     Action::note,
     [](Node& n) { n.port().firmware = std::string("28.40.1000"); }},
    {"ib.sm", "NoLid", unfit, Action::drain, [](Node& n) { n.port().sm_lid = 0; }},
    {"nic.link",
     "Down",
     unfit,
     Action::drain,
     [](Node& n) { n.facts.nets->front().state = std::string("down"); }},
    {"nic.link",
     "Slow",
     unfit,
     Action::drain,
     [](Node& n) { n.facts.nets->front().megabits = 10000; }},
    {"nic.link",
     "OtherMtu",
     unfit,
     Action::drain,
     [](Node& n) { n.facts.nets->front().mtu = 1500; }},
    {"nic.link",
     "Gone",
     unfit,
     Action::drain,
     [](Node& n) { n.facts.nets = std::vector<NetFacts>{}; }},
    {"nic.link",
     "NotABondThatIsUp",
     pass,
     Action::none,
     [](Node& n) {
       NetFacts net;
       net.software = true;
       net.name = "bond0";
       net.state = std::string("up");
       n.facts.nets->push_back(net);
       net.name = "tun0";
       net.state = std::string("unknown");
       n.facts.nets->push_back(net);
       n.node.nets = {"bond0", "tun0"};
     }},
    {"nic.link",
     "BondDown",
     unfit,
     Action::drain,
     [](Node& n) {
       NetFacts& net = n.facts.nets->emplace_back();
       net.name = "bond0";
       net.software = true;
       net.state = std::string("down");
       n.node.nets = {"bond0"};
     }},
    {"gpu.fabricmanager",
     "Dead",
     unfit,
     Action::restart_service,
     [](Node& n) {
       n.pci("0000:13:00.0").kind = "nvswitch";
       (*n.facts.system.services)["nvidia-fabricmanager"] = false;
     }},
    {"gpu.fabricmanager",
     "NotInstalled",
     unknown,
     Action::none,
     [](Node& n) {
       n.pci("0000:13:00.0").kind = "nvswitch";
       n.gpu().fabric_state = Fact<std::string>::lacking("not supported");
     }},
    {"gpu.kfd",
     "OneUnknown",
     unfit,
     Action::reboot,
     [](Node& n) {
       for (GpuFacts& gpu : *n.facts.gpus)
         gpu.vendor = "amd";
       n.facts.gpu_driver.compute_nodes = 7;
     }},
    {"gpu.kfd",
     "NotLoaded",
     unfit,
     Action::reboot,
     [](Node& n) {
       for (GpuFacts& gpu : *n.facts.gpus)
         gpu.vendor = "amd";
       n.facts.gpu_driver.compute_nodes = Fact<std::uint64_t>::lacking("no such file");
     }},
    {"gpu.pcie_p2p",
     "Redirected",
     watch,
     Action::note,
     [](Node& n) { n.pci("0000:10:01.0").redirects = true; }},
    {"nic.flap",
     "ThreeChanges",
     watch,
     Action::inspect,
     [](Node& n) { (*n.facts.nets->front().counters)["carrier_changes"] = 6; }},
    {"nic.errors",
     "Crc",
     watch,
     Action::inspect,
     [](Node& n) { (*n.facts.nets->front().counters)["rx_crc_errors"] = 101; }},
    {"nic.lost",
     "ReadsAllOnes",
     unfit,
     Action::reboot,
     [](Node& n) { n.pci("0000:13:00.0").gone = true; }},
    {"nic.pcie",
     "Narrow",
     unfit,
     Action::inspect,
     [](Node& n) { n.pci("0000:13:00.0").width = 4; }},
    {"nic.pcie",
     "Slow",
     unfit,
     Action::inspect,
     [](Node& n) { n.pci("0000:13:00.0").mega_transfers = 8000; }},
    {"pci.aer",
     "Fatal",
     unfit,
     Action::inspect,
     [](Node& n) { n.pci("0000:4a:00.0").aer_fatal = 1; }},
    {"pci.aer",
     "CorrectedStorm",
     watch,
     Action::note,
     [](Node& n) { n.pci("0000:4a:00.0").aer_correctable = 4000; }},
});

}  // namespace

std::span<const Fault> link_faults() { return faults; }

}  // namespace holdfast::health
