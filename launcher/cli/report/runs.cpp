// SPDX-License-Identifier: Apache-2.0
#include "cli/report/runs.hpp"

#include "cli/printable.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/log.hpp"
#include "holdfast/events/state_directory.hpp"
#include "holdfast/events/status.hpp"

#include <algorithm>
#include <chrono>

namespace holdfast::cli {

namespace {

std::string_view value_of(const affinity::Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view{} : found->second;
}

std::vector<std::string> doubts_about(const events::LogContents& log) {
  std::vector<std::string> doubts;
  if (log.bad_lines > 0)
    doubts.push_back(cat(count(log.bad_lines, "line"),
                         " of the event log cannot be understood; the first begins at byte ",
                         log.bad.front().offset));
  if (log.too_late > 0)
    doubts.push_back(cat(count(log.too_late, "event"),
                         " of a supervisor that had been succeeded were left out"));
  if (!log.whole) doubts.emplace_back("the event log is too long to be read as a whole");
  return doubts;
}

}  // namespace

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<SeenRun> read_run(const std::string& directory) {
  const auto log = events::read_log(directory);
  if (!log) {
    Failure failure = log.error();
    if (failure.kind != FailureKind::not_found) return failure;
    return Failure{FailureKind::not_found,
                   cat("there is no run in ", printable(directory)),
                   "`holdfast status` lists the runs it finds",
                   {}};
  }
  if (log->records.empty())
    return Failure{FailureKind::not_found,
                   log->bad_lines == 0
                       ? cat("the event log in ", printable(directory), " holds no event yet")
                       : cat("the event log in ",
                             printable(directory),
                             " holds no event yet: ",
                             count(log->bad_lines, "line"),
                             " of it cannot be understood"),
                   "a run writes its first one as it starts; ask squeue whether the job runs",
                   {}};
  SeenRun run;
  run.directory = directory;
  run.state = events::replay(log->records);
  run.doubts = doubts_about(*log);
  run.as_of_ms = run.state.last_ms;
  if (run.state.ended_ms)
    run.as_of_ms = *run.state.ended_ms;
  else if (const auto sign = events::read_sign_of_life(directory))
    run.as_of_ms = std::max(run.as_of_ms, *sign);
  return run;
}

Result<std::string> root_of(const ParsedOptions& options,
                            const affinity::Environment& environment) {
  if (auto root = options.value("root")) return *std::move(root);
  return events::state_root(value_of(environment, "HOLDFAST_STATE_ROOT"),
                            value_of(environment, "HOME"));
}

Result<std::string> named_directory(const ParsedOptions& options,
                                    const affinity::Environment& environment) {
  const auto state = options.value("state");
  if (!options.operands().empty()) {
    const std::string& job = options.operands().front();
    if (state)
      return Failure{
          FailureKind::bad_input, "--state and a job name two runs", "name one of them", {}};
    if (job.empty() || job.starts_with('.') || job.find('/') != std::string::npos)
      return Failure{FailureKind::bad_input,
                     cat('"', printable(job), "\" is no job id"),
                     "a directory is named by --state DIR",
                     {}};
    const auto root = root_of(options, environment);
    if (!root) return root.error();
    return events::state_directory_of(*root, job);
  }
  if (state) return *state;
  if (options.has("root")) return std::string();
  return std::string(value_of(environment, "HOLDFAST_STATE"));
}

Result<SeenRuns> read_runs(const std::string& root) {
  const auto directories = events::list_state_directories(root);
  if (!directories && directories.error().kind == FailureKind::not_found) return SeenRuns{};
  if (!directories) return directories.error();
  SeenRuns seen;
  for (const std::string& directory : *directories) {
    auto run = read_run(directory);
    if (run)
      seen.runs.push_back(std::move(*run));
    else
      seen.doubts.push_back(run.error().sentence());
  }
  std::ranges::stable_sort(seen.runs, std::ranges::greater{}, &SeenRun::as_of_ms);
  return seen;
}

}  // namespace holdfast::cli
