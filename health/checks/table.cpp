// SPDX-License-Identifier: Apache-2.0
// All checks in one table, and the run over it.
#include "holdfast/health/verdict.hpp"
#include "report.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::health {

namespace {

std::vector<const Check*> collect() {
  std::vector<const Check*> all;
  for (const auto& subject : {gpu_driver_checks(),
                              gpu_mode_checks(),
                              gpu_memory_checks(),
                              gpu_use_checks(),
                              gpu_link_checks(),
                              gpu_heat_checks(),
                              gpu_around_checks(),
                              job_checks(),
                              kernel_log_checks(),
                              infiniband_checks(),
                              network_checks(),
                              memory_checks(),
                              cpu_checks(),
                              system_checks(),
                              storage_checks(),
                              slurm_checks()})
    for (const Check& check : subject)
      all.push_back(&check);
  return all;
}

void run(const Check& check, const Sight& sight, const Overrides& overrides, Findings& out) {
  const auto word = overrides.severity.find(check.id);
  if (word != overrides.severity.end() && word->second == "off") return;
  const std::size_t first = out.size();
  Report report(check, sight, out);
  check.judge(report);
  if (out.size() == first && report.has_seen()) {
    Finding& pass = report.against({}, {});
    pass.severity = Severity::pass;
    pass.action = Action::none;
    pass.remedy.clear();
  }
  for (std::size_t i = first; i < out.size(); ++i)
    (void)permit(overrides, out[i]);
}

std::string_view phrase(ProbeEnd end) {
  switch (end) {
    case ProbeEnd::answered:
      return {};
    case ProbeEnd::failed:
      return "failed";
    case ProbeEnd::timed_out:
      return "did not answer in time";
    case ProbeEnd::stuck:
      return "hangs and cannot be ended";
    case ProbeEnd::not_started:
      return "was not started, earlier ones still hang";
    case ProbeEnd::left_out:
      return {};
  }
  return {};
}

}  // namespace

std::optional<Tier> tier_of(std::string_view word) {
  const auto found = std::ranges::find(tier_words, word);
  if (found == tier_words.end()) return std::nullopt;
  return static_cast<Tier>(found - tier_words.begin());
}

std::span<const Check* const> all_checks() {
  static const std::vector<const Check*> all = collect();
  return all;
}

const Check* find_check(std::string_view id) {
  const auto found = std::ranges::find(all_checks(), id, &Check::id);
  return found == all_checks().end() ? nullptr : *found;
}

bool permit(const Overrides& overrides, Finding& finding) {
  const auto word = overrides.severity.find(finding.check);
  if (word == overrides.severity.end()) return true;
  if (word->second == "off") return false;
  const auto most = severity_of(word->second);
  if (!most || finding.severity == Severity::unknown || finding.severity <= *most) return true;
  finding.severity = *most;  // milder than the check's row, never worse
  if (!is_bad(*most)) finding.action = std::min(finding.action, Action::note);
  return true;
}

Findings judge(const Sight& sight, const Overrides& overrides) {
  Findings findings;
  findings.reserve(all_checks().size());
  for (const Check* check : all_checks())
    if ((check->tiers & bit(sight.tier)) != 0) run(*check, sight, overrides, findings);
  for (const ProbeRecord& probe : sight.facts.probes) {
    const std::string_view how = phrase(probe.end);
    if (how.empty()) continue;  // it answered, or the site does not want it
    Finding& unknown = findings.emplace_back();
    unknown.check = "probe";
    unknown.subject = probe.name;
    unknown.severity = Severity::unknown;
    unknown.what = cat("the probe ", how, probe.why.empty() ? "" : ": ", probe.why);
    unknown.remedy = "what it reads on the node hangs or is broken: see the kernel log";
  }
  return findings;
}

Verdict verdict_of(std::span<const Finding> findings) {
  const auto any = [findings](auto test) {
    return std::ranges::any_of(findings, [test](const Finding& f) { return test(f.severity); });
  };
  if (any(is_bad)) return Verdict::unfit;
  if (any([](Severity s) { return s == Severity::unknown; })) return Verdict::undecided;
  if (any([](Severity s) { return s == Severity::watch; })) return Verdict::fit_but_watch;
  return Verdict::fit;
}

}  // namespace holdfast::health
