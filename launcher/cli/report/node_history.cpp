// SPDX-License-Identifier: Apache-2.0
#include "cli/report/node_history.hpp"

#include "cli/printable.hpp"
#include "cli/render/words.hpp"
#include "cli/report/words.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::cli {

namespace json = boost::json;

namespace {

NodeInRun in_run(const events::RunState& state,
                 const events::NodeState& facts,
                 std::string_view node) {
  NodeInRun out{state.job, state.first_ms, 0, facts.losses, facts.blamed.size()};
  out.attempts = static_cast<std::size_t>(
      std::ranges::count_if(state.attempts, [node](const events::AttemptState& attempt) {
        return std::ranges::find(attempt.nodes, node) != attempt.nodes.end();
      }));
  return out;
}

void put_blames(std::vector<Blame>& blames, const events::RunState& state, std::string_view node) {
  for (const events::AttemptState& attempt : state.attempts) {
    if (!attempt.loss) continue;
    const auto& blamed = attempt.loss->blamed;
    if (std::ranges::find(blamed, node) != blamed.end())
      blames.push_back({state.job,
                        attempt.number,
                        attempt.ended_ms.value_or(attempt.started_ms),
                        attempt.loss->cause,
                        attempt.loss->why});
  }
}

}  // namespace

NodeHistory history_of_node(std::span<const SeenRun> runs, std::string_view node) {
  NodeHistory history;
  history.node = node;
  for (const SeenRun& run : runs) {
    const auto found = run.state.nodes.find(history.node);
    if (found == run.state.nodes.end()) continue;
    history.runs.push_back(in_run(run.state, found->second, node));
    put_blames(history.blames, run.state, node);
  }
  std::ranges::stable_sort(history.blames, std::ranges::greater{}, &Blame::at_ms);
  return history;
}

std::string node_history_text(const NodeHistory& history) {
  unsigned losses = 0;
  for (const NodeInRun& run : history.runs)
    losses += run.losses;
  std::string out = cat(printable(history.node),
                        ": in ",
                        count(history.runs.size(), "run"),
                        ", fell silent ",
                        count(losses, "time"),
                        ", blamed for ",
                        count(history.blames.size(), "attempt"),
                        '\n');
  Table runs{{"JOB", "STARTED", "ATTEMPTS", "SILENT", "BLAMED"}};
  runs.reserve(history.runs.size() + 1);
  for (const NodeInRun& run : history.runs)
    runs.push_back({printable(run.job),
                    shown_moment(run.first_ms),
                    cat(run.attempts),
                    cat(run.losses),
                    cat(run.blamed)});
  out += cat('\n', aligned_table(runs, ""));
  if (history.blames.empty()) return out;
  Table blames{{"WHEN", "JOB", "ATTEMPT", "CAUSE", "WHY"}};
  blames.reserve(history.blames.size() + 1);
  for (const Blame& blame : history.blames)
    blames.push_back({shown_moment(blame.at_ms),
                      printable(blame.job),
                      cat(blame.attempt),
                      shown_word(blame.cause),
                      printable(blame.why)});
  return out + cat('\n', aligned_table(blames, ""));
}

std::string node_history_json(const NodeHistory& history) {
  json::array runs;
  runs.reserve(history.runs.size());
  for (const NodeInRun& run : history.runs)
    runs.push_back(json::object{{"job", printable(run.job)},
                                {"first_ms", run.first_ms},
                                {"attempts", run.attempts},
                                {"losses", run.losses},
                                {"blamed", run.blamed}});
  json::array blames;
  blames.reserve(history.blames.size());
  for (const Blame& blame : history.blames)
    blames.push_back(json::object{{"job", printable(blame.job)},
                                  {"attempt", blame.attempt},
                                  {"at_ms", blame.at_ms},
                                  {"cause", printable(blame.cause)},
                                  {"why", printable(blame.why)}});
  return json::serialize(json::object{{"v", 1},
                                      {"node", printable(history.node)},
                                      {"runs", std::move(runs)},
                                      {"blames", std::move(blames)}});
}

}  // namespace holdfast::cli
