// SPDX-License-Identifier: Apache-2.0
#include "supervise/explanation.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::supervise {

namespace {

/// Indented, so that a log shows at a glance which lines belong to the sentence before them.
std::string row(std::string_view label, std::string_view text) {
  return cat("  ", label, ": ", text);
}

std::string shown(const std::optional<recovery::Resume>& resume) {
  if (!resume) return "the beginning";
  return resume->step ? cat(resume->path, " (step ", *resume->step, ')') : resume->path;
}

bool starts(recovery::DecisionKind kind) {
  using Kind = recovery::DecisionKind;
  return kind == Kind::restart || kind == Kind::replace || kind == Kind::shrink;
}

}  // namespace

std::vector<std::string> explanation(const recovery::Decision& decision,
                                     const recovery::Loss& loss) {
  std::vector<std::string> lines;
  lines.reserve(loss.evidence.size() + decision.considered.size() + 6);
  for (const std::string& one : loss.evidence)
    lines.push_back(row("evidence", one));
  if (!loss.blamed.empty()) lines.push_back(row("blamed", join(loss.blamed, " ")));
  for (const std::string& one : decision.considered)
    lines.push_back(row("refused", one));
  if (!decision.nodes.empty()) lines.push_back(row("nodes", join(decision.nodes, " ")));
  if (!decision.exclude.empty()) lines.push_back(row("without", join(decision.exclude, " ")));
  if (starts(decision.kind)) lines.push_back(row("resume", shown(decision.resume)));
  if (decision.wait_ms > 0) lines.push_back(row("wait", cat(decision.wait_ms, " ms")));
  return lines;
}

std::vector<std::string> explanation(const std::vector<std::string>& nodes,
                                     const std::vector<std::string>& spares,
                                     const std::optional<recovery::Resume>& resume,
                                     const std::string& why) {
  std::vector<std::string> lines{row("nodes", join(nodes, " "))};
  if (!spares.empty()) lines.push_back(row("spares", join(spares, " ")));
  lines.push_back(row("resume", shown(resume)));
  if (!why.empty()) lines.push_back(row("why", why));
  return lines;
}

}  // namespace holdfast::supervise
