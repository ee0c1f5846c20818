// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/options.hpp"
#include "cli/verb.hpp"

#include <array>

namespace holdfast::cli {

/// What the plugin says when it asks; spank/README.md is the other end.
inline constexpr std::array step_options{
    OptionSpec{.name = "for-step",
               .takes = Takes::nothing,
               .argument = "",
               .help = "answer the plugin",
               .hidden = true},
    OptionSpec{.name = "local-ranks",
               .takes = Takes::number,
               .argument = "N",
               .help = "ranks on this node",
               .hidden = true},
    OptionSpec{.name = "global-ranks",
               .takes = Takes::text,
               .argument = "LIST",
               .help = "their ranks in the step",
               .hidden = true},
    OptionSpec{.name = "world",
               .takes = Takes::number,
               .argument = "N",
               .help = "ranks in the step",
               .hidden = true},
    OptionSpec{.name = "node-rank",
               .takes = Takes::number,
               .argument = "N",
               .help = "this node's place",
               .hidden = true},
    OptionSpec{.name = "nodes",
               .takes = Takes::number,
               .argument = "N",
               .help = "nodes of the step",
               .hidden = true},
    OptionSpec{.name = "cores",
               .takes = Takes::text,
               .argument = "LIST",
               .help = "Slurm's core numbers",
               .hidden = true},
};

template <std::size_t Others>
[[nodiscard]] constexpr auto with_step_options(const std::array<OptionSpec, Others>& others) {
  std::array<OptionSpec, Others + step_options.size()> all{};
  for (std::size_t i = 0; i < Others; ++i)
    all[i] = others[i];
  for (std::size_t i = 0; i < step_options.size(); ++i)
    all[Others + i] = step_options[i];
  return all;
}

/// `holdfast plan --for-step`: prints the hand-over (holdfast/affinity/handover.hpp) for this node
/// of the step. Here --cpus is what the kernel of this machine allows slurmstepd, not a wish.
[[nodiscard]] Result<ExitStatus> plan_for_step(const ParsedOptions& options, Caller& caller);

}  // namespace holdfast::cli
