// SPDX-License-Identifier: Apache-2.0
// The counters as a job found them, from its prolog to its epilog. They mean nothing after a
// reboot, so they lie in a directory of this boot (a tmpfs: no disk in the way of a job's start),
// and there is room for `most` jobs: what a job left whose epilog never came is overwritten by a
// later job's.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/baseline.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace holdfast::health {

class JobBaselines {
 public:
  explicit JobBaselines(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// `job` is Slurm's job id; any other text does as well, and leads nowhere out of the directory.
  [[nodiscard]] Result<Baseline> read(std::string_view job) const;
  [[nodiscard]] Result<void> write(std::string_view job, const Baseline& baseline) const;
  void remove(std::string_view job) const;

  /// Jobs follow each other by number and share a node by tens: no two that run meet in one place.
  static constexpr std::uint64_t most = 512;

 private:
  [[nodiscard]] std::filesystem::path place_of(std::string_view job) const;
  [[nodiscard]] Result<std::string> text_of(std::string_view job) const;

  std::filesystem::path folder_;
};

}  // namespace holdfast::health
