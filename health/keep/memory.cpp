// SPDX-License-Identifier: Apache-2.0
// The memory as values: text forms, what is new, what the past means.
#include "holdfast/health/keep/memory.hpp"

#include "baseline_text.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/facts_json.hpp"

#include <algorithm>

namespace holdfast::health {

void fields(auto& visit, Of<OwnDrain> auto& d) {
  visit("reason", d.reason);
  visit("boot_id", d.boot_id);
  visit("at", d.at);
}

void fields(auto& visit, Of<OpenFault> auto& f) {
  visit("check", f.check);
  visit("subject", f.subject);
  visit("part", f.part);
  visit("what", f.what);
  visit("limit", f.limit);
  visit("severity", f.severity);
  visit("action", f.action);
  visit("boot_id", f.boot_id);
  visit("at", f.at);
  visit("in_hands", f.in_hands);
}

void fields(auto& visit, Of<Baseline> auto& b) {
  visit("boot_id", b.boot_id);
  visit("at", b.at);
}

void fields(auto& visit, Of<HealthEvent> auto& e) {
  visit("at", e.at);
  visit("boot_id", e.boot_id);
  visit("check", e.check);
  visit("subject", e.subject);
  visit("part", e.part);
  visit("what", e.what);
  visit("severity", e.severity);
  visit("action", e.action);
  visit("job", e.job);
  visit("drained", e.drained);
}

namespace {

constexpr std::int64_t day = 86400;

Result<json::value> parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = 8;
  json::error_code error;
  json::value document = json::parse(text, error, {}, options);
  if (error)
    return Failure{FailureKind::unreadable, cat("it is no JSON: ", error.message()), {}, {}};
  return document;
}

std::string key_of(const Finding& finding) { return cat(finding.check, ' ', finding.subject); }

bool tells(const Finding& finding) {
  return is_bad(finding.severity) || finding.severity == Severity::watch;
}

}  // namespace

std::string to_json(const Memory& memory) {
  Writer writer;
  if (memory.drain) writer("drain", *memory.drain);
  writer("clean_runs", memory.clean_runs);
  writer("lifted", memory.lifted);
  writer("features", memory.features);
  writer("features_at", memory.features_at);
  writer("node_class", memory.node_class);
  writer("standing", memory.standing);
  writer("open", memory.open);
  return json::serialize(writer.take());
}

Result<Memory> parse_memory(std::string_view text) {
  const auto document = parse(text);
  if (!document) return document.error();
  std::string wrong;
  Memory memory;
  Reader reader(*document, {}, wrong);
  if (document->is_object() && document->get_object().contains("drain"))
    reader("drain", memory.drain.emplace());
  reader("clean_runs", memory.clean_runs);
  reader("lifted", memory.lifted);
  reader("features", memory.features);
  reader("features_at", memory.features_at);
  reader("node_class", memory.node_class);
  reader("standing", memory.standing);
  reader("open", memory.open);
  if (!wrong.empty()) return Failure{FailureKind::unreadable, wrong, {}, {}};
  return memory;
}

std::string to_json(const HealthEvent& event) {
  Writer writer;
  fields(writer, event);
  return json::serialize(writer.take());
}

Result<HealthEvent> parse_health_event(std::string_view line) {
  const auto document = parse(line);
  if (!document) return document.error();
  std::string wrong;
  HealthEvent event;
  Reader reader(*document, {}, wrong);
  fields(reader, event);
  if (!wrong.empty()) return Failure{FailureKind::unreadable, wrong, {}, {}};
  return event;
}

std::string to_json(const Baseline& baseline) {
  Writer writer;
  writer("boot_id", baseline.boot_id);
  writer("at", baseline.at);
  writer("counters",
         std::map<std::string, std::uint64_t>(baseline.counters.begin(), baseline.counters.end()));
  return json::serialize(writer.take());
}

Result<Baseline> parse_baseline(std::string_view text) {
  const auto document = parse(text);
  if (!document) return document.error();
  std::string wrong;
  Baseline baseline;
  Reader reader(*document, {}, wrong);
  std::map<std::string, std::uint64_t> counters;
  fields(reader, baseline);
  reader("counters", counters);
  if (!wrong.empty()) return Failure{FailureKind::unreadable, wrong, {}, {}};
  baseline.counters.insert(counters.begin(), counters.end());
  return baseline;
}

std::vector<HealthEvent> news(const Memory& memory,
                              std::span<const Finding> findings,
                              const Facts& facts,
                              std::string_view job) {
  std::vector<HealthEvent> events;
  for (const Finding& finding : findings) {
    if (!tells(finding)) continue;
    if (std::ranges::find(memory.standing, key_of(finding)) != memory.standing.end()) continue;
    events.push_back({facts.at,
                      facts.boot_id,
                      finding.check,
                      finding.subject,
                      finding.part,
                      finding.what,
                      finding.severity,
                      finding.action,
                      std::string(job),
                      false});
  }
  return events;
}

void stand(Memory& memory, std::span<const Finding> findings, Tier tier) {
  std::erase_if(memory.standing, [tier](const std::string& key) {
    const Check* check = find_check(key.substr(0, key.find(' ')));
    return check == nullptr || (check->tiers & bit(tier)) != 0;
  });
  for (const Finding& finding : findings)
    if (tells(finding)) memory.standing.push_back(key_of(finding));
}

Past past_of(const Memory& memory, std::span<const HealthEvent> events, std::int64_t now) {
  Past past;
  past.drain = memory.drain;
  past.clean_runs = memory.clean_runs;
  past.lifts_today = static_cast<unsigned>(
      std::ranges::count_if(memory.lifted, [now](std::int64_t at) { return at > now - day; }));
  // What the node is drained for now is not yet a fault that came back.
  const std::int64_t until = memory.drain ? memory.drain->at : now + 1;
  for (const HealthEvent& event : events)
    if (event.drained && event.at > now - 7 * day && event.at < until)
      ++past.repeats[event.part.empty() ? event.subject : event.part];
  return past;
}

}  // namespace holdfast::health
