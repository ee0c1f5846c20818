// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::fake_nvml {

struct RunningProcess {
  unsigned pid{};
  unsigned long long bytes{};
};

/// What a function does instead of answering.
struct Trouble {
  std::map<std::string, int, std::less<>> errors;
  std::map<std::string, unsigned, std::less<>> delays_ms;
  std::set<std::string, std::less<>> hangs;
};

struct Gpu {
  std::map<std::string, std::int64_t, std::less<>> numbers;  ///< departures from the healthy GPU
  std::set<std::string, std::less<>> unsupported;
  std::map<std::string, std::string, std::less<>> texts;
  std::vector<RunningProcess> processes;
  Trouble trouble;
  bool lost{};
  bool vanished{};

  /// The value of a word, healthy unless the file departs from it; none when it is unsupported.
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view word) const;
};

struct State {
  bool understood{true};
  std::string driver{"550.163.01"};
  int cuda{12040};
  Trouble trouble;
  std::vector<Gpu> gpus;  ///< with those that vanished
};

[[nodiscard]] State parse_state(std::string_view text);

/// Whether a healthy GPU has a value of this name: "remap_pending", "nvlink7_replays".
[[nodiscard]] bool is_number_word(std::string_view word);

}  // namespace holdfast::fake_nvml
