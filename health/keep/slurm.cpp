// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/keep/slurm.hpp"

#include "holdfast/common/text.hpp"

namespace holdfast::health {

Result<std::string> Slurm::run(const std::vector<std::string>& words) const {
  std::vector<std::string> line = words;
  if (!programs_.empty()) line[0] = (programs_ / line[0]).string();
  return run_program(line, deadline_);
}

Result<Fleet> Slurm::ask_fleet() const {
  const auto text = run({"sinfo", "--noheader", "--Node", "--format", std::string(fleet_format)});
  if (!text) return text.error();
  return parse_fleet(*text);
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
