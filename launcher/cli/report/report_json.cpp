// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"
#include "cli/report/sheet.hpp"
#include "holdfast/events/accounts.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::cli {

namespace json = boost::json;

using events::AttemptState;

namespace {

template <class Number>
void put(json::object& out, std::string_view name, const std::optional<Number>& number) {
  if (number)
    out[name] = *number;
  else
    out[name] = nullptr;
}

json::array texts(const std::vector<std::string>& items) {
  json::array out;
  out.reserve(items.size());
  for (const std::string& item : items)
    out.emplace_back(printable(item));
  return out;
}

json::value resume_json(const std::optional<events::ResumePoint>& point) {
  if (!point) return nullptr;
  json::object out{{"path", printable(point->path)}, {"format", printable(point->format)}};
  put(out, "step", point->step);
  return out;
}

json::value loss_json(const std::optional<events::LossJudged>& loss) {
  if (!loss) return nullptr;
  return json::object{{"cause", printable(loss->cause)},
                      {"blamed", texts(loss->blamed)},
                      {"why", printable(loss->why)},
                      {"fingerprint", printable(loss->fingerprint)},
                      {"evidence", texts(loss->evidence)}};
}

json::value decided_json(const std::optional<events::Decided>& decided) {
  if (!decided) return nullptr;
  return json::object{{"decision", printable(decided->decision)},
                      {"nodes", texts(decided->nodes)},
                      {"exclude", texts(decided->exclude)},
                      {"resume", resume_json(decided->resume)},
                      {"wait_ms", decided->wait_ms},
                      {"why", printable(decided->why)}};
}

json::value first_failure_json(const std::optional<events::RankFailed>& failed) {
  if (!failed) return nullptr;
  json::object out;
  put(out, "rank", failed->rank);
  out["node"] = printable(failed->node);
  put(out, "exit", failed->exit);
  put(out, "signal", failed->signal);
  out["core"] = failed->core;
  out["oom"] = failed->oom;
  out["text"] = printable(failed->text);
  return out;
}

json::object attempt_json(const AttemptState& attempt, const events::AttemptAccount& account) {
  json::object out{{"number", attempt.number},
                   {"restart", attempt.restart},
                   {"nodes", texts(attempt.nodes)},
                   {"resume", resume_json(attempt.resume)},
                   {"why", printable(attempt.why)},
                   {"started_ms", attempt.started_ms}};
  put(out, "running_ms", attempt.running_ms);
  put(out, "ended_ms", attempt.ended_ms);
  put(out, "exit", attempt.exit);
  put(out, "signal", attempt.signal);
  put(out, "launch_took_ms", attempt.launch_ms);
  put(out, "detection_took_ms", attempt.detected_ms);
  put(out, "teardown_took_ms", attempt.teardown_ms);
  put(out, "recovery_took_ms", account.recovery_ms);
  out["checkpoints"] = attempt.checkpoints;
  put(out, "newest_step", attempt.newest_step);
  out["first_failure"] = first_failure_json(attempt.first_failure);
  out["loss"] = loss_json(attempt.loss);
  out["decided"] = decided_json(attempt.decided);
  out["kept_ms"] = account.kept_ms;
  out["lost_ms"] = account.lost_ms;
  put(out, "steps_lost", account.steps_lost);
  return out;
}

json::array nodes_json(const events::RunState& state) {
  json::array out;
  out.reserve(state.nodes.size());
  for (const auto& [name, node] : state.nodes) {
    const bool lost = node.standing == events::NodeStanding::lost;
    const bool living = node.standing == events::NodeStanding::living;
    out.push_back(json::object{{"node", printable(name)},
                               {"standing",
                                lost     ? "lost"
                                : living ? "living"
                                         : "expected"},
                               {"in_allocation", node.in_allocation},
                               {"in_attempt", node.in_attempt},
                               {"unfit", node.unfit},
                               {"losses", node.losses},
                               {"blamed", json::array(node.blamed.begin(), node.blamed.end())},
                               {"why", printable(node.why)}});
  }
  return out;
}

json::object accounts_json(const events::Accounts& accounts) {
  json::object out{{"wall_ms", accounts.wall_ms},
                   {"running_ms", accounts.running_ms},
                   {"kept_ms", accounts.kept_ms},
                   {"lost_ms", accounts.lost_ms},
                   {"at_risk_ms", accounts.at_risk_ms},
                   {"node_hours", accounts.node_hours},
                   {"node_hours_kept", accounts.node_hours_kept},
                   {"node_hours_lost", accounts.node_hours_lost}};
  put(out, "steps_lost", accounts.steps_lost);
  put(out, "ettr", accounts.ettr);
  put(out, "goodput", accounts.goodput);
  return out;
}

}  // namespace

std::string report_json(const SeenRun& run) {
  const events::RunState& state = run.state;
  const events::Accounts accounts = events::account(state, run.as_of_ms);
  json::object out{{"v", 1},
                   {"job", printable(state.job)},
                   {"phase", printable(phase_of(state))},
                   {"command", texts(state.command)},
                   {"first_ms", state.first_ms},
                   {"as_of_ms", run.as_of_ms},
                   {"figures", accounts_json(accounts)}};
  json::array attempts;
  attempts.reserve(state.attempts.size());
  for (std::size_t index = 0; index < state.attempts.size(); ++index)
    attempts.emplace_back(attempt_json(state.attempts[index], accounts.attempts[index]));
  out["attempts"] = std::move(attempts);
  out["nodes"] = nodes_json(state);
  json::array overs;
  overs.reserve(state.take_overs.size());
  for (const events::TakeOver& over : state.take_overs)
    overs.push_back(json::object{{"from", printable(over.from_host)},
                                 {"to", printable(over.to_host)},
                                 {"silent_ms", over.silent_ms},
                                 {"at_ms", over.at_ms}});
  out["take_overs"] = std::move(overs);
  out["condemned"] = texts({state.condemned.begin(), state.condemned.end()});
  if (state.ended)
    out["ended"] = json::object{{"exit", state.ended->exit},
                                {"verdict", printable(state.ended->verdict)},
                                {"why", printable(state.ended->why)}};
  else
    out["ended"] = nullptr;
  out["doubts"] = texts(run.doubts);
  return json::serialize(out);
}

}  // namespace holdfast::cli
