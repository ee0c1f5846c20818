// SPDX-License-Identifier: Apache-2.0
// Faults of which only a trace was seen: a record of the kernel's log, a counter that grew. The
// next look does not meet them again, so they are remembered until something is done: the node is
// drained for them, it boots, or a person lays hands on it. All functions are pure.
#pragma once

#include "holdfast/health/actions.hpp"
#include "holdfast/health/check.hpp"
#include "holdfast/health/fleet.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

struct OpenFault {
  std::string check, subject, part, what, limit;
  Severity severity{Severity::unfit};
  Action action{Action::none};
  std::string boot_id;  ///< of the boot that it was seen in
  std::int64_t at{};    ///< when, in seconds since 1970
  bool in_hands{};      ///< the node was drained by a person since

  friend bool operator==(const OpenFault&, const OpenFault&) = default;
};

using OpenFaults = std::vector<OpenFault>;

/// The faults that are still open, as findings, but for those that `seen` has anew. What the site
/// turned off or down since is left out or as bad as it now says.
[[nodiscard]] Findings recalled(const OpenFaults& open,
                                std::span<const Finding> seen,
                                const Overrides& overrides);

/// Without those that are over: another boot (what needs a new part outlives it), a part that is no
/// longer there, a node that a person drained and resumed since. Marks those that a person has in
/// hands. `fleet` is missing where Slurm was not asked.
[[nodiscard]] OpenFaults without_closed(const OpenFaults& open,
                                        const Facts& facts,
                                        const FleetNode* node,
                                        const std::optional<OwnDrain>& own);

/// With the traces of this look that are bad, without what our own drain is for: that remembers it.
[[nodiscard]] OpenFaults with_new(OpenFaults open,
                                  std::span<const Finding> findings,
                                  const Facts& facts,
                                  const std::optional<OwnDrain>& own);

}  // namespace holdfast::health
