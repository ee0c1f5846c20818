// SPDX-License-Identifier: Apache-2.0
// What a node remembers between runs, in the state directory:
//   memory.json           the own drain, open faults, clean runs, when drains were lifted
//   baseline-AGE          counters of the last look that was no job's, and of earlier ones
//   cursor                how far the kernel log was read: whoever looks first reads a record, and
//                         what it means for the node is remembered for all
//   events.jsonl          one line for each finding that was new, kept within bounds
// A directory that is full or not writable costs the memory, never the check: every write is a
// Result, and what could not be read counts as "never seen".
#pragma once

#include "holdfast/common/result.hpp"
#include "holdfast/health/actions.hpp"
#include "holdfast/health/baseline.hpp"
#include "holdfast/health/check.hpp"
#include "holdfast/health/keep/open_faults.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

struct Memory {
  std::optional<OwnDrain> drain;
  unsigned clean_runs{};
  std::vector<std::int64_t> lifted;   ///< when, of the last days
  std::vector<std::string> features;  ///< of the node in Slurm, asked for once an hour at most
  std::int64_t features_at{};
  std::string node_class;             ///< that fitted last: a node whose GPUs are gone shows none
  std::vector<std::string> standing;  ///< "CHECK SUBJECT" bad or watched in the last run
  OpenFaults open;                    ///< seen once, and nothing was done about them yet

  friend bool operator==(const Memory&, const Memory&) = default;
};

/// One line of the event store.
struct HealthEvent {
  std::int64_t at{};
  std::string boot_id;
  std::string check, subject, part, what;
  Severity severity{Severity::note};
  Action action{Action::none};
  std::string job;  ///< id, where one was there
  bool drained{};   ///< the node was drained for it

  friend bool operator==(const HealthEvent&, const HealthEvent&) = default;
};

[[nodiscard]] std::string to_json(const Memory& memory);
[[nodiscard]] Result<Memory> parse_memory(std::string_view text);
[[nodiscard]] std::string to_json(const HealthEvent& event);
[[nodiscard]] Result<HealthEvent> parse_health_event(std::string_view line);

/// Findings that the last runs did not have: those are events.
[[nodiscard]] std::vector<HealthEvent> news(const Memory& memory,
                                            std::span<const Finding> findings,
                                            const Facts& facts,
                                            std::string_view job);

/// Sets `memory.standing` anew, as far as the tier judges: what only another tier sees stands on.
void stand(Memory& memory, std::span<const Finding> findings, Tier tier);

/// What decide_actions() wants to know of the past, at `now`.
[[nodiscard]] Past past_of(const Memory& memory,
                           std::span<const HealthEvent> events,
                           std::int64_t now);

/// Writes beside the file and renames, so that readers meet the old or the new.
[[nodiscard]] Result<void> write_by_rename(const std::filesystem::path& file,
                                           std::string_view text);

/// Which counters of earlier: of the last look, of one an hour to two hours ago, a day to two days
/// ago. Sooner after a boot, of its first look.
enum class Age : std::uint8_t { last, hour, day };

/// The state directory.
class Store {
 public:
  explicit Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] Result<Memory> read_memory() const;
  /// Reads, changes and writes under a lock: a prolog and a periodic check run at the same time,
  /// and neither may forget the drain that the other has just set.
  [[nodiscard]] Result<void> change_memory(const std::function<void(Memory&)>& change) const;

  [[nodiscard]] Result<Baseline> read_baseline(Age age) const;
  /// Keeps it as the last one, and as that of an hour or a day ago when its time has come.
  [[nodiscard]] Result<void> write_baseline(const Baseline& baseline) const;

  /// Empty when there is none.
  [[nodiscard]] std::string read_cursor() const;
  [[nodiscard]] Result<void> write_cursor(std::string_view cursor) const;

  [[nodiscard]] std::vector<HealthEvent> read_events() const;
  [[nodiscard]] Result<void> append(std::span<const HealthEvent> events) const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  static constexpr std::size_t most_event_bytes = std::size_t{1} << 20;

 private:
  std::filesystem::path folder_;
};

}  // namespace holdfast::health
