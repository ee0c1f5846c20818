// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/options.hpp"
#include "holdfast/affinity/environment.hpp"
#include "holdfast/common/result.hpp"
#include "holdfast/step/planned.hpp"

#include <array>

namespace holdfast::cli {

/// The options `plan` and `exec` share: which machine, which part of it, how to share it out.
inline constexpr std::array planning_options{
    OptionSpec{"topology", Takes::file, "FILE", "plan for this recorded machine"},
    OptionSpec{"cpus", Takes::text, "LIST", "use only these PUs: 0-27,56-83"},
    OptionSpec{"gpus", Takes::text, "LIST", "use only these GPUs: numbers or PCI addresses"},
    OptionSpec{"without", Takes::text, "DEVICE", "leave out this GPU or NIC", true},
    OptionSpec{"mode", Takes::choice, "full|local", "all cores, or only those local to the GPU"},
    OptionSpec{"smt", Takes::number, "N", "hardware threads used of each core; 0 = all"},
    OptionSpec{
        "visible", Takes::choice, "all|first|only", "GPUs a rank sees, own one first or alone"},
    OptionSpec{"mpi", Takes::nothing, "", "set per-rank NIC variables (UCX, libfabric) too"},
    OptionSpec{"nvshmem", Takes::nothing, "", "set NVSHMEM's NIC mapping too"},
    OptionSpec{"config", Takes::file, "FILE", "settings instead of /etc/holdfast/holdfast.toml"},
    OptionSpec{.name = "sysroot",
               .takes = Takes::directory,
               .argument = "DIR",
               .help = "read /sys and /proc below DIR",
               .hidden = true},
};

/// A verb's own options followed by the shared ones.
template <std::size_t Own>
[[nodiscard]] constexpr auto with_planning_options(const std::array<OptionSpec, Own>& own) {
  std::array<OptionSpec, Own + planning_options.size()> all{};
  for (std::size_t i = 0; i < Own; ++i)
    all[i] = own[i];
  for (std::size_t i = 0; i < planning_options.size(); ++i)
    all[Own + i] = planning_options[i];
  return all;
}

/// The settings --config names, which have to be there, or the usual ones, which need not.
[[nodiscard]] Result<step::Settings> read_site_settings(const ParsedOptions& options,
                                                        const std::filesystem::path& usual);

/// Reads the site's settings and the shared options into a request. The number of ranks and what
/// restricts the plan are the verb's business.
[[nodiscard]] Result<step::PlanRequest> planning_request(const ParsedOptions& options,
                                                         const affinity::Environment& environment);

}  // namespace holdfast::cli
