// SPDX-License-Identifier: Apache-2.0
// `holdfast history NODE`: what the runs under one root know of a node. A node that is blamed in
// several jobs is sick, whatever each of them made of it.
#include "cli/printable.hpp"
#include "cli/report/node_history.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::cli {

namespace {

constexpr std::array options_of_history{
    options_of_place[1],
    OptionSpec{
        .name = "json", .takes = Takes::nothing, .argument = "", .help = "print one JSON object"},
};

Result<ExitStatus> run_history(const ParsedOptions& options, Caller& caller) {
  if (options.operands().empty())
    return Failure{
        FailureKind::bad_input, "it must be said which node", "write `holdfast history NODE`", {}};
  const std::string& node = options.operands().front();
  const auto root = root_of(options, caller.environment);
  if (!root) return root.error();
  const auto seen = read_runs(*root);
  if (!seen) return seen.error();
  for (const std::string& doubt : seen->doubts)
    caller.voice.warning(doubt);
  const NodeHistory history = history_of_node(seen->runs, node);
  if (options.has("json"))
    caller.out << node_history_json(history) << '\n';
  else if (!history.runs.empty())
    caller.out << node_history_text(history);
  if (!history.runs.empty()) return ExitStatus::ok;
  caller.voice.note(cat("no run in ", printable(*root), " had the node ", printable(node)));
  return ExitStatus::negative;
}

}  // namespace

const Verb history_verb{
    .name = "history",
    .summary = "what past runs know of a node",
    .about =
        "Tells in which runs a node was, how often it fell silent, and for which attempts it was\n"
        "blamed. Exit status: 0 told, 1 no run had it.",
    .operands = {.shown = "NODE", .at_most = 1, .is_command = false},
    .options = options_of_history,
    .examples = "holdfast history node17 --root /scratch/holdfast",
    .run = run_history,
};

}  // namespace holdfast::cli
