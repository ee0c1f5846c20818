// SPDX-License-Identifier: Apache-2.0
// The state of a run for other programs: status.json beside the log, and Prometheus' text format.
// Both are replaced by rename, so a reader sees the old or the new one whole.
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/events/run_state.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::events {

/// One JSON object; holdfast-status(1) describes it.
[[nodiscard]] std::string status_json(const RunState& state, std::int64_t now_ms);

/// A run and the time to which it is told: its end, or its last sign of life.
struct RunAt {
  RunState state;
  std::int64_t at_ms{};
};

/// Metrics of some runs, for the text file collector of Prometheus' node exporter.
[[nodiscard]] std::string prometheus_text(std::span<const RunAt> runs);

/// Replaces status.json of a state directory. It is a view: its loss loses nothing. A supervisor
/// writes it once a minute even when nothing happened: it is the run's sign of life.
[[nodiscard]] Result<void> write_status(const std::string& directory,
                                        const RunState& state,
                                        std::int64_t now_ms);

/// When status.json was last written, by the clock of who wrote it; nothing where there is none.
[[nodiscard]] std::optional<std::int64_t> read_sign_of_life(const std::string& directory);

enum class Readers { everybody, owner };  ///< 0644 or 0600

/// Replaces any file in one step.
[[nodiscard]] Result<void> replace_file(const std::string& file,
                                        std::string_view contents,
                                        Readers readers = Readers::everybody);

}  // namespace holdfast::events
