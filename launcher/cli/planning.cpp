// SPDX-License-Identifier: Apache-2.0
#include "cli/planning.hpp"

#include "holdfast/common/text.hpp"

#include <filesystem>

namespace holdfast::cli {

Result<step::Settings> read_site_settings(const ParsedOptions& options,
                                          const std::filesystem::path& usual) {
  const auto named = options.value("config");
  if (!named) return step::read_settings(usual);
  std::error_code unknown;
  if (std::filesystem::status(*named, unknown).type() == std::filesystem::file_type::not_found)
    return Failure{FailureKind::not_found,
                   cat("--config: the file ", *named, " is not there"),
                   "name one that is, or leave it out",
                   {}};
  return step::read_settings(*named);
}

Result<step::PlanRequest> planning_request(const ParsedOptions& options,
                                           const affinity::Environment& environment) {
  auto settings = read_site_settings(options, step::settings_file);
  if (!settings) return settings.error();
  step::PlanRequest request;
  request.settings = std::move(*settings);
  if (const auto file = options.value("topology")) request.machine.topology = *file;
  request.machine.nccl_topology = step::nccl_topology_of(environment);
  if (const auto root = options.value("sysroot")) request.machine.root = *root;
  request.cpus = options.value("cpus");
  request.gpus = options.value("gpus");
  request.without = options.values("without");
  request.threads_per_core = options.number("smt");
  request.rank_nics = options.has("mpi");
  request.nvshmem = options.has("nvshmem");
  if (const auto mode = options.value("mode")) {
    const auto parsed = step::parse_mode(*mode);
    if (!parsed) return parsed.error();
    request.mode = *parsed;
  }
  if (const auto visible = options.value("visible")) {
    const auto parsed = step::parse_visible(*visible);
    if (!parsed) return parsed.error();
    request.visible = *parsed;
  }
  return request;
}

}  // namespace holdfast::cli
