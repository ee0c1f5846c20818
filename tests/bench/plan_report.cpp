// SPDX-License-Identifier: Apache-2.0
// Bars and tables. Published numbers have two decimals, so half of the second one is no difference.
//
// Two numbers are known of others, and they measure different things. mpibind's is what a program
// did, and our better mode is held against it. The reference is the least cost J over equal shares
// of every size, where J takes an idle core and an uneven share for equally bad; it so leaves up to
// a third of a node idle. `full` gives out every core and `local` every local one, as they are
// defined, so a mode is above it wherever GPUs do not divide the cores evenly. What the planner
// does decide is which GPUs a rank gets. So the bar is column `equal`: our GPUs, shares as the
// reference makes them. With that it may not be above it anywhere.
#include "plan_report.hpp"

#include "holdfast/common/text.hpp"
#include "peers.hpp"

#include <algorithm>
#include <array>

#include <boost/json.hpp>

namespace holdfast::bench {

namespace {

constexpr double rounding = 0.005 + 1e-9;

/// mpibind's binding cost with as many ranks as GPUs.
double at_gpus(const PeerRow& row) {
  return row.distance + 0.5 * (1 - row.used) + 0.5 * (1 - row.fewest / row.most);
}

template <class Row>
const Row* row_for(std::span<const Row> rows, const std::string& name) {
  const auto row = std::ranges::find(rows, name, &Row::file);
  return row == rows.end() ? nullptr : &*row;
}

void compare_with_peers(const MachineResult& machine, PlanReport& report) {
  const PeerRow* row = row_for(peer_rows(), machine.name);
  if (row == nullptr) return;
  ++report.rows;
  if (machine.better > row->mpibind + rounding)
    report.missed.push_back(cat(machine.name,
                                ": mean cost ",
                                decimal(machine.better, 3),
                                ", mpibind ",
                                decimal(row->mpibind, 2)));
  if (!row->fails && machine.better_at_gpus > at_gpus(*row) + rounding)
    report.missed.push_back(cat(machine.name,
                                ": cost with as many ranks as GPUs ",
                                decimal(machine.better_at_gpus, 3),
                                ", mpibind ",
                                decimal(at_gpus(*row), 2)));
  if (!row->uneven_gpus && machine.equal > row->reference + rounding)
    report.missed.push_back(cat(machine.name,
                                ": mean cost with shares as the reference makes them ",
                                decimal(machine.equal, 3),
                                ", reference ",
                                decimal(row->reference, 2)));
  if (machine.better < row->mpibind - rounding) ++report.below_mpibind;
  if (machine.better > row->reference + rounding) ++report.above_reference;
}

void compare_nics(const MachineResult& machine, PlanReport& report) {
  const NicRow* row = row_for(nic_rows(), machine.name);
  if (row == nullptr || machine.nic_weight <= row->weight + rounding) return;
  report.missed.push_back(cat(machine.name,
                              ": mean path weight to the NICs ",
                              decimal(machine.nic_weight, 2),
                              ", assigned ",
                              decimal(row->weight, 2)));
}

void check_speed(const MachineResult& machine, PlanReport& report) {
  struct SpeedBar {
    std::size_t gpus;
    std::size_t pus;
    double milliseconds;
  };
  constexpr std::array bars{SpeedBar{8, 256, 1}, SpeedBar{64, 1024, 20}};
  const auto bar = std::ranges::find_if(bars, [&](const SpeedBar& one) {
    return machine.gpus <= one.gpus && machine.pus <= one.pus;
  });
  if (bar == bars.end() || machine.times.max <= bar->milliseconds * 1000) return;
  report.missed.push_back(cat(machine.name,
                              ": slowest plan ",
                              decimal(machine.times.max / 1000, 3),
                              " ms, bar ",
                              decimal(bar->milliseconds, 0),
                              " ms"));
}

std::string cell(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return " " + text;
}

std::string machine_line(const MachineResult& machine) {
  std::string name = machine.name;
  name.resize(40, ' ');
  std::string line = name + cell(cat(machine.gpus), 4) + cell(cat(machine.pus), 5) +
                     cell(cat(machine.maps), 5) + cell(cat(machine.violations.size()), 4);
  for (const double value : {machine.full, machine.local, machine.better, machine.equal})
    line += cell(machine.gpus == 0 ? "-" : decimal(value, 3), 6);
  const PeerRow* row = row_for(peer_rows(), machine.name);
  line += cell(row ? decimal(row->mpibind, 2) : "-", 6);
  line += cell(row ? decimal(row->reference, 2) : "-", 5);
  line += cell(machine.gpus == 0 ? "-" : decimal(machine.nic_weight, 2), 5);
  const NicRow* nic = row_for(nic_rows(), machine.name);
  line += cell(nic ? decimal(nic->weight, 2) : "-", 5);
  for (const double value : {machine.times.median, machine.times.p99, machine.times.max})
    line += cell(decimal(value, 0), 6);
  return line + "\n";
}

}  // namespace

PlanReport report_on(std::vector<MachineResult> machines) {
  PlanReport report;
  for (const MachineResult& machine : machines) {
    report.maps += machine.maps;
    report.violations += machine.violations.size();
    for (const std::string& sentence : machine.violations)
      report.missed.push_back(cat(machine.name, ": ", sentence));
    if (machine.nic_overload > 0)
      report.missed.push_back(cat(machine.name, ": a NIC serves more GPUs than its share"));
    compare_with_peers(machine, report);
    compare_nics(machine, report);
    check_speed(machine, report);
  }
  report.machines = std::move(machines);
  return report;
}

std::string as_text(const PlanReport& report) {
  std::string text =
      "mean binding cost over 1 to 2G ranks; NIC = mean path weight at G ranks; times in us\n"
      "machine                                   GPUs  PUs  maps viol  full  local better  equal "
      "mpibnd  ref   NIC assgd median   p99    max\n";
  for (const MachineResult& machine : report.machines)
    text += machine_line(machine);
  text += cat(report.maps, " plans, ", report.violations, " violations\n");
  text += cat("mpibind was measured on ",
              report.rows,
              " of these machines: our better mode costs less on ",
              report.below_mpibind,
              ". The reference leaves cores idle where that keeps shares equal, which neither mode "
              "does: it "
              "is below our better mode on ",
              report.above_reference,
              ", and column equal, our choice of GPUs shared out its way, is the like to compare "
              "with it\n");
  for (const std::string& sentence : report.missed)
    text += cat("MISSED ", sentence, "\n");
  return text;
}

std::string as_json(const PlanReport& report) {
  boost::json::array machines;
  for (const MachineResult& one : report.machines) {
    boost::json::object entry{{"name", one.name},
                              {"gpus", one.gpus},
                              {"pus", one.pus},
                              {"maps", one.maps},
                              {"violations", one.violations.size()},
                              {"full", one.full},
                              {"local", one.local},
                              {"better", one.better},
                              {"equal", one.equal},
                              {"nic_weight", one.nic_weight},
                              {"nic_overload", one.nic_overload},
                              {"min_us", one.times.min},
                              {"median_us", one.times.median},
                              {"p99_us", one.times.p99},
                              {"max_us", one.times.max}};
    if (const PeerRow* row = row_for(peer_rows(), one.name)) {
      entry["mpibind"] = row->mpibind;
      entry["reference"] = row->reference;
    }
    machines.push_back(std::move(entry));
  }
  boost::json::array missed(report.missed.begin(), report.missed.end());
  return boost::json::serialize(boost::json::object{{"maps", report.maps},
                                                    {"violations", report.violations},
                                                    {"machines", std::move(machines)},
                                                    {"missed", std::move(missed)}}) +
         "\n";
}

}  // namespace holdfast::bench
