// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/actions.hpp"

#include "holdfast/common/text.hpp"
#include "holdfast/health/check.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast::health {

namespace {

unsigned cap_of(const Fleet& fleet, const Policy& policy) {
  const double share = policy.drained_share * static_cast<double>(fleet.nodes.size());
  return std::max(policy.drained_at_most, static_cast<unsigned>(std::floor(share)));
}

/// Why a drain that the findings ask for is not set; empty when it is. A check for which many nodes
/// are drained already blames something they share, not this node.
std::string obstacle(const std::string& reason, const Fleet& fleet, const Policy& policy) {
  for (const std::string& id : checks_of_reason(reason)) {
    const unsigned others = fleet.drained_for(id);
    if (policy.shared_cause > 0 && others >= policy.shared_cause)
      return cat(others,
                 " nodes are drained for ",
                 id,
                 " already: the cause is shared, and this node is not drained for it");
  }
  const unsigned cap = cap_of(fleet, policy);
  if (fleet.drained_by_us() >= cap)
    return cat("holdfast has drained ",
               fleet.drained_by_us(),
               " nodes, and ",
               cap,
               " is the most: this one is not drained");
  return {};
}

/// Every check of our drain must have been judged now, and have nothing against the node.
std::string not_over(const OwnDrain& drain,
                     std::span<const Finding> findings,
                     std::string_view boot_id) {
  for (const std::string& id : checks_of_reason(drain.reason)) {
    const Check* check = find_check(id);
    if (check->clears == Clears::never) return cat(id, " needs a new part or a person");
    if (check->clears == Clears::by_reboot && drain.boot_id == boot_id)
      return cat(id, " is over only after a reboot");
    const bool judged = std::ranges::any_of(findings, [&id](const Finding& finding) {
      return finding.check == id && finding.severity != Severity::unknown;
    });
    if (!judged && check->clears == Clears::when_passing) return cat(id, " was not judged now");
  }
  return {};
}

Decision decide_lift(std::span<const Finding> findings,
                     const FleetNode& node,
                     const Past& past,
                     const Policy& policy,
                     std::string_view boot_id) {
  Decision decision;
  decision.clean = true;
  if (!node.drained || !node.answers) return decision;
  if (!past.drain || node.reason != past.drain->reason) {
    decision.why = "the node is drained by somebody else";
    return decision;
  }
  if (const std::string why = not_over(*past.drain, findings, boot_id); !why.empty()) {
    decision.why = cat("our drain stays: ", why);
  } else if (past.clean_runs + 1 < policy.clean_runs) {
    decision.why = cat("our drain stays until ",
                       policy.clean_runs,
                       " clean runs, this is number ",
                       past.clean_runs + 1);
  } else if (past.lifts_today >= policy.lifts_a_day) {
    decision.why = cat("our drain stays: it was lifted ",
                       past.lifts_today,
                       " times within a day, a person has to look");
  } else {
    decision.step = Decision::Step::lift;
    decision.why = cat("our drain is lifted after ", past.clean_runs + 1, " clean runs");
  }
  return decision;
}

Action advice_for(std::span<const Finding> findings, const Past& past) {
  Action worst = Action::none;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::pass || finding.severity == Severity::unknown) continue;
    const auto before = past.repeats.find(finding.part.empty() ? finding.subject : finding.part);
    const unsigned times = before == past.repeats.end() ? 0 : before->second;
    worst = std::max(worst,
                     is_bad(finding.severity) ? escalated(finding.action, times) : finding.action);
  }
  return worst;
}

Decision decide_drain(const std::string& reason,
                      const std::optional<Fleet>& fleet,
                      std::string_view name,
                      const Past& past,
                      const Policy& policy) {
  Decision decision;
  decision.reason = reason;
  const FleetNode* node = fleet ? fleet->find(name) : nullptr;
  if (node == nullptr) {
    decision.why = fleet ? cat("Slurm knows no node ", name, ", so nothing is drained")
                         : "Slurm did not answer, so nothing is drained";
    return decision;
  }
  if (!node->answers) {
    decision.why = "slurmd has not registered yet";
    return decision;
  }
  if (node->drained) {
    const bool own = past.drain && past.drain->reason == node->reason;
    decision.refuse_job = true;
    decision.why =
        own ? "the node is drained by us already" : "the node is drained by somebody else";
    return decision;
  }
  decision.why = obstacle(reason, *fleet, policy);
  if (!decision.why.empty()) return decision;
  decision.step = Decision::Step::drain;
  decision.refuse_job = true;
  decision.why = "the node is drained";
  return decision;
}

bool any_unknown(std::span<const Finding> findings) {
  return std::ranges::any_of(findings,
                             [](const Finding& f) { return f.severity == Severity::unknown; });
}

}  // namespace

Action escalated(Action action, unsigned times_before) {
  const bool mild =
      action == Action::reset_gpu || action == Action::restart_service || action == Action::drain;
  if (mild && times_before == 1) return std::max(action, Action::reboot);
  if ((mild || action == Action::reboot) && times_before >= 2) return Action::inspect;
  return action;
}

bool must_ask(std::span<const Finding> findings, const Past& past) {
  if (!reason_for(findings).empty()) return true;
  return past.drain.has_value() && !any_unknown(findings);
}

AfterDrain after_drain(const Fleet& fleet, std::string_view node, const Policy& policy) {
  const FleetNode* own = fleet.find(node);
  if (own == nullptr || !own->drained) return AfterDrain::stays;
  unsigned before = 0;
  unsigned same_second = 0;
  for (const FleetNode& other : fleet.nodes) {
    if (&other == own || !other.drained || checks_of_reason(other.reason).empty()) continue;
    if (other.since == own->since && other.name > own->name)
      ++same_second;
    else if (other.since <= own->since)
      ++before;
  }
  const unsigned cap = cap_of(fleet, policy);
  if (before >= cap) return AfterDrain::gives_way;
  return before + same_second >= cap ? AfterDrain::waits : AfterDrain::stays;
}

Decision decide_actions(std::span<const Finding> findings,
                        const std::optional<Fleet>& fleet,
                        std::string_view node,
                        const Past& past,
                        const Policy& policy,
                        std::string_view boot_id) {
  const std::string reason = reason_for(findings);
  const FleetNode* here = fleet ? fleet->find(node) : nullptr;
  Decision decision;
  if (!reason.empty()) {
    decision = decide_drain(reason, fleet, node, past, policy);
  } else if (any_unknown(findings)) {
    decision.refuse_job = policy.refuse_unknown;
    decision.why = policy.refuse_unknown
                       ? "something could not be seen, and this site refuses that"
                       : "something could not be seen: that drains nothing and lifts nothing";
  } else if (here != nullptr) {
    decision = decide_lift(findings, *here, past, policy, boot_id);
  } else {
    decision.clean = true;
  }
  decision.advice = advice_for(findings, past);
  if (policy.mode == Mode::act) return decision;
  if (decision.step == Decision::Step::drain)
    decision.why = "observe mode: the node would be drained";
  if (decision.step == Decision::Step::lift)
    decision.why = "observe mode: our drain would be lifted";
  decision.step = Decision::Step::nothing;
  decision.refuse_job = false;
  return decision;
}

}  // namespace holdfast::health
