// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/keep/open_faults.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::health {

namespace {

/// A node has some thousands of counters; of a storm the first of it say enough.
constexpr std::size_t most = 32;

/// Seen as a trace, and no look will see it again.
bool is_trace(const Finding& finding) {
  const Check* check = find_check(finding.check);
  return check != nullptr && check->clears == Clears::by_reboot;
}

Clears clears_of(const OpenFault& fault) {
  return fault.action == Action::rma ? Clears::never : Clears::by_reboot;
}

bool is_gone(const std::string& part, const Facts& facts) {
  if (!part.starts_with("GPU-") || !facts.gpus.known() || facts.gpus->empty()) return false;
  return std::ranges::none_of(
      *facts.gpus, [&part](const GpuFacts& gpu) { return !gpu.uuid.known() || *gpu.uuid == part; });
}

Finding finding_of(const OpenFault& fault) {
  Finding finding;
  finding.check = fault.check;
  finding.subject = fault.subject;
  finding.part = fault.part;
  finding.what = cat(fault.what, ", seen earlier");
  finding.limit = fault.limit;
  finding.severity = fault.severity;
  finding.action = fault.action;
  finding.clears = clears_of(fault);
  finding.remedy = find_check(fault.check)->remedy;
  return finding;
}

auto same_as(const std::string& check, const std::string& subject) {
  return [&check, &subject](const auto& other) {
    return other.check == check && other.subject == subject;
  };
}

}  // namespace

Findings recalled(const OpenFaults& open,
                  std::span<const Finding> seen,
                  const Overrides& overrides) {
  Findings out;
  for (const OpenFault& fault : open) {
    if (find_check(fault.check) == nullptr) continue;  // a newer release knows it no more
    const bool anew = std::ranges::any_of(seen, [&fault](const Finding& finding) {
      return same_as(fault.check, fault.subject)(finding) && is_bad(finding.severity);
    });
    Finding finding = finding_of(fault);
    if (!anew && permit(overrides, finding)) out.push_back(std::move(finding));
  }
  return out;
}

OpenFaults without_closed(const OpenFaults& open,
                          const Facts& facts,
                          const FleetNode* node,
                          const std::optional<OwnDrain>& own) {
  const bool drained = node != nullptr && node->drained;
  const bool by_us = drained && own && own->reason == node->reason;
  OpenFaults out;
  for (OpenFault fault : open) {
    const bool other_boot = fault.boot_id != facts.boot_id && clears_of(fault) != Clears::never;
    const bool given_back = fault.in_hands && node != nullptr && !node->drained;
    if (other_boot || given_back || is_gone(fault.part, facts)) continue;
    fault.in_hands = fault.in_hands || (drained && !by_us);
    out.push_back(std::move(fault));
  }
  return out;
}

OpenFaults with_new(OpenFaults open,
                    std::span<const Finding> findings,
                    const Facts& facts,
                    const std::optional<OwnDrain>& own) {
  const auto drained_for = own ? checks_of_reason(own->reason) : std::vector<std::string>{};
  for (const Finding& finding : findings) {
    if (!is_bad(finding.severity) || !is_trace(finding)) continue;
    const bool there = std::ranges::any_of(open, same_as(finding.check, finding.subject));
    if (there || open.size() >= most) continue;
    open.push_back({finding.check,
                    finding.subject,
                    finding.part,
                    finding.what,
                    finding.limit,
                    finding.severity,
                    finding.action,
                    facts.boot_id,
                    facts.at});
  }
  // Our drain may be lifted after a reboot; what needs a new part outlives that, and so is kept.
  std::erase_if(open, [&drained_for](const OpenFault& fault) {
    return clears_of(fault) != Clears::never &&
           std::ranges::find(drained_for, fault.check) != drained_for.end();
  });
  return open;
}

}  // namespace holdfast::health
