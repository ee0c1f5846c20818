// SPDX-License-Identifier: Apache-2.0
// Slurm, as far as drains go: its own commands, each in a child with a deadline.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/fleet.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

class Slurm {
 public:
  Slurm(std::filesystem::path programs, std::chrono::milliseconds deadline)
      : programs_(std::move(programs)), deadline_(deadline) {}

  [[nodiscard]] Result<Fleet> ask_fleet() const;
  [[nodiscard]] Result<std::vector<std::string>> ask_features(std::string_view node) const;
  [[nodiscard]] Result<void> drain(std::string_view node, std::string_view reason) const;
  /// Takes only the drain away; a node that is down stays down.
  [[nodiscard]] Result<void> undrain(std::string_view node) const;

 private:
  [[nodiscard]] Result<std::string> run(const std::vector<std::string>& words) const;

  std::filesystem::path programs_;
  std::chrono::milliseconds deadline_;
};

/// Runs a program without a shell, in a process group of its own that is ended at the deadline.
/// Gives what it printed; an exit status other than 0 is a failure that tells its last line.
[[nodiscard]] Result<std::string> run_program(const std::vector<std::string>& words,
                                              std::chrono::milliseconds deadline);

}  // namespace holdfast::health
