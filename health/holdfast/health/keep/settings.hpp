// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/actions.hpp"
#include "holdfast/health/check.hpp"
#include "holdfast/health/limits.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

/// What the site decided about health, read from holdfast.toml: the tables [check],
/// [check.severity], [check.limit] and [class.NAME]. Defaults are what a site without them gets.
struct CheckSettings {
  Policy policy;
  std::filesystem::path state{"/var/lib/holdfast/health"};
  std::filesystem::path run{"/run/holdfast"};
  std::filesystem::path prometheus;  ///< empty: none is written
  std::filesystem::path nvml;        ///< empty: the loader finds it
  std::filesystem::path slurm_bin;   ///< empty: by PATH
  std::chrono::milliseconds prolog_deadline{1000};
  std::chrono::milliseconds deadline{30000};       ///< of the other tiers
  std::chrono::milliseconds slurm_deadline{5000};  ///< of one scontrol or sinfo
  std::vector<std::string> write_to;     ///< directories a thorough look writes a small file to
  std::vector<std::string> checkpoints;  ///< directories of which the room is looked at
  std::vector<std::string> event_log;    ///< program and words; empty: nothing is asked
  std::vector<std::string> leave_out;    ///< probes that never run
  Overrides overrides;
  std::map<std::string, double, std::less<>> limits;
  std::vector<NodeClass> classes;
};

/// One key of [check], for the manual and the file that is installed.
struct CheckSettingRow {
  std::string_view key;
  std::string_view type;
  std::string_view standard;
  std::string_view help;
};
[[nodiscard]] std::span<const CheckSettingRow> check_setting_rows();

/// Reads the file; one that is not there gives the defaults. Other tables belong to others and are
/// passed over. An unknown key, check or limit is a failure that names line and nearest.
[[nodiscard]] Result<CheckSettings> read_check_settings(const std::filesystem::path& file);
[[nodiscard]] Result<CheckSettings> parse_check_settings(std::string_view text,
                                                         std::string_view origin);

}  // namespace holdfast::health
