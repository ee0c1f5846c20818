// SPDX-License-Identifier: Apache-2.0
#include "cli/report/sheet.hpp"

#include "cli/printable.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/accounts.hpp"

namespace holdfast::cli {

using events::Accounts;
using events::AttemptAccount;
using events::AttemptState;
using events::RunState;

namespace {

std::string hours(double node_hours) { return decimal(node_hours, 2); }

std::string headline_of(const RunState& state) {
  std::string out = cat("job ", printable(state.job), ": ", shown_word(phase_of(state)));
  if (state.ended) out += cat(", exit ", state.ended->exit, ": ", printable(state.ended->why));
  return out;
}

std::vector<Fact> facts_of(const SeenRun& run, const Accounts& accounts) {
  const RunState& state = run.state;
  std::vector<Fact> facts;
  facts.push_back({"time",
                   cat(shown_moment(state.first_ms),
                       " to ",
                       shown_moment(run.as_of_ms),
                       state.ended ? "" : " (not ended)",
                       ", ",
                       shown_span(accounts.wall_ms))});
  facts.push_back({"command", shown_command(state.command)});
  if (!state.starts.empty()) {
    const auto& start = state.starts.back();
    facts.push_back({"nodes",
                     cat(start.nodes.size(),
                         ", of which an attempt uses ",
                         start.wanted,
                         ": ",
                         shown_names(start.nodes))});
  }
  facts.push_back({"attempts",
                   cat(state.attempts.size(),
                       " in ",
                       count(state.starts.size(), "start"),
                       " of the job, ",
                       count(state.checkpoints.size(), "checkpoint"),
                       " seen")});
  for (const events::TakeOver& over : state.take_overs)
    facts.push_back({"take-over",
                     cat(shown_moment(over.at_ms),
                         ": ",
                         printable(over.to_host),
                         " for ",
                         printable(over.from_host),
                         ", silent for ",
                         shown_span(over.silent_ms))});
  for (const events::StartState& start : state.starts)
    if (start.requeued)
      facts.push_back({"requeued",
                       cat(shown_moment(start.requeued_ms.value_or(start.last_ms)),
                           ": ",
                           printable(start.requeued->why),
                           start.requeued->exclude.empty()
                               ? std::string()
                               : cat("; without ", shown_names(start.requeued->exclude)))});
  for (const std::string& path : state.condemned)
    facts.push_back({"condemned", printable(path)});
  for (const events::ControlSaid& said : state.controls)
    facts.push_back({"control",
                     cat(shown_moment(said.at_ms),
                         ": ",
                         printable(said.what.user),
                         " said ",
                         printable(said.what.word),
                         said.what.args.empty() ? "" : " ",
                         shown_names(said.what.args))});
  return facts;
}

Table attempts_of(const RunState& state, const Accounts& accounts) {
  Table table{{"ATTEMPT", "STARTED", "NODES", "FROM", "RAN", "LOST", "NEWEST STEP", "ENDED"}};
  table.reserve(state.attempts.size() + 1);
  for (std::size_t index = 0; index < state.attempts.size(); ++index) {
    const AttemptState& attempt = state.attempts[index];
    const AttemptAccount& account = accounts.attempts[index];
    table.push_back({cat(attempt.number),
                     shown_moment(attempt.started_ms),
                     cat(attempt.nodes.size()),
                     shown_resume(attempt.resume),
                     attempt.running_ms ? shown_span(account.running_ms) : "never",
                     account.lost_ms == 0 ? "-" : shown_span(account.lost_ms),
                     attempt.newest_step ? cat(*attempt.newest_step) : "-",
                     shown_end(attempt)});
  }
  return table;
}

std::string shown_rank(const events::RankFailed& failed) {
  std::string out = failed.rank ? cat("rank ", *failed.rank) : "a rank";
  if (!failed.node.empty()) out += cat(" on ", printable(failed.node));
  if (failed.signal)
    out += cat(", signal ", *failed.signal);
  else if (failed.exit)
    out += cat(", exit ", *failed.exit);
  if (failed.core) out += ", core dumped";
  if (failed.oom) out += ", out of memory";
  if (!failed.text.empty()) out += cat(": ", printable(failed.text));
  return out;
}

std::string shown_times(const AttemptState& attempt, const AttemptAccount& account) {
  std::vector<std::string> parts;
  if (attempt.detected_ms)
    parts.push_back(cat("detected after ", shown_span(*attempt.detected_ms)));
  if (attempt.teardown_ms) parts.push_back(cat("torn down in ", shown_span(*attempt.teardown_ms)));
  if (account.recovery_ms)
    parts.push_back(cat("all ranks running again after ", shown_span(*account.recovery_ms)));
  return parts.empty() ? "not known" : join(parts, ", ");
}

std::string shown_price(const AttemptState& attempt, const AttemptAccount& account) {
  const double node_hours = static_cast<double>(attempt.nodes.size()) *
                            static_cast<double>(account.lost_ms) / (3600.0 * 1000);
  std::string out = cat(shown_span(account.lost_ms), " of running");
  if (account.steps_lost) out += cat(", about ", count(*account.steps_lost, "step"));
  return out + cat(", ", hours(node_hours), " node-hours");
}

Section loss_of(const AttemptState& attempt, const AttemptAccount& account) {
  const events::LossJudged& loss = *attempt.loss;
  Section section{cat("attempt ", attempt.number, ": ", shown_word(loss.cause)), {}};
  section.facts.push_back({"why", printable(loss.why)});
  section.facts.push_back({"blamed", loss.blamed.empty() ? "no node" : shown_names(loss.blamed)});
  if (attempt.first_failure) section.facts.push_back({"first", shown_rank(*attempt.first_failure)});
  for (const std::string& sentence : loss.evidence)
    section.facts.push_back({"evidence", printable(sentence)});
  section.facts.push_back({"times", shown_times(attempt, account)});
  if (attempt.teardown && !attempt.teardown->unreachable.empty())
    section.facts.push_back({"unreachable", shown_names(attempt.teardown->unreachable)});
  section.facts.push_back({"price", shown_price(attempt, account)});
  if (attempt.decided)
    section.facts.push_back({"decided",
                             cat(shown_word(attempt.decided->decision),
                                 ", from ",
                                 shown_resume(attempt.decided->resume),
                                 ": ",
                                 printable(attempt.decided->why))});
  return section;
}

std::string shown_standing(const events::NodeState& node) {
  if (node.standing == events::NodeStanding::lost) return "lost";
  if (!node.in_allocation) return "of an earlier start";
  if (node.standing == events::NodeStanding::expected) return "never reported";
  if (node.in_attempt) return "in the attempt";
  return node.unfit ? "unfit" : "spare";
}

/// All nodes while they are few; of many, those that were blamed, lost or spared.
Table nodes_of(const RunState& state) {
  constexpr std::size_t few = 16;
  Table table{{"NODE", "STANDING", "LOST", "BLAMED FOR", "WHY"}};
  for (const auto& [name, node] : state.nodes) {
    const std::string standing = shown_standing(node);
    const bool telling = !node.blamed.empty() || node.losses > 0 || standing != "in the attempt";
    if (!telling && state.nodes.size() > few) continue;
    std::vector<std::string> blamed;
    blamed.reserve(node.blamed.size());
    for (const unsigned attempt : node.blamed)
      blamed.push_back(cat(attempt));
    table.push_back({printable(name),
                     standing,
                     node.losses == 0 ? "-" : cat(node.losses),
                     blamed.empty()
                         ? "-"
                         : cat(blamed.size() == 1 ? "attempt " : "attempts ", shown_names(blamed)),
                     printable(node.why)});
  }
  return table;
}

std::vector<Fact> figures_of(const Accounts& accounts) {
  std::vector<Fact> facts{
      {"wall time", shown_span(accounts.wall_ms)},
      {"running", shown_span(accounts.running_ms)},
      {"kept", shown_span(accounts.kept_ms)},
      {"lost", shown_span(accounts.lost_ms)},
  };
  if (accounts.steps_lost) facts.push_back({"steps lost", cat("about ", *accounts.steps_lost)});
  if (accounts.at_risk_ms > 0)
    facts.push_back(
        {"at risk", cat(shown_span(accounts.at_risk_ms), " since the last checkpoint")});
  facts.push_back({"node-hours",
                   cat(hours(accounts.node_hours),
                       " had, ",
                       hours(accounts.node_hours_kept),
                       " kept, ",
                       hours(accounts.node_hours_lost),
                       " lost")});
  facts.push_back({"ETTR", cat(shown_share(accounts.ettr), " (kept / wall time)")});
  facts.push_back(
      {"goodput", cat(shown_share(accounts.goodput), " (node-hours kept / node-hours had)")});
  return facts;
}

}  // namespace

Sheet sheet_of(const SeenRun& run) {
  const Accounts accounts = events::account(run.state, run.as_of_ms);
  Sheet sheet;
  sheet.headline = headline_of(run.state);
  sheet.facts = facts_of(run, accounts);
  sheet.attempts = attempts_of(run.state, accounts);
  for (std::size_t index = 0; index < run.state.attempts.size(); ++index)
    if (run.state.attempts[index].loss)
      sheet.losses.push_back(loss_of(run.state.attempts[index], accounts.attempts[index]));
  sheet.nodes = nodes_of(run.state);
  sheet.figures = figures_of(accounts);
  sheet.doubts = run.doubts;
  return sheet;
}

}  // namespace holdfast::cli
