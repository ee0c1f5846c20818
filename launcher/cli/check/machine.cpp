// SPDX-License-Identifier: Apache-2.0
#include "cli/check/output.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include <boost/json.hpp>

namespace holdfast::cli {

namespace {

namespace json = boost::json;
using health::Finding;
using health::Severity;

json::object json_of(const Finding& finding) {
  json::object object;
  object["check"] = finding.check;
  object["subject"] = printable(finding.subject);
  object["severity"] = word_of(finding.severity);
  object["action"] = word_of(finding.action);
  object["what"] = printable(finding.what);
  object["limit"] = printable(finding.limit);
  object["remedy"] = finding.remedy;
  if (!finding.part.empty()) object["part"] = printable(finding.part);
  return object;
}

json::object json_of(const health::Decision& decision) {
  constexpr std::array<std::string_view, 3> steps{"nothing", "drain", "lift"};
  json::object object;
  object["step"] = steps[static_cast<std::size_t>(decision.step)];
  object["reason"] = decision.reason;
  object["advice"] = word_of(decision.advice);
  object["refuse_job"] = decision.refuse_job;
  object["why"] = decision.why;
  return object;
}

json::object json_of(const health::GpuFacts& gpu) {
  json::object object{{"at", gpu.at}, {"uuid", printable(gpu.uuid.value_or(""))}};
  if (gpu.memory_busy_percent.known()) object["memory_busy_percent"] = *gpu.memory_busy_percent;
  return object;
}

/// A label value: backslash, quote and line feed are written with a backslash.
std::string label(std::string_view text) {
  std::string out;
  for (const char letter : printable(text)) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out;
}

/// The worst finding of each check and subject: two samples of one name and labels are refused.
std::map<std::pair<std::string, std::string>, Severity> worst_of(const CheckRun& run) {
  std::map<std::pair<std::string, std::string>, Severity> worst;
  for (const Finding& finding : run.findings) {
    auto [place, fresh] = worst.try_emplace({finding.check, finding.subject}, finding.severity);
    if (!fresh) place->second = std::max(place->second, finding.severity);
  }
  return worst;
}

void heading(std::string& text, std::string_view name, std::string_view help) {
  text += cat("# HELP ", name, ' ', help, "\n# TYPE ", name, " gauge\n");
}

}  // namespace

std::string check_json(const CheckRun& run) {
  json::object object;
  object["node"] = run.facts.node;
  object["at"] = run.facts.at;
  object["boot_id"] = run.facts.boot_id;
  object["tier"] = word_of(run.tier);
  object["class"] = run.node.name;
  object["verdict"] = word_of(run.verdict);
  json::array& findings = object["findings"].emplace_array();
  for (const Finding& finding : run.findings)
    findings.emplace_back(json_of(finding));
  json::array& probes = object["probes"].emplace_array();
  for (const health::ProbeRecord& probe : run.facts.probes)
    probes.emplace_back(json::object{{"name", probe.name},
                                     {"answered", probe.end == health::ProbeEnd::answered},
                                     {"why", printable(probe.why)},
                                     {"took_us", probe.took_us},
                                     {"children_stuck", probe.children_stuck}});
  json::array& gpus = object["gpus"].emplace_array();
  for (const health::GpuFacts& gpu : run.facts.gpus.value_or({}))
    gpus.emplace_back(json_of(gpu));
  if (run.decision) object["decision"] = json_of(*run.decision);
  return json::serialize(object) + "\n";
}

std::string check_metrics(const CheckRun& run) {
  std::string text;
  heading(text, "holdfast_node_verdict", "0 fit, 1 fit but watch, 2 unfit, 3 undecided");
  text += cat("holdfast_node_verdict ", static_cast<unsigned>(run.verdict), '\n');
  heading(text, "holdfast_check_time_seconds", "when the node was last checked");
  text += cat("holdfast_check_time_seconds ", run.facts.at, '\n');
  heading(text,
          "holdfast_check_severity",
          "0 pass, 1 note, 2 watch, 3 unfit, 4 fatal, 5 unknown; by check and subject");
  for (const auto& [name, severity] : worst_of(run))
    text += cat("holdfast_check_severity{check=\"",
                label(name.first),
                "\",subject=\"",
                label(name.second),
                "\"} ",
                static_cast<unsigned>(severity),
                '\n');
  heading(text, "holdfast_probe_seconds", "how long each probe took");
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> probes;
  for (const health::ProbeRecord& probe : run.facts.probes)
    if (probe.end != health::ProbeEnd::left_out)
      probes[probe.name] = {probe.took_us, probe.children_stuck};
  for (const auto& [name, seen] : probes)
    text += cat("holdfast_probe_seconds{probe=\"",
                label(name),
                "\"} ",
                decimal(static_cast<double>(seen.first) / 1e6, 6),
                '\n');
  heading(text, "holdfast_probe_children_stuck", "children that hang in the kernel");
  for (const auto& [name, seen] : probes)
    text += cat("holdfast_probe_children_stuck{probe=\"", label(name), "\"} ", seen.second, '\n');
  return text;
}

ExitStatus nagios_status(health::Verdict verdict) {
  switch (verdict) {
    case health::Verdict::fit:
      return static_cast<ExitStatus>(0);
    case health::Verdict::fit_but_watch:
      return static_cast<ExitStatus>(1);
    case health::Verdict::unfit:
      return static_cast<ExitStatus>(2);
    case health::Verdict::undecided:
      return static_cast<ExitStatus>(3);
  }
  return static_cast<ExitStatus>(3);
}

std::string check_nagios(const Failure& failure) {
  std::string text = cat("HOLDFAST UNKNOWN - ", failure.sentence());
  for (char& letter : text)
    if (letter == '|') letter = '/';
  return printable(text) + "\n";
}

std::string check_nagios(const CheckRun& run) {
  constexpr std::array<std::string_view, 4> words{"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  const auto status = static_cast<std::size_t>(nagios_status(run.verdict));
  std::size_t told = 0;
  std::string text = cat("HOLDFAST ", words[status], " - node is ", word_of(run.verdict));
  health::Findings worst_first = run.findings;
  const auto rank = [](const Finding& finding) {  // unseen weighs more than watched, less than bad
    return finding.severity == Severity::unknown ? 2 * static_cast<int>(Severity::watch) + 1
                                                 : 2 * static_cast<int>(finding.severity);
  };
  std::ranges::stable_sort(worst_first, std::greater{}, rank);
  for (const Finding& finding : worst_first) {
    if (finding.severity <= Severity::note || told == 3) continue;
    text += cat(told == 0 ? ": " : "; ",
                finding.check,
                finding.subject.empty() ? "" : " ",
                finding.subject,
                ' ',
                finding.what);
    ++told;
  }
  for (char& letter : text)
    if (letter == '|') letter = '/';  // what follows a bar would be read as measurements
  return printable(text) + "\n";
}

}  // namespace holdfast::cli
