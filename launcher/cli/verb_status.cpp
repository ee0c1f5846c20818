// SPDX-License-Identifier: Apache-2.0
// `holdfast status [JOB]`: where a run stands, from its event log alone. Nobody is asked: it works
// on every node, and while the supervisor is gone.
#include "cli/printable.hpp"
#include "cli/report/runs.hpp"
#include "cli/report/screen.hpp"
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/status.hpp"

namespace holdfast::cli {

namespace {

constexpr std::array options_of_status{
    options_of_place[0],
    options_of_place[1],
    OptionSpec{.name = "json", .takes = Takes::nothing, .argument = "", .help = "print JSON"},
    OptionSpec{.name = "prometheus",
               .takes = Takes::file,
               .argument = "FILE",
               .help = "write metrics for Prometheus' text file collector, by rename"},
};

void tell_doubts(const SeenRun& run, std::int64_t now, Caller& caller) {
  for (const std::string& doubt : run.doubts)
    caller.voice.warning(doubt);
  if (is_silent(run, now))
    caller.voice.warning(cat("job ",
                             printable(run.state.job),
                             " has given no sign of life for a while: its supervisor may be gone; "
                             "ask squeue"));
}

/// True when the metrics went to a file, and nothing else is to be printed.
Result<bool> wrote_metrics(const ParsedOptions& options,
                           const std::vector<SeenRun>& runs,
                           Caller& caller) {
  const auto file = options.value("prometheus");
  if (!file) return false;
  std::vector<events::RunAt> states;
  states.reserve(runs.size());
  for (const SeenRun& run : runs)
    states.push_back({run.state, run.as_of_ms});
  const std::string text = events::prometheus_text(states);
  if (*file == "-") {
    caller.out << text;
    return true;
  }
  const auto written = events::replace_file(*file, text);
  if (!written) return written.error();
  return true;
}

Result<ExitStatus> show_one(const std::string& directory,
                            const ParsedOptions& options,
                            Caller& caller) {
  auto run = read_run(directory);
  if (!run) return run.error();
  std::vector<SeenRun> runs;
  runs.push_back(std::move(*run));
  const auto wrote = wrote_metrics(options, runs, caller);
  if (!wrote) return wrote.error();
  if (*wrote) return ExitStatus::ok;
  const SeenRun& one = runs.front();
  const std::int64_t now = now_ms();
  if (options.has("json"))
    caller.out << events::status_json(one.state, one.as_of_ms) << '\n';
  else
    caller.out << status_screen(one, now, caller.looks);
  tell_doubts(one, now, caller);
  return ExitStatus::ok;
}

Result<ExitStatus> show_all(const ParsedOptions& options, Caller& caller) {
  const auto root = root_of(options, caller.environment);
  if (!root) return root.error();
  const auto seen = read_runs(*root);
  if (!seen) return seen.error();
  for (const std::string& doubt : seen->doubts)
    caller.voice.warning(doubt);
  const auto wrote = wrote_metrics(options, seen->runs, caller);
  if (!wrote) return wrote.error();
  if (*wrote) return ExitStatus::ok;
  if (options.has("json")) {
    caller.out << "{\"runs\":[";
    for (std::size_t index = 0; index < seen->runs.size(); ++index)
      caller.out << (index == 0 ? "" : ",\n")
                 << events::status_json(seen->runs[index].state, seen->runs[index].as_of_ms);
    caller.out << "]}\n";
  } else if (!seen->runs.empty()) {
    caller.out << status_table(seen->runs, now_ms());
  }
  if (!seen->runs.empty()) return ExitStatus::ok;
  caller.voice.note(cat("no run has left anything in ", printable(*root)));
  return ExitStatus::negative;
}

Result<ExitStatus> run_status(const ParsedOptions& options, Caller& caller) {
  if (options.has("json") && options.has("prometheus"))
    return Failure{FailureKind::bad_input,
                   "--json and --prometheus exclude each other",
                   "ask for one of them",
                   {}};
  const auto directory = named_directory(options, caller.environment);
  if (!directory) return directory.error();
  return directory->empty() ? show_all(options, caller) : show_one(*directory, options, caller);
}

}  // namespace

const Verb status_verb{
    .name = "status",
    .summary = "where runs stand: attempts, nodes, checkpoints",
    .about =
        "Shows one run on one screen, or all runs that have left something, a line each. Reads\n"
        "their event logs and asks nobody. Exit status: 0 shown, 1 there is no run.",
    .operands = {.shown = "[JOB]", .at_most = 1, .is_command = false},
    .options = options_of_status,
    .examples =
        "holdfast status\n"
        "holdfast status 4711 --json",
    .run = run_status,
};

}  // namespace holdfast::cli
