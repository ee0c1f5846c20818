// SPDX-License-Identifier: Apache-2.0
#include "cli/check/output.hpp"
#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::cli {

namespace {

using health::Finding;
using health::Severity;

constexpr std::size_t severity_width = 8;
constexpr std::size_t check_width = 20;

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::fatal:
    case Severity::unfit:
      return "\x1b[31m";
    case Severity::watch:
    case Severity::unknown:
      return "\x1b[33m";
    case Severity::pass:
      return "\x1b[32m";
    case Severity::note:
      return {};
  }
  return {};
}

std::string colored(const std::string& text, Severity severity, const Looks& looks) {
  const std::string_view color = color_of(severity);
  return looks.color && !color.empty() ? cat(color, text, "\x1b[0m") : text;
}

/// Worst first; `unknown` after what is bad, for it may be.
int rank(Severity severity) {
  switch (severity) {
    case Severity::fatal:
      return 0;
    case Severity::unfit:
      return 1;
    case Severity::unknown:
      return 2;
    case Severity::watch:
      return 3;
    case Severity::note:
      return 4;
    case Severity::pass:
      return 5;
  }
  return 6;
}

std::string line_of(const Finding& finding, const Looks& looks) {
  std::string text =
      cat(colored(padded(word_of(finding.severity), severity_width), finding.severity, looks),
          ' ',
          padded(finding.check, check_width),
          ' ');
  if (!finding.subject.empty()) text += cat(printable(finding.subject), ": ");
  text += printable(finding.what);
  if (!finding.limit.empty()) text += cat("; limit: ", printable(finding.limit));
  text += '\n';
  if (!finding.remedy.empty())
    text += cat(
        std::string(severity_width + check_width + 2, ' '), "-> ", printable(finding.remedy), '\n');
  return text;
}

std::string passed_line(const Finding& finding, const Looks& looks) {
  const health::Check* check = health::find_check(finding.check);
  return cat(colored(padded("pass", severity_width), Severity::pass, looks),
             ' ',
             padded(finding.check, check_width),
             ' ',
             check == nullptr ? "" : cat(check->summary, " (", check->reads, ')'),
             '\n');
}

std::string counts(const CheckRun& run) {
  std::array<std::size_t, health::severity_words.size()> seen{};
  for (const Finding& finding : run.findings)
    ++seen[static_cast<std::size_t>(finding.severity)];
  std::vector<std::string> parts;
  for (const Severity severity : {Severity::fatal,
                                  Severity::unfit,
                                  Severity::unknown,
                                  Severity::watch,
                                  Severity::note,
                                  Severity::pass})
    if (const auto count = seen[static_cast<std::size_t>(severity)]; count > 0)
      parts.push_back(cat(count, ' ', word_of(severity)));
  const auto in_tier = std::ranges::count_if(
      health::all_checks(),
      [&run](const health::Check* check) { return (check->tiers & bit(run.tier)) != 0; });
  return cat(parts.empty() ? std::string("nothing was judged") : join(parts, ", "),
             "; ",
             static_cast<std::size_t>(in_tier),
             " checks in tier ",
             word_of(run.tier),
             ", class ",
             run.node.name.empty() ? "none" : run.node.name,
             '\n');
}

std::string probes(const CheckRun& run) {
  std::string text;
  for (const health::ProbeRecord& probe : run.facts.probes) {
    const std::string name = padded(printable(probe.name), check_width);
    if (probe.end == health::ProbeEnd::left_out)
      text += cat("probe    ", name, ' ', printable(probe.why), '\n');
    else
      text += cat("probe    ",
                  name,
                  ' ',
                  probe.took_us,
                  " us",
                  probe.why.empty() ? "" : cat(": ", printable(probe.why)),
                  '\n');
  }
  return text;
}

std::string tiers_of(const health::Check& check) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < health::tier_words.size(); ++i)
    if ((check.tiers & bit(static_cast<health::Tier>(i))) != 0)
      words.emplace_back(health::tier_words[i]);
  return words.size() == health::tier_words.size() ? "all" : join(words, ",");
}

}  // namespace

std::string check_screen(const CheckRun& run, bool explain, const Looks& looks) {
  std::vector<Finding> findings = run.findings;
  std::ranges::stable_sort(findings, {}, [](const Finding& f) { return rank(f.severity); });
  std::string text = cat("node ", printable(run.facts.node), ": ", word_of(run.verdict), '\n');
  for (const Finding& finding : findings)
    if (finding.severity != Severity::pass)
      text += line_of(finding, looks);
    else if (explain)
      text += passed_line(finding, looks);
  if (explain) text += probes(run);
  if (run.decision && !run.decision->why.empty())
    text += cat("done: ", printable(run.decision->why), '\n');
  if (run.decision && run.decision->advice > health::Action::note)
    text += cat("advice: ", word_of(run.decision->advice), '\n');
  return text + counts(run);
}

std::string check_table() {
  std::string text;
  for (const health::Check* check : health::all_checks()) {
    text += cat(check->id, "  ", check->summary, '\n');
    text += cat("    reads ",
                check->reads,
                "; tiers ",
                tiers_of(*check),
                "; ",
                word_of(check->severity),
                ", ",
                word_of(check->action),
                '\n');
    text += cat("    remedy: ", check->remedy, '\n');
    for (const health::Limit& limit : check->limits)
      text += cat("    limit ",
                  check->id,
                  '.',
                  limit.name,
                  " = ",
                  health::number_text(limit.standard),
                  "  ",
                  limit.help,
                  '\n');
  }
  return text;
}

}  // namespace holdfast::cli
