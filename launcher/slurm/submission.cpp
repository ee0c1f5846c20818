// SPDX-License-Identifier: Apache-2.0
#include "holdfast/slurm/submission.hpp"

#include "holdfast/common/text.hpp"
#include "slurm/fields.hpp"

#include <array>
#include <utility>

namespace holdfast::slurm {

namespace {

using Words = std::vector<std::string>;

/// A field of scontrol's line and the option of sbatch that says the same.
struct Option {
  std::string_view field, option;
};
constexpr std::array whose_queue{Option{"Partition", "--partition"},
                                 Option{"Account", "--account"},
                                 Option{"QOS", "--qos"},
                                 Option{"Reservation", "--reservation"}};
constexpr std::array what_it_was{Option{"JobName", "--job-name"},
                                 Option{"Features", "--constraint"},
                                 Option{"CPUs/Task", "--cpus-per-task"},
                                 Option{"MinMemoryNode", "--mem"},
                                 Option{"MinMemoryCPU", "--mem-per-cpu"},
                                 Option{"Licenses", "--licenses"},
                                 Option{"Comment", "--comment"},
                                 Option{"WorkDir", "--chdir"},
                                 Option{"StdOut", "--output"},
                                 Option{"StdErr", "--error"},
                                 Option{"StdIn", "--input"}};
/// Generic resources are told as "gres:gpu:8" (22.05) or "gres/gpu:8".
constexpr std::array resources{Option{"TresPerNode", "--gres"}, Option{"TresPerJob", "--gpus"}};

constexpr unsigned errand_minutes = 30;

template <class Options>
void say(Words& words, std::string_view line, const Options& options) {
  for (const Option& one : options) {
    const std::string value = field(line, one.field);
    if (!value.empty() && value != "0") words.push_back(cat(one.option, '=', value));
  }
}

void say_resources(Words& words, std::string_view line) {
  for (const Option& one : resources) {
    std::string value = field(line, one.field);
    for (const std::string_view prefix : {"gres:", "gres/"})
      for (std::size_t at = value.find(prefix); at != std::string::npos; at = value.find(prefix))
        value.erase(at, prefix.size());
    // --gpus takes a number, with a type or without
    if (one.option == "--gpus" && value.starts_with("gpu:")) value.erase(0, 4);
    if (!value.empty()) words.push_back(cat(one.option, '=', value));
  }
}

/// "NtasksPerN:B:S:C=8:0:*:*"
void say_ranks(Words& words, std::string_view line) {
  const std::string tasks = field(line, "NtasksPerN:B:S:C");
  const std::string_view per_node = std::string_view(tasks).substr(0, tasks.find(':'));
  if (!per_node.empty() && per_node != "0" && per_node != "*")
    words.push_back(cat("--ntasks-per-node=", per_node));
  else if (const std::string ranks = field(line, "NumTasks"); !ranks.empty())
    words.push_back(cat("--ntasks=", ranks));
}

std::string shell_quoted(std::string_view word) {
  std::string quoted = "'";
  for (const char letter : word)
    quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

}  // namespace

process::Command write_script(const std::string& job, const std::string& file) {
  return {{"scontrol", "write", "batch_script", job, file}, {}, {}, false};
}

Result<process::Command> submit_again(std::string_view job_line, const Again& again) {
  if (!field(job_line, "ArrayJobId").empty() || !field(job_line, "HetJobId").empty())
    return Failure{FailureKind::bad_input,
                   "a member of a job array or of a heterogeneous job is not submitted alone",
                   "use --requeue-by requeue",
                   {}};
  process::Command command;
  Words& words = command.words;
  words = {"sbatch",
           "--parsable",
           "--export=ALL",
           "--no-kill",
           "--open-mode=append",
           again.expedites ? "--requeue=expedite" : "--requeue",
           cat("--nodes=", again.nodes)};
  say(words, job_line, whose_queue);
  say(words, job_line, what_it_was);
  say_resources(words, job_line);
  say_ranks(words, job_line);
  if (const std::string limit = field(job_line, "TimeLimit");
      !limit.empty() && limit != "UNLIMITED" && limit != "Partition_Limit")
    words.push_back(cat("--time=", limit));
  if (field(job_line, "OverSubscribe") == "NO") words.emplace_back("--exclusive");
  if (!again.exclude.empty()) words.push_back(cat("--exclude=", join(again.exclude, ",")));
  words.push_back(again.script);
  // "Command=/home/a/job.sh x y": the script's own words follow its path.
  const std::string script_line = field(job_line, "Command");
  const auto script = split(script_line, ' ');
  for (std::size_t i = 1; i < script.size(); ++i)
    words.emplace_back(script[i]);
  return command;
}

process::Command errand(std::string_view job_line,
                        const std::string& job,
                        std::span<const process::Command> updates) {
  std::string all;
  for (const process::Command& update : updates) {
    Words quoted;
    quoted.reserve(update.words.size());
    for (const std::string& word : update.words)
      quoted.push_back(shell_quoted(word));
    all += cat(all.empty() ? "" : " && ", join(quoted, " "));
  }
  process::Command command;
  command.words = {"sbatch",
                   "--parsable",
                   cat("--job-name=holdfast-errand-", job),
                   "--nodes=1",
                   "--ntasks=1",
                   cat("--time=", errand_minutes),
                   "--no-requeue",
                   "--output=/dev/null",
                   "--chdir=/",
                   "--export=PATH"};
  say(command.words, job_line, whose_queue);
  command.words.push_back(cat("--wrap=while :; do if [ \"$(squeue -h -j ",
                              job,
                              " -o %t)\" = PD ] && ",
                              all,
                              "; then exit 0; fi; sleep 1; done"));
  return command;
}

}  // namespace holdfast::slurm
