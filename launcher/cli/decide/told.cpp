// SPDX-License-Identifier: Apache-2.0
#include "cli/decide/told.hpp"

#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::cli {

namespace {

namespace json = boost::json;
using recovery::DecisionKind;

constexpr std::size_t label_width = 13;

std::string row(std::string_view label, std::string_view text) {
  return cat(padded(label, label_width), printable(text), '\n');
}

std::string shown(const recovery::Resume& resume) {
  if (!resume.step) return resume.path;
  return cat(resume.path, " (step ", *resume.step, ')');
}

json::array list(const std::vector<std::string>& texts) {
  json::array all;
  all.reserve(texts.size());
  for (const std::string& text : texts)
    all.emplace_back(text);
  return all;
}

bool starts(DecisionKind kind) {
  return kind == DecisionKind::restart || kind == DecisionKind::replace ||
         kind == DecisionKind::shrink;
}

}  // namespace

std::string told(const recovery::Decision& decision, const recovery::Loss& loss, bool explain) {
  std::string out = row("loss", cat(phrase_of(loss.cause), loss.why.empty() ? "" : ": ", loss.why));
  if (explain) {
    for (const std::string& one : loss.evidence)
      out += row("evidence", one);
    if (!loss.blamed.empty()) out += row("blamed", join(loss.blamed, " "));
    if (!loss.fingerprint.empty()) out += row("fingerprint", loss.fingerprint);
    for (const std::string& one : decision.considered)
      out += row("refused", one);
  }
  out += row("decision", word_of(decision.kind));
  out += row("why", decision.why);
  if (!decision.nodes.empty()) out += row("nodes", join(decision.nodes, " "));
  if (!decision.exclude.empty()) out += row("without", join(decision.exclude, " "));
  for (const std::string& path : decision.condemn)
    out += row("condemned", path);
  if (starts(decision.kind))
    out += row("resume", decision.resume ? shown(*decision.resume) : "from the beginning");
  if (decision.wait_ms > 0)
    out += row("wait", cat(decimal(static_cast<double>(decision.wait_ms) / 1000.0, 1), " s"));
  if (decision.kind == DecisionKind::stop) {
    out += row("exit code", cat(decision.exit_code));
    out += row("verdict", decision.verdict);
  }
  return out;
}

std::string told_json(const recovery::Decision& decision, const recovery::Loss& loss) {
  json::object resume;
  if (decision.resume) {
    resume = {{"path", decision.resume->path}, {"format", decision.resume->format}};
    resume["step"] = decision.resume->step ? json::value(*decision.resume->step) : nullptr;
  }
  const json::object all{
      {"decision", word_of(decision.kind)},
      {"why", decision.why},
      {"nodes", list(decision.nodes)},
      {"exclude", list(decision.exclude)},
      {"resume", decision.resume ? json::value(resume) : json::value(nullptr)},
      {"wait_ms", decision.wait_ms},
      {"condemn", list(decision.condemn)},
      {"exit_code",
       decision.kind == DecisionKind::stop ? json::value(decision.exit_code) : nullptr},
      {"verdict", decision.verdict},
      {"considered", list(decision.considered)},
      {"loss",
       json::object{{"cause", word_of(loss.cause)},
                    {"why", loss.why},
                    {"blamed", list(loss.blamed)},
                    {"fingerprint", loss.fingerprint},
                    {"self_proving", loss.self_proving},
                    {"exit_code", loss.exit_code},
                    {"evidence", list(loss.evidence)}}}};
  return json::serialize(all) + '\n';
}

}  // namespace holdfast::cli
