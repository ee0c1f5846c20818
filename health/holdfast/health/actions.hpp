// SPDX-License-Identifier: Apache-2.0
// What is done about findings. One pure function decides, so that the whole policy is this file and
// its table of tests; keep/slurm carries the decision out.
#pragma once

#include "holdfast/health/finding.hpp"
#include "holdfast/health/fleet.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

enum class Mode {
  observe,  ///< says what it would do and touches nothing
  act,
};

struct Policy {
  Mode mode{Mode::observe};
  unsigned drained_at_most{2};  ///< nodes we drained, at one time
  double drained_share{0.02};   ///< the same as a share of all nodes; the larger of both counts
  unsigned shared_cause{3};     ///< so many nodes drained for one check: its cause is elsewhere
  unsigned clean_runs{3};       ///< before our own drain is lifted
  unsigned lifts_a_day{3};      ///< then a person has to
  bool refuse_unknown{};        ///< what cannot be seen counts as unfit
};

/// What this node remembers of its own drain.
struct OwnDrain {
  std::string reason;   ///< exactly as it was set: another text means that a person took over
  std::string boot_id;  ///< of the boot that it was set in
  std::int64_t at{};

  friend bool operator==(const OwnDrain&, const OwnDrain&) = default;
};

struct Past {
  std::optional<OwnDrain> drain;
  unsigned clean_runs{};  ///< in a row, this one not counted
  unsigned lifts_today{};
  std::map<std::string, unsigned, std::less<>> repeats;  ///< part or subject → drains in a week
};

struct Decision {
  enum class Step { nothing, drain, lift };
  Step step{Step::nothing};
  std::string reason;           ///< for Slurm, at most reason_bytes
  Action advice{Action::none};  ///< the worst action, escalated by what happened before
  bool refuse_job{};            ///< a prolog ends with failure
  bool clean{};                 ///< nothing bad and nothing unseen: counts towards lifting
  std::string why;              ///< one sentence: why this, and not more
};

inline constexpr std::size_t reason_bytes = 255;

/// `fleet` is missing when Slurm was not asked or did not answer; `node` is this node's name in it.
[[nodiscard]] Decision decide_actions(std::span<const Finding> findings,
                                      const std::optional<Fleet>& fleet,
                                      std::string_view node,
                                      const Past& past,
                                      const Policy& policy,
                                      std::string_view boot_id);

/// Whether the answer of Slurm can change the decision: a healthy node that we did not drain asks
/// nobody.
[[nodiscard]] bool must_ask(std::span<const Finding> findings, const Past& past);

/// "[holdfast:gpu.pcie_width] GPU 0000:17:00.0 PCIe link has 8 lanes, limit at least 16": the
/// check, the device and the limit survive the cut to 255 bytes. Empty without a finding to drain
/// for.
[[nodiscard]] std::string reason_for(std::span<const Finding> findings);

/// Several nodes may drain themselves at once, each before it saw the others. Who reads the fleet
/// after its own drain sees every drain that was set before; those of one second cannot be told
/// apart. Of them the last by name takes its drain back at once, and the first waits whether it
/// does: it may have read the fleet before ours was set, and then it stays.
enum class AfterDrain { stays, waits, gives_way };
[[nodiscard]] AfterDrain after_drain(const Fleet& fleet,
                                     std::string_view node,
                                     const Policy& policy);

/// The check ids of a reason that bears our tag as a whole token; none for any other text.
[[nodiscard]] std::vector<std::string> checks_of_reason(std::string_view reason);

/// The same fault again: a reset that did not help is followed by a reboot, that by a person.
[[nodiscard]] Action escalated(Action action, unsigned times_before);

}  // namespace holdfast::health
