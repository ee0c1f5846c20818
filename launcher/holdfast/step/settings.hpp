// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/affinity/environment.hpp"
#include "holdfast/affinity/plan.hpp"
#include "holdfast/common/cpu_set.hpp"
#include "holdfast/common/result.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::step {

/// What the site decided, read from holdfast.toml. Defaults are what a site without the file gets.
struct Settings {
  // [machine]
  std::optional<std::filesystem::path> topology;  ///< a recorded machine to be taken for this one
  bool stand_in{};                       ///< this machine only stands in for the recorded one
  std::vector<std::string> gpu_vendors;  ///< PCI vendor ids taken for GPUs besides the known ones
  // [bind]
  affinity::Mode mode{affinity::Mode::full};
  affinity::Visible visible{affinity::Visible::all};
  unsigned threads_per_core{};
  CpuSet kept_for_system;
  std::vector<affinity::GpuId> without_gpus;
  std::vector<std::string> without_nics;
  bool rank_nics{};
  bool gpus_without_gres{};  ///< a step that asked for no GPU may use all of them
};

inline constexpr const char* settings_file = "/etc/holdfast/holdfast.toml";

/// One key of the file, for the manual, `holdfast.toml(5)` and messages.
struct SettingRow {
  std::string_view section;
  std::string_view key;
  std::string_view type;      ///< "path", "boolean", "CPU list", …
  std::string_view standard;  ///< the default as one would write it
  std::string_view help;      ///< one line
};
[[nodiscard]] std::span<const SettingRow> setting_rows();

/// Reads the file; one that is not there gives the defaults. An unknown key, a wrong type or an
/// impossible value is a failure that names file, line and the nearest key.
[[nodiscard]] Result<Settings> read_settings(const std::filesystem::path& file);

/// The same from text; `origin` names it in messages.
[[nodiscard]] Result<Settings> parse_settings(std::string_view text, std::string_view origin);

/// "full" and "local", "all", "first" and "only" as people write them.
[[nodiscard]] Result<affinity::Mode> parse_mode(std::string_view text);
[[nodiscard]] Result<affinity::Visible> parse_visible(std::string_view text);

}  // namespace holdfast::step
