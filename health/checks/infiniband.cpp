// SPDX-License-Identifier: Apache-2.0
// InfiniBand and RoCE ports. A port is judged by its own name: that another one is up is no
// comfort. Which ports should be up only the class knows; without one, a port that is down is
// noted.
#include "report.hpp"

#include <algorithm>
#include <set>

namespace holdfast::health {

namespace {

std::string name_of(const IbPortFacts& port) { return cat(port.device, '/', port.port); }

bool active(const IbPortFacts& port) { return port.state.is("ACTIVE"); }

bool listed(const NodeClass& node, const IbPortFacts& port) {
  return std::ranges::any_of(node.ib_devices, [&port](const std::string& name) {
    return name == name_of(port) || name == port.device;
  });
}

/// What was there at the last look of this boot is missed also when no class names it.
void vanished(Report& report) {
  const auto& ports = report.facts.ib_ports;
  if (!ports.known() && ports.gap() != Gap::lacking) return;
  for (const std::string& name : report.subjects_before("not_active")) {
    report.saw();
    const auto is_it = [&name](const IbPortFacts& port) { return name_of(port) == name; };
    if (!ports.known() || std::ranges::none_of(*ports, is_it))
      report.watch(name, "was there at the last look and is gone");
  }
}

void count(Report& report) {
  vanished(report);
  const NodeClass& node = report.node;
  if (node.ib_ports == 0 && node.ib_devices.empty()) return;
  report.see("", report.facts.ib_ports, [&](const std::vector<IbPortFacts>& ports) {
    report.least("", "InfiniBand or RoCE ports:", static_cast<double>(ports.size()), node.ib_ports);
    for (const std::string& name : node.ib_devices)
      if (std::ranges::none_of(ports, [&name](const IbPortFacts& port) {
            return name == name_of(port) || name == port.device;
          }))
        report.against(name, "is not there");
  });
  if (!report.facts.ib_ports.known() && report.facts.ib_ports.gap() == Gap::lacking)
    report.against("", "there is no InfiniBand or RoCE port");
}

/// The cable is up and the subnet manager has yet to make the port active. It does so within
/// seconds; when it starts anew, on all ports of all nodes at once. Beside a job, which a look does
/// not drain and which was perhaps lost by it, a moment is long enough.
bool is_so_for_a_moment(Report& report, const IbPortFacts& port) {
  const bool waits =
      port.physical.is("LinkUp") && (port.state.is("INIT") || port.state.is("ARMED"));
  if (!waits || report.tier == Tier::job) return false;
  const auto change = report.grown(name_of(port), "not_active", 1);
  const bool was_so_before = change && *change == 0;
  return !was_so_before || static_cast<double>(report.seconds()) < report.limit("waits_s");
}

void state(Report& report) {
  report.see("", report.facts.ib_ports, [&](const std::vector<IbPortFacts>& ports) {
    const auto up = static_cast<unsigned>(std::ranges::count_if(ports, active));
    const bool too_few = report.node.ib_devices.empty() && up < report.node.ib_ports;
    const bool settling = report.facts.system.uptime_s.value_or(1e9) < report.limit("settling_s");
    for (const IbPortFacts& port : ports)
      report.see(name_of(port), port.state, [&](const std::string& word) {
        if (word == "ACTIVE") return;
        Finding& found =
            report.against(name_of(port),
                           cat("is ", word, ", link ", port.physical.value_or("unknown")),
                           "ACTIVE");
        const bool wanted = too_few || listed(report.node, port);
        if (wanted && !settling && !is_so_for_a_moment(report, port)) return;
        found.severity = wanted ? Severity::watch : Severity::note;
        found.action = Action::note;
      });
  });
}

void rate(Report& report) {
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    if (!active(port) || report.node.ib_gigabits == 0) return;
    report.see(name_of(port), port.gigabits, [&](std::uint64_t gigabits) {
      if (gigabits < report.node.ib_gigabits)
        report.against(name_of(port),
                       cat("runs at ", gigabits, " Gb/s"),
                       cat("at least ", report.node.ib_gigabits));
    });
  });
}

void link_layer(Report& report) {
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    if (report.node.ib_layer.empty() || !active(port)) return;
    report.see(name_of(port), port.link_layer, [&](const std::string& layer) {
      if (layer != report.node.ib_layer)
        report.against(name_of(port), cat("its link layer is ", layer), report.node.ib_layer);
    });
  });
}

/// Each of these ends or stalls a transfer: one is one too many.
void fatal_counters(Report& report) {
  constexpr std::array names{"link_downed",
                             "excessive_buffer_overrun_errors",
                             "local_link_integrity_errors",
                             "rnr_nak_retry_err"};
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    report.see(name_of(port), port.counters, [&](const Counters& counters) {
      for (const char* name : names) {
        const auto counter = counters.find(name);
        if (counter == counters.end()) continue;
        const auto growth = report.grown(name_of(port), name, counter->second);
        if (growth && static_cast<double>(*growth) > report.limit("count"))
          report.against(name_of(port),
                         cat(name, " grew by ", *growth),
                         cat("at most ", number_text(report.limit("count"))));
      }
    });
  });
}

struct Rate {
  std::string_view counter;
  double per_hour;
};

void rate_counters(Report& report) {
  const std::array rates{Rate{"symbol_error", report.limit("symbol_errors")},
                         Rate{"link_error_recovery", report.limit("recoveries")},
                         Rate{"port_rcv_errors", report.limit("receive_errors")},
                         Rate{"local_ack_timeout_err", report.limit("ack_timeouts")},
                         Rate{"port_xmit_discards", report.limit("discards")},
                         Rate{"roce_slow_restart", report.limit("slow_restarts")}};
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    report.see(name_of(port), port.counters, [&](const Counters& counters) {
      for (const Rate& rate : rates) {
        const auto counter = counters.find(std::string(rate.counter));
        if (counter == counters.end()) continue;
        const auto growth =
            report.grown(name_of(port), rate.counter, counter->second, Since::an_hour);
        if (growth && static_cast<double>(*growth) > rate.per_hour * report.hours())
          report.against(
              name_of(port),
              cat(rate.counter, " grew by ", *growth, " in ", number_text(report.hours()), " h"),
              cat("at most ", number_text(rate.per_hour), " an hour"));
      }
    });
  });
}

/// Without an address of the second kind RoCE does not leave its own network segment.
void gids(Report& report) {
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    if (!active(port) || !port.link_layer.is("Ethernet")) return;
    report.see(name_of(port), port.gids, [&](const std::vector<std::string>& gids) {
      if (std::ranges::none_of(gids,
                               [](const std::string& gid) { return gid.starts_with("RoCE v2"); }))
        report.against(name_of(port), "has no RoCE v2 GID", "at least one");
    });
  });
}

void pkeys(Report& report) {
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    if (report.node.pkey.empty() || !active(port) || port.link_layer.is("Ethernet")) return;
    report.see(name_of(port), port.pkeys, [&](const std::vector<std::string>& pkeys) {
      if (std::ranges::find(pkeys, report.node.pkey) == pkeys.end())
        report.against(name_of(port), cat("lacks the partition key ", report.node.pkey));
    });
  });
}

void device_files(Report& report) {
  if (!report.facts.ib_ports.known()) return;
  std::set<std::string> devices;
  for (const IbPortFacts& port : *report.facts.ib_ports)
    devices.insert(port.device);
  report.see("", report.facts.ib_device_files, [&](std::uint64_t files) {
    report.least("",
                 "device files in /dev/infiniband:",
                 static_cast<double>(files),
                 static_cast<double>(devices.size()));
  });
}

/// Not all need it: newer drivers use the kernel's DMA buffers instead.
void gpu_direct(Report& report) {
  const Facts& facts = report.facts;
  if (!facts.gpus.known() || facts.gpus->empty() || !facts.ib_ports.known() ||
      facts.ib_ports->empty())
    return;
  report.see("", facts.system.modules, [&](const std::vector<std::string>& modules) {
    if (std::ranges::find(modules, "nvidia_peermem") == modules.end() &&
        facts.gpus->front().vendor == "nvidia")
      report.against("", "nvidia_peermem is not loaded");
  });
}

void firmware(Report& report) {
  std::set<std::pair<std::string, std::string>> versions;
  std::set<std::string> boards;
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    report.see(name_of(port), port.firmware, [&](const std::string& version) {
      versions.insert({port.board.value_or(""), version});
      boards.insert(port.board.value_or(""));
      if (!report.node.ib_firmware.empty() && version != report.node.ib_firmware)
        report.against(name_of(port), cat("firmware ", version), report.node.ib_firmware);
    });
  });
  if (versions.size() > boards.size())
    report.against("", "NICs of one kind have several versions of firmware", "one");
}

void subnet_manager(Report& report) {
  report.each(report.facts.ib_ports, [&](const IbPortFacts& port) {
    if (!active(port) || !port.link_layer.is("InfiniBand")) return;
    report.see(name_of(port), port.sm_lid, [&](std::uint64_t lid) {
      if (lid == 0 || port.lid.is(0))
        report.against(name_of(port), "knows no subnet manager", "a LID of its own and of the SM");
    });
  });
}

constexpr std::array settle_limits{
    Limit{"settling_s", 600, "seconds after a boot in which a port that is down is only watched"},
    // what gpud and NVSentinel give a port before they call it down
    Limit{"waits_s", 25, "seconds for which a port may wait for its subnet manager"}};
constexpr std::array fatal_limits{
    Limit{"count", 0, "growth of such a counter since the last look"}};
constexpr std::array rate_limits{Limit{"symbol_errors", 120, "symbol_error an hour"},
                                 Limit{"recoveries", 300, "link_error_recovery an hour"},
                                 Limit{"receive_errors", 36000, "port_rcv_errors an hour"},
                                 Limit{"ack_timeouts", 3600, "local_ack_timeout_err an hour"},
                                 Limit{"discards", 360000, "port_xmit_discards an hour"},
                                 Limit{"slow_restarts", 36000, "roce_slow_restart an hour"}};

constexpr auto rows = std::to_array<Check>({
    {"ib.count",
     "every InfiniBand or RoCE port is there",
     "/sys/class/infiniband, class",
     before_job | periodic,
     Severity::unfit,
     Action::reboot,
     Clears::when_passing,
     "reboot; then look at the NIC's slot",
     {},
     count},
    {"ib.state",
     "every port that should be is active",
     "/sys/class/infiniband, class",
     before_job | periodic | in_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look at cable, transceiver and switch port",
     settle_limits,
     state},
    {"ib.rate",
     "every active port runs at full speed",
     "/sys/class/infiniband, class",
     before_job | periodic,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look at cable and transceiver",
     {},
     rate},
    {"ib.link_layer",
     "ports speak the class's link layer",
     "/sys/class/infiniband, class",
     repair,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "set the port type with mlxconfig",
     {},
     link_layer},
    {"ib.counters_fatal",
     "no link fails",
     "/sys/class/infiniband, baseline",
     after_job | periodic,
     Severity::unfit,
     Action::inspect,
     Clears::by_reboot,
     "reseat or replace the cable",
     fatal_limits,
     fatal_counters},
    {"ib.counters_rate",
     "links have few errors",
     "/sys/class/infiniband, baseline",
     periodic,
     Severity::watch,
     Action::inspect,
     Clears::when_passing,
     "reseat or replace the cable",
     rate_limits,
     rate_counters},
    {"ib.gid",
     "each RoCE port has an address",
     "/sys/class/infiniband",
     before_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look at the interface's IP address",
     {},
     gids},
    {"ib.pkey",
     "each port is in the class's partition",
     "/sys/class/infiniband, class",
     before_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "see the subnet manager's partitions",
     {},
     pkeys},
    {"ib.uverbs",
     "each device has its device file",
     "/dev/infiniband",
     before_job,
     Severity::unfit,
     Action::restart_service,
     Clears::when_passing,
     "load ib_uverbs",
     {},
     device_files},
    {"ib.gdr",
     "NICs can reach GPU memory",
     "/proc/modules",
     periodic,
     Severity::note,
     Action::note,
     Clears::when_passing,
     "load nvidia_peermem, unless DMA buffers are used",
     {},
     gpu_direct},
    {"ib.fw",
     "NICs of one kind have one firmware",
     "/sys/class/infiniband, class",
     periodic,
     Severity::watch,
     Action::note,
     Clears::when_passing,
     "bring the firmware to one version",
     {},
     firmware},
    {"ib.sm",
     "each InfiniBand port knows its subnet manager",
     "/sys/class/infiniband",
     before_job,
     Severity::unfit,
     Action::drain,
     Clears::when_passing,
     "look at the subnet manager",
     {},
     subnet_manager},
});

}  // namespace

std::span<const Check> infiniband_checks() { return rows; }

}  // namespace holdfast::health
