// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/health/facts.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::health {

/// The counters of an earlier run. A counter means something only as growth since then, and only
/// within one boot.
struct Baseline {
  std::string boot_id;
  std::int64_t at{};
  std::map<std::string, std::uint64_t, std::less<>> counters;  ///< "mlx5_0/1 symbol_error" → 17

  friend bool operator==(const Baseline&, const Baseline&) = default;
};

/// The name a counter has in a baseline.
[[nodiscard]] std::string counter_name(std::string_view subject, std::string_view name);

/// Every counter in the facts, by subject and name.
[[nodiscard]] Baseline baseline_of(const Facts& facts);

/// How much the counter grew since the baseline; nothing when there is no baseline of this boot or
/// the counter is new. One that is smaller than before was reset: then it is its own growth.
[[nodiscard]] std::optional<std::uint64_t> growth(const Baseline& before,
                                                  const Facts& now,
                                                  std::string_view counter,
                                                  std::uint64_t value);

}  // namespace holdfast::health
