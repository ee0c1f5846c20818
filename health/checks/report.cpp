// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast::health {

std::string number_text(double number) {
  const double whole = std::round(number);
  if (std::abs(number - whole) < 0.0005 && std::abs(whole) < 1e15)
    return cat(static_cast<std::int64_t>(whole));
  return decimal(number, 1);
}

double Report::limit(std::string_view name) const {
  const auto changed = sight_.limits.changed.find(cat(check_.id, '.', name));
  if (changed != sight_.limits.changed.end()) return changed->second;
  const auto row = std::ranges::find(check_.limits, name, &Limit::name);
  return row == check_.limits.end() ? 0 : row->standard;
}

std::optional<std::uint64_t> Report::grown(std::string_view subject,
                                           std::string_view counter,
                                           std::uint64_t value,
                                           Since since) {
  const auto grew = growth(before(since), facts, counter_name(subject, counter), value);
  ++asked_growth_;
  got_growth_ += grew ? 1 : 0;
  return grew;
}

std::vector<std::string> Report::subjects_before(std::string_view counter) const {
  std::vector<std::string> subjects;
  if (sight_.before.boot_id.empty() || sight_.before.boot_id != facts.boot_id) return subjects;
  const std::string mark = counter_name("", counter);
  for (const auto& [name, value] : sight_.before.counters)
    if (name.ends_with(mark)) subjects.push_back(name.substr(0, name.size() - mark.size()));
  return subjects;
}

const Baseline& Report::before(Since since) const {
  const Baseline* older = since == Since::an_hour ? sight_.an_hour_ago
                          : since == Since::a_day ? sight_.a_day_ago
                                                  : nullptr;
  return older != nullptr ? *older : sight_.before;
}

double Report::hours(Since since) const {
  return std::max(1.0, static_cast<double>(facts.at - before(since).at) / 3600.0);
}

Finding& Report::against(std::string_view subject, std::string what, std::string limit) {
  saw_ = true;
  Finding& made = out_.emplace_back();
  made.check = check_.id;
  made.subject = subject;
  made.severity = check_.severity;
  made.action = check_.action;
  made.what = std::move(what);
  made.limit = std::move(limit);
  made.remedy = check_.remedy;
  made.clears = check_.clears;
  if (facts.gpus.known())
    for (const GpuFacts& gpu : *facts.gpus)
      if (subject == cat("GPU ", gpu.at)) made.part = gpu.uuid.value_or("");
  return made;
}

Finding& Report::watch(std::string_view subject, std::string what, std::string limit) {
  Finding& made = against(subject, std::move(what), std::move(limit));
  made.severity = std::min(made.severity, Severity::watch);
  made.action = std::min(made.action, Action::note);
  return made;
}

void Report::unseen(std::string_view subject, std::string_view why) {
  std::string what = cat("could not be seen: ", why);
  // a GPU has dozens of links whose counters one call tells, or does not
  if (!out_.empty() && out_.back().check == check_.id && out_.back().subject == subject &&
      out_.back().what == what)
    return;
  Finding& made = against(subject, std::move(what));
  made.severity = Severity::unknown;
  made.action = Action::none;
  made.remedy = "run `holdfast check --explain` on the node";
}

void Report::least(std::string_view subject, std::string_view of, double value, double limit) {
  saw();
  if (value < limit)
    against(subject, cat(of, ' ', number_text(value)), cat("at least ", number_text(limit)));
}

void Report::most(std::string_view subject, std::string_view of, double value, double limit) {
  saw();
  if (value > limit)
    against(subject, cat(of, ' ', number_text(value)), cat("at most ", number_text(limit)));
}

}  // namespace holdfast::health
