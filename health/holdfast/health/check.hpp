// SPDX-License-Identifier: Apache-2.0
// One row per check: `holdfast check --list`, the manual and the settings are printed from it.
#pragma once

#include "holdfast/health/baseline.hpp"
#include "holdfast/health/facts.hpp"
#include "holdfast/health/finding.hpp"
#include "holdfast/health/limits.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::health {

/// When a check runs.
enum class Tier : std::uint8_t {
  prolog,             ///< before a job, by Slurm; nothing that can take long
  epilog,             ///< after a job: what it left behind, what grew while it ran
  periodic,           ///< HealthCheckProgram
  return_to_service,  ///< after a repair or a boot: everything
  job,                ///< while a job runs, by its own sentinel: what no rank survives
};

inline constexpr std::array<std::string_view, 5> tier_words{
    "prolog", "epilog", "periodic", "return-to-service", "job"};
[[nodiscard]] constexpr std::string_view word_of(Tier tier) {
  return tier_words[static_cast<std::size_t>(tier)];
}
[[nodiscard]] std::optional<Tier> tier_of(std::string_view word);

/// A set of tiers.
using Tiers = std::uint8_t;
[[nodiscard]] constexpr Tiers bit(Tier tier) {
  return static_cast<Tiers>(1U << static_cast<unsigned>(tier));
}

/// What a check sees.
struct Sight {
  const Facts& facts;
  const Baseline& before;  ///< counters of the last look, or of the job's begin; empty at the first
  const Limits& limits;
  Tier tier;
  const Baseline* an_hour_ago{};  ///< of a look an hour ago or two, for rates; none: `before`
  const Baseline* a_day_ago{};    ///< the same for what is rare
};

class Report;

struct Check {
  std::string_view id;       ///< "gpu.pcie_width": stable, used in settings, never reused
  std::string_view summary;  ///< one line
  std::string_view reads;    ///< what the facts come from
  Tiers tiers;
  Severity severity;  ///< the worst it says on its own
  Action action;      ///< for that
  Clears clears;      ///< when its own drain may be lifted
  std::string_view remedy;
  std::span<const Limit> limits;
  void (*judge)(Report& report);  ///< pure; says to the report what it finds
};

/// All checks, by subject.
[[nodiscard]] std::span<const Check* const> all_checks();
[[nodiscard]] const Check* find_check(std::string_view id);

/// What a site says about one check: severity "off" never runs it, another word caps how bad it is.
struct Overrides {
  std::map<std::string, std::string, std::less<>> severity;  ///< id → "off", "note", "watch", …
};

/// What the site says of a finding: false where its check is off; else it is no worse than that
/// afterwards.
[[nodiscard]] bool permit(const Overrides& overrides, Finding& finding);

/// Runs every check of the tier. A check with nothing to say adds one `pass` finding with no
/// subject; one whose facts nobody asked adds none. Probes that did not answer add `unknown`.
[[nodiscard]] Findings judge(const Sight& sight, const Overrides& overrides);

/// "12" for 12.0, "0.5" for 0.5: limits are told as they were written.
[[nodiscard]] std::string number_text(double number);

}  // namespace holdfast::health
