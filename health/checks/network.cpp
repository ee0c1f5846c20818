// SPDX-License-Identifier: Apache-2.0
// Network interfaces, and the PCIe slots of what is no GPU.
#include "report.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

const NetFacts* find_net(const std::vector<NetFacts>& nets, const std::string& name) {
  const auto found = std::ranges::find(nets, name, &NetFacts::name);
  return found == nets.end() ? nullptr : &*found;
}

void link_of(Report& report, const NetFacts& net) {
  report.see(net.name, net.state, [&](const std::string& state) {
    // "unknown" is the state of what has no carrier to sense
    if (state != "up" && !(net.software && state == "unknown"))
      report.against(net.name, cat("is ", state), "up");
  });
  if (!net.state.is("up")) return;
  if (report.node.net_megabits > 0)
    report.see(net.name, net.megabits, [&](std::uint64_t speed) {
      if (speed < report.node.net_megabits)
        report.against(
            net.name, cat("runs at ", speed, " Mb/s"), cat("at least ", report.node.net_megabits));
    });
  if (report.node.mtu > 0)
    report.see(net.name, net.mtu, [&](std::uint64_t mtu) {
      if (mtu != report.node.mtu)
        report.against(net.name, cat("has an MTU of ", mtu), cat(report.node.mtu));
    });
  if (net.duplex.is("half")) report.against(net.name, "runs half duplex", "full");
}

void link(Report& report) {
  if (report.node.nets.empty()) return;
  report.see("", report.facts.nets, [&](const std::vector<NetFacts>& nets) {
    for (const std::string& name : report.node.nets)
      if (const NetFacts* net = find_net(nets, name))
        link_of(report, *net);
      else
        report.against(name, "is not there");
  });
}

void flap(Report& report) {
  report.each(report.facts.nets, [&](const NetFacts& net) {
    report.see(net.name, net.counters, [&](const Counters& counters) {
      const auto counter = counters.find("carrier_changes");
      if (counter == counters.end()) return;
      const auto growth = report.grown(net.name, "carrier_changes", counter->second);
      if (growth && static_cast<double>(*growth) > report.limit("changes"))
        report.against(net.name,
                       cat("its carrier changed ", *growth, " times"),
                       cat("at most ", number_text(report.limit("changes"))));
    });
  });
}

void errors(Report& report) {
  report.each(report.facts.nets, [&](const NetFacts& net) {
    report.see(net.name, net.counters, [&](const Counters& counters) {
      for (const char* name : {"rx_crc_errors", "rx_errors", "tx_errors"}) {
        const auto counter = counters.find(name);
        if (counter == counters.end()) continue;
        const auto growth = report.grown(net.name, name, counter->second, Since::an_hour);
        if (growth && static_cast<double>(*growth) > report.limit("per_hour") * report.hours())
          report.against(net.name,
                         cat(name, " grew by ", *growth, " in ", number_text(report.hours()), " h"),
                         cat("at most ", number_text(report.limit("per_hour")), " an hour"));
      }
    });
  });
}

void nic_lost(Report& report) {
  report.each(report.facts.pci, [&](const PciFacts& pci) {
    if (pci.kind != "nic") return;
    report.see(pci.at, pci.gone, [&](bool gone) {
      if (gone) report.against(pci.at, "nic: reads all ones, it has fallen off the bus", "answers");
    });
  });
}

/// A NIC is no faster than its slot: what counts is the lesser of the two.
void nic_pcie(Report& report) {
  report.each(report.facts.pci, [&](const PciFacts& pci) {
    if (pci.kind != "nic" && pci.kind != "nvme") return;
    const auto above = std::ranges::find(*report.facts.pci, pci.above, &PciFacts::at);
    const bool has_slot = !pci.above.empty() && above != report.facts.pci->end();
    const auto wanted = [&](Fact<std::uint64_t> PciFacts::*most) {
      const std::uint64_t own = (pci.*most).value_or(0);
      return has_slot ? std::min(own, ((*above).*most).value_or(own)) : own;
    };
    report.see(pci.at, pci.width, [&](std::uint64_t width) {
      if (width < wanted(&PciFacts::width_most))
        report.against(pci.at,
                       cat(pci.kind, ": PCIe link has ", width, " lanes"),
                       cat("at least ", wanted(&PciFacts::width_most)));
    });
    report.see(pci.at, pci.mega_transfers, [&](std::uint64_t speed) {
      if (speed < wanted(&PciFacts::mega_transfers_most))
        report.against(pci.at,
                       cat(pci.kind, ": PCIe link runs at ", speed, " MT/s"),
                       cat("at least ", wanted(&PciFacts::mega_transfers_most)));
    });
  });
}

void aer(Report& report) {
  report.each(report.facts.pci, [&](const PciFacts& pci) {
    const auto few = [&](const Fact<std::uint64_t>& counter,
                         std::string_view name,
                         std::string_view what,
                         double most,
                         bool harmless) {
      report.see(pci.at, counter, [&](std::uint64_t value) {
        // of what is harmless the rate counts, of all else the first
        const Since since = harmless ? Since::an_hour : Since::last_look;
        const auto growth = report.grown(pci.at, name, value, since);
        if (!growth || static_cast<double>(*growth) <= most) return;
        const std::string told = cat(pci.kind, ": ", *growth, ' ', what, " PCIe errors");
        const std::string limit = cat("at most ", number_text(most));
        if (harmless)
          report.watch(pci.at, told, limit);
        else
          report.against(pci.at, told, limit);
      });
    };
    few(pci.aer_fatal, "aer_fatal", "fatal", 0, false);
    few(pci.aer_nonfatal, "aer_nonfatal", "uncorrected", 0, false);
    few(pci.aer_correctable,
        "aer_correctable",
        "corrected",
        report.limit("corrected_per_hour") * report.hours(),
        true);
  });
}

constexpr std::array flap_limits{Limit{"changes", 2, "carrier changes since the last look"}};
constexpr std::array error_limits{Limit{"per_hour", 100, "growth of an error counter an hour"}};
constexpr std::array aer_limits{Limit{"corrected_per_hour", 3600, "corrected errors an hour"}};

constexpr auto rows = std::to_array<Check>({
    {"nic.link",
     "every interface of the class is up and fast",
     "/sys/class/net, class",
     before_job | periodic,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look at cable and switch port",
     {},
     link},
    {"nic.flap",
     "no carrier comes and goes",
     "/sys/class/net, baseline",
     after_job | periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "reseat or replace the cable",
     flap_limits,
     flap},
    {"nic.errors",
     "interfaces have few errors",
     "/sys/class/net, baseline",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "reseat or replace the cable",
     error_limits,
     errors},
    {"nic.lost",
     "every NIC answers on the PCI bus",
     "PCI configuration",
     always,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot; then reseat it",
     {},
     nic_lost},
    {"nic.pcie",
     "NICs and drives have all their PCIe lanes",
     "PCI",
     before_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::when_passing,
     "reboot; then reseat it",
     {},
     nic_pcie},
    {"pci.aer",
     "devices have no PCIe errors",
     "PCI AER, baseline",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::by_reboot,
     "reseat the device",
     aer_limits,
     aer},
});

}  // namespace

std::span<const Check> network_checks() { return rows; }

}  // namespace holdfast::health
