// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/keep/slurm.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <ctime>

namespace holdfast::health {

namespace {

/// What is drained within it for one check has one cause.
constexpr time_t one_moment_s = 3600;

/// "2026-11-22T23:27:45", in local time as sinfo writes it.
std::string slurm_time(time_t at) {
  tm parts{};
  std::array<char, 32> text{};
  if (localtime_r(&at, &parts) == nullptr) return {};
  return {text.data(), strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts)};
}

}  // namespace

Result<std::string> Slurm::run(const std::vector<std::string>& words) const {
  std::vector<std::string> line = words;
  if (!programs_.empty()) line[0] = (programs_ / line[0]).string();
  return run_program(line, deadline_);
}

Result<Fleet> Slurm::ask_fleet() const {
  const auto text = run({"sinfo", "--noheader", "--Node", "--format", std::string(fleet_format)});
  if (!text) return text.error();
  auto fleet = parse_fleet(*text);
  if (fleet) fleet->recently = slurm_time(time(nullptr) - one_moment_s);
  return fleet;
}

Result<std::vector<std::string>> Slurm::ask_features(std::string_view node) const {
  const auto text = run({"sinfo", "--noheader", cat("--nodes=", node), "--format", "%f"});
  if (!text) return text.error();
  std::vector<std::string> features;
  const std::string_view all = trim(*text);
  for (const std::string_view feature : split(trim(all.substr(0, all.find('\n'))), ','))
    if (feature != "(null)") features.emplace_back(feature);
  return features;
}

Result<void> Slurm::drain(std::string_view node, std::string_view reason) const {
  const auto done =
      run({"scontrol", "update", cat("NodeName=", node), "State=DRAIN", cat("Reason=", reason)});
  if (!done) return done.error();
  return {};
}

Result<void> Slurm::undrain(std::string_view node) const {
  const auto done = run({"scontrol", "update", cat("NodeName=", node), "State=UNDRAIN"});
  if (!done) return done.error();
  return {};
}

}  // namespace holdfast::health
