// SPDX-License-Identifier: Apache-2.0
// What `holdfast run` was asked: options and the job's environment, as values. Pure but for the
// options' own files.
#pragma once

#include "cli/options.hpp"
#include "holdfast/affinity/environment.hpp"
#include "holdfast/attempt/srun_line.hpp"
#include "holdfast/common/result.hpp"
#include "holdfast/run/settings.hpp"
#include "holdfast/supervise/machine.hpp"

#include <array>
#include <string>

namespace holdfast::cli {

/// What most runs never say; the manual tells of it.
constexpr OptionSpec rare(OptionSpec spec) {
  spec.rare = true;
  return spec;
}

inline constexpr std::array run_options{
    OptionSpec{"nodes", Takes::number, "N", "nodes an attempt uses; the rest are spares"},
    OptionSpec{"spares", Takes::number, "K", "nodes kept back to replace lost ones; 0"},
    OptionSpec{"ckpt", Takes::directory, "DIR", "where the program saves", true},
    OptionSpec{"resume-arg", Takes::text, "WORDS", "added to the program: '--load {path}'"},
    OptionSpec{"ckpt-format", Takes::text, "NAME", "the checkpoints' format; recognised"},
    OptionSpec{"ckpt-marker", Takes::text, "NAME", "a file of this name ends a good checkpoint"},
    rare(OptionSpec{"ckpt-verify", Takes::text, "COMMAND", "ends with 0 when {path} is good"}),
    rare(OptionSpec{"manifest", Takes::nothing, "", "sum up each checkpoint in the background"}),
    OptionSpec{"max-restarts", Takes::number, "R", "over the job's life; 100"},
    OptionSpec{
        "no-progress", Takes::number, "N", "attempts without a new checkpoint that end it; 3"},
    OptionSpec{"shrink-to", Takes::number, "M", "go on with M nodes when there are no more"},
    OptionSpec{"node-timeout", Takes::text, "TIME", "silence after which a node is lost; 5s"},
    OptionSpec{"hang-timeout", Takes::text, "TIME", "auto, off, or a time; auto"},
    rare(OptionSpec{
        "check-every", Takes::text, "TIME", "a look at each node's health; off, or 15s"}),
    rare(OptionSpec{"launch-timeout", Takes::text, "TIME", "until all ranks must run; 10m"}),
    OptionSpec{"save-signal", Takes::text, "SIG", "what asks the ranks to save: USR1"},
    OptionSpec{"save-lead", Takes::text, "TIME", "how long a save may take; 2m"},
    OptionSpec{"on-exhausted", Takes::choice, "requeue|fail", "when nothing else is left; requeue"},
    rare(OptionSpec{
        "requeue-by", Takes::choice, "requeue|resubmit", "when a node is dead; requeue"}),
    rare(OptionSpec{"requeue-owner",
                    Takes::choice,
                    "auto|holdfast|program",
                    "who requeues when Slurm warns; auto"}),
    OptionSpec{"no-place", Takes::nothing, "", "leave cores, GPUs and NICs of ranks to Slurm"},
    OptionSpec{"state", Takes::directory, "DIR", "shared by all nodes; ~/.holdfast/JOBID"},
    OptionSpec{"explain", Takes::nothing, "", "say what every decision rests on"},
    OptionSpec{"dry-run", Takes::nothing, "", "say what would be started, and start nothing"},
    OptionSpec{
        "take-over", Takes::nothing, "", "go on with a run whose supervisor is gone", false, true},
};

/// The job this process runs in, by its environment.
struct JobHere {
  std::string id;
  unsigned restart{};
  std::vector<std::string> nodes;
  std::string host;  ///< SLURMD_NODENAME, else the host's own name
  std::optional<unsigned> ranks, ranks_per_node;
};
[[nodiscard]] Result<JobHere> job_here(const affinity::Environment& environment);

/// Settings from options; the state directory and the command are filled in by the caller.
[[nodiscard]] Result<run::Settings> settings_of(const ParsedOptions& options);

/// A sentence on directories of checkpoints that are not there; empty: they all are, or cannot be
/// looked at now. `first`: no attempt was made before.
[[nodiscard]] std::string absence_of(const std::vector<std::string>& directories, bool first);

/// The machine's plan for this job.
[[nodiscard]] Result<supervise::Plan> plan_of(const run::Settings& settings,
                                              const attempt::SrunLine& line,
                                              const JobHere& job);

}  // namespace holdfast::cli
