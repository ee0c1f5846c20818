// SPDX-License-Identifier: Apache-2.0
// The state of a run as its log tells it. Pure: the same records give the same state on every
// machine, and every prefix of a log gives a state. A supervisor that takes over starts from it,
// `holdfast status` and `holdfast report` show it.
#pragma once

#include "holdfast/events/record.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace holdfast::events {

enum class NodeStanding { expected, living, lost };

struct NodeState {
  std::string address;
  NodeStanding standing{NodeStanding::expected};
  bool in_allocation{};          ///< of the current start of the job
  bool in_attempt{};             ///< of the newest attempt; living and not in it: a spare
  bool unfit{};                  ///< no attempt of this start is put on it any more
  unsigned losses{};             ///< how often it fell silent
  std::vector<unsigned> blamed;  ///< attempts it is blamed for
  std::string why;               ///< of the last loss or blame, or of its being unfit
  std::int64_t since_ms{};       ///< when its standing last changed
};

struct SeenCheckpoint {
  std::string path;
  std::optional<std::uint64_t> step;
  unsigned attempt{};
  std::int64_t at_ms{};
};

/// A state holds so many at most.
inline constexpr std::size_t max_checkpoints = 10000;

enum class AttemptPhase {
  starting,   ///< launched, not all ranks there
  running,    ///< all ranks there
  ended,      ///< the step is over, or its loss was judged
  torn_down,  ///< no rank is left
  decided     ///< what comes next is written
};

struct AttemptState {
  unsigned number{};
  unsigned restart{};  ///< the start of the job it belongs to
  AttemptPhase phase{AttemptPhase::starting};
  std::vector<std::string> nodes;
  std::vector<RankBlock> ranks;
  std::optional<ResumePoint> resume;
  std::string why;

  std::int64_t started_ms{};               ///< clock times, 0: not known
  std::optional<std::int64_t> running_ms;  ///< when all ranks were there
  std::optional<std::int64_t> ended_ms;    ///< the step's end or the loss, what came first
  std::optional<std::uint64_t> launch_ms;  ///< durations, as measured
  std::optional<std::uint64_t> detected_ms;
  std::optional<std::uint64_t> teardown_ms;
  std::optional<std::uint64_t> ran_ms;

  std::optional<int> exit;
  std::optional<int> signal;
  std::optional<RankFailed> first_failure;
  std::optional<std::int64_t> first_failure_ms;
  unsigned failures{};  ///< ranks that failed
  std::optional<LossJudged> loss;
  std::optional<TeardownDone> teardown;
  std::optional<Decided> decided;
  unsigned checkpoints{};  ///< that became complete in it
  std::optional<std::uint64_t> newest_step;

  [[nodiscard]] bool ended_well() const { return exit == 0 && !signal && !loss; }
};

/// A start of the job with an allocation: the first, and one after each requeue.
struct StartState {
  unsigned restart{};
  std::int64_t at_ms{};
  std::int64_t last_ms{};  ///< of its newest record
  std::vector<std::string> nodes;
  unsigned wanted{};
  unsigned spares{};
  std::optional<Requeued> requeued;  ///< how it ended, where it was handed back
  std::optional<std::int64_t> requeued_ms;
};

struct TakeOver {
  std::uint64_t epoch{};
  std::string from_host;
  std::string to_host;
  std::uint64_t silent_ms{};
  std::int64_t at_ms{};
};

/// A person's word.
struct ControlSaid {
  Control what;
  std::int64_t at_ms{};
};

struct RunState {
  std::string job;
  std::vector<std::string> command;
  std::map<std::string, std::string> policy;
  std::string version;
  std::vector<StartState> starts;
  std::map<std::string, NodeState> nodes;
  std::vector<AttemptState> attempts;       ///< ascending numbers
  std::vector<SeenCheckpoint> checkpoints;  ///< in the order seen; the newest max_checkpoints
  std::set<std::string> condemned;          ///< paths
  std::vector<TakeOver> take_overs;
  std::vector<ControlSaid> controls;
  std::optional<SaveAsked> save_asked;  ///< and no checkpoint since
  std::uint64_t epoch{};
  std::string supervisor;  ///< host of the newest record
  std::uint64_t seq{};
  std::int64_t first_ms{};
  std::int64_t last_ms{};
  std::optional<RunEnded> ended;
  std::optional<std::int64_t> ended_ms;
  std::optional<Requeued> requeued;  ///< and not started again yet

  [[nodiscard]] const AttemptState* newest_attempt() const;
  /// The newest attempt whose loss was judged.
  [[nodiscard]] const AttemptState* newest_loss() const;
  /// The newest complete checkpoint that is not condemned.
  [[nodiscard]] const SeenCheckpoint* newest_checkpoint() const;
  /// Living nodes of the allocation that the newest attempt does not use.
  [[nodiscard]] std::vector<std::string> spares() const;
  [[nodiscard]] std::vector<std::string> lost_nodes() const;
  /// Who said that no attempt is started, and has not taken it back; nothing: they are. It holds
  /// for one supervisor: with a new start or a take-over attempts are started again.
  [[nodiscard]] const ControlSaid* restarts_paused() const;
};

/// In one word: "starting", "launching", "running", "recovering", "requeued", or the verdict it
/// ended with.
[[nodiscard]] std::string phase_of(const RunState& state);

/// Goes one record on. Records of an epoch lower than one already seen are passed over.
void apply(RunState& state, const Record& record);

[[nodiscard]] RunState replay(std::span<const Record> records);

}  // namespace holdfast::events
