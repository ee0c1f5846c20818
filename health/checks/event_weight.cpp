// SPDX-License-Identifier: Apache-2.0
#include "event_weight.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

namespace holdfast::health {

namespace {

/// The first look after an installation meets all records of the boot: what happened weeks ago was
/// seen to, or came back.
bool too_old(const Report& report, const KernelEvent& event) {
  return event.at > 0 && report.facts.at > 0 &&
         static_cast<double>(report.facts.at - event.at) > report.limit("hours") * 3600;
}

/// While a node boots its links go up and down: the driver loads, then the switch trains them.
bool is_settling(const Report& report, const KernelEvent& event) {
  if (event.kind != KernelEventKind::link || !report.facts.system.uptime_s.known()) return false;
  const auto booted = static_cast<double>(report.facts.at) - *report.facts.system.uptime_s;
  return event.at > 0 && static_cast<double>(event.at) - booted < report.limit("settling_s");
}

/// What a code is taken for when one GPU told it so often since the last look.
struct XidRepeat {
  unsigned first, last;
  unsigned times;
  Severity severity;
  Action action;
};

/// Copy engines, a bad channel, corrupted commands: the active tests tell a bad GPU from a bad
/// program. One that cannot switch contexts twice is reset.
constexpr std::array<XidRepeat, 8> repeats{{
    {8, 8, 2, Severity::unfit, Action::inspect},
    {32, 32, 2, Severity::unfit, Action::inspect},
    {39, 41, 2, Severity::watch, Action::inspect},
    {70, 72, 2, Severity::watch, Action::inspect},
    {75, 77, 2, Severity::watch, Action::inspect},
    {85, 85, 2, Severity::watch, Action::inspect},
    {109, 109, 2, Severity::unfit, Action::reset_gpu},
    {126, 135, 2, Severity::watch, Action::inspect},
}};

const XidRepeat* find_repeat(std::uint64_t code) {
  const auto row = std::ranges::find_if(repeats, [code](const XidRepeat& repeat) {
    return repeat.first <= code && code <= repeat.last;
  });
  return row == repeats.end() ? nullptr : &*row;
}

void soften(KernelEvent& event) {
  if (is_bad(event.severity)) event.severity = Severity::watch;
  event.action = Action::note;
}

/// Whether traffic of a GPU or a NIC goes by this device. Of devices nobody could list it is not
/// known.
bool serves_jobs(const Facts& facts, const std::string& device) {
  if (!facts.pci.known()) return false;
  const auto find = [&facts](const std::string& at) {
    return std::ranges::find(*facts.pci, at, &PciFacts::at);
  };
  constexpr std::size_t deepest = 16;  // bridges one above the other
  for (const PciFacts& end : *facts.pci) {
    if (end.kind != "gpu" && end.kind != "nic" && end.kind != "nvswitch") continue;
    auto at = find(end.at);
    for (std::size_t depth = 0; at != facts.pci->end() && depth < deepest; ++depth) {
      if (at->at == device) return true;
      at = find(at->above);
    }
  }
  return false;
}

/// The one GPU whose broken link (149) all others only feel (145); empty where it is not so.
std::string root_of_link_errors(const Report& report) {
  std::set<std::string> broken;
  std::set<std::string> feel_it;
  for (const KernelEvent& event : *report.facts.kernel) {
    if (event.kind != KernelEventKind::xid || too_old(report, event)) continue;
    if (event.code == 149 && is_bad(event.severity)) broken.insert(event.device);
    if (event.code == 145) feel_it.insert(event.device);
  }
  if (broken.size() != 1 || !report.facts.gpus.known()) return {};
  const std::string& root = *broken.begin();
  const bool all = std::ranges::all_of(*report.facts.gpus, [&](const GpuFacts& gpu) {
    return gpu.at == root || feel_it.contains(gpu.at);
  });
  return all ? root : std::string();
}

}  // namespace

bool counts(const Report& report, const KernelEvent& event) {
  return !too_old(report, event) && !is_settling(report, event);
}

std::string as_it_is(const Report& /*report*/, const Group& /*group*/, KernelEvent& /*event*/) {
  return {};
}

std::string corrected_storms(const Report& report, const Group& group, KernelEvent& event) {
  const double most = report.limit("corrected");
  if (event.severity != Severity::note || static_cast<double>(group.times) <= most) return {};
  event.severity = Severity::watch;
  event.action = Action::inspect;
  return cat("at most ", number_text(most));
}

std::string pcie_errors(const Report& report, const Group& group, KernelEvent& event) {
  if (is_bad(event.severity) && !serves_jobs(report.facts, event.device)) soften(event);
  return corrected_storms(report, group, event);
}

std::string lockups(const Report& report, const Group& group, KernelEvent& event) {
  const double limit = report.limit("lockups");
  if (!event.device.starts_with("CPU#") || static_cast<double>(group.times) < limit) return {};
  event.severity = Severity::unfit;
  event.action = Action::reboot;
  return cat("fewer than ", number_text(limit));
}

std::string open_servers(const Report& report, const Group& group, KernelEvent& event) {
  if (group.since == 0 || report.facts.at == 0) return {};
  const auto open = static_cast<double>(report.facts.at - group.since);
  if (open <= report.limit("open_s")) soften(event);
  return {};
}

std::string repeated_xids(const Report& report, const Group& group, KernelEvent& event) {
  if (event.code == 145) {
    const std::string root = root_of_link_errors(report);
    if (root.empty() || root == event.device) return {};
    event.severity = Severity::note;
    event.meaning += cat(", follows from Xid 149 of GPU ", root);
  }
  const XidRepeat* repeat = find_repeat(event.code);
  if (repeat == nullptr || group.times < repeat->times) return {};
  event.severity = std::max(event.severity, repeat->severity);
  event.action = std::max(event.action, repeat->action);
  return cat("fewer than ", repeat->times);
}

std::string flaps(const Report& report, const Group& group, KernelEvent& event) {
  const double limit = report.limit("downs");
  if (static_cast<double>(group.times) < limit) return {};
  event.severity = Severity::unfit;
  event.action = Action::inspect;
  return cat("fewer than ", number_text(limit));
}

}  // namespace holdfast::health
