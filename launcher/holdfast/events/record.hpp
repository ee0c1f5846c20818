// SPDX-License-Identifier: Apache-2.0
// What a run writes down, one struct for each kind of event. The log of these is the only memory a
// supervisor has: who takes over, and who looks later, knows what is written here and nothing else.
// A field that is not known stays at its default; a field that may honestly be unknown is optional.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::events {

/// Version of the lines written by this program. Readers take every version: what they do not know
/// they keep.
inline constexpr unsigned record_version = 1;

/// Ranks first … first + count - 1 run on `node`.
struct RankBlock {
  std::string node;
  unsigned first{};
  unsigned count{};
  friend bool operator==(const RankBlock&, const RankBlock&) = default;
};

/// The checkpoint an attempt starts from.
struct ResumePoint {
  std::string path;
  std::optional<std::uint64_t> step;
  std::string format;
  friend bool operator==(const ResumePoint&, const ResumePoint&) = default;
};

/// The supervisor began with an allocation: the first time, or after a requeue (restart > 0).
struct RunStarted {
  static constexpr std::string_view kind = "run_started";
  std::string job;
  unsigned restart{};
  std::vector<std::string> nodes;  ///< of the allocation, in its order
  unsigned wanted{};               ///< how many of them an attempt uses
  unsigned spares{};
  std::vector<std::string> command;           ///< the user's own line
  std::map<std::string, std::string> policy;  ///< the settings in force, as text
  std::string version;                        ///< of holdfast
  friend bool operator==(const RunStarted&, const RunStarted&) = default;
};

/// A survivor goes on for a supervisor that fell silent.
struct TookOver {
  static constexpr std::string_view kind = "took_over";
  std::string from_host;
  std::uint64_t silent_ms{};
  friend bool operator==(const TookOver&, const TookOver&) = default;
};

/// The node's sentinel reported for the first time.
struct NodeJoined {
  static constexpr std::string_view kind = "node_joined";
  std::string node;
  std::string address;
  friend bool operator==(const NodeJoined&, const NodeJoined&) = default;
};

struct NodeLost {
  static constexpr std::string_view kind = "node_lost";
  std::string node;
  std::string how;  ///< a sentence: which sign it was
  std::uint64_t silent_ms{};
  friend bool operator==(const NodeLost&, const NodeLost&) = default;
};

struct NodeBack {
  static constexpr std::string_view kind = "node_back";
  std::string node;
  friend bool operator==(const NodeBack&, const NodeBack&) = default;
};

/// The node lives, and no attempt of this start of the job is put on it any more.
struct NodeUnfit {
  static constexpr std::string_view kind = "node_unfit";
  std::string node;
  std::string why;  ///< a sentence
  friend bool operator==(const NodeUnfit&, const NodeUnfit&) = default;
};

/// Written before the step is started.
struct AttemptStarted {
  static constexpr std::string_view kind = "attempt_started";
  unsigned attempt{};  ///< from 1 on, over all restarts of the job
  std::vector<std::string> nodes;
  std::vector<RankBlock> ranks;
  std::optional<ResumePoint> resume;  ///< nothing: from the beginning
  std::string why;
  friend bool operator==(const AttemptStarted&, const AttemptStarted&) = default;
};

/// All ranks of the attempt are there.
struct RanksRunning {
  static constexpr std::string_view kind = "ranks_running";
  unsigned attempt{};
  std::uint64_t after_ms{};  ///< since the attempt's start
  friend bool operator==(const RanksRunning&, const RanksRunning&) = default;
};

struct RankFailed {
  static constexpr std::string_view kind = "rank_failed";
  unsigned attempt{};
  std::optional<unsigned> rank;
  std::string node;
  std::optional<int> exit;
  std::optional<int> signal;
  bool core{};
  bool oom{};
  std::string text;  ///< what Slurm or the rank said
  friend bool operator==(const RankFailed&, const RankFailed&) = default;
};

/// A checkpoint became complete.
struct CheckpointSeen {
  static constexpr std::string_view kind = "checkpoint_seen";
  unsigned attempt{};
  std::string path;
  std::optional<std::uint64_t> step;
  /// When the program had written it, Unix ms by the file system's clock; nothing: when it was
  /// seen.
  std::optional<std::uint64_t> committed_ms{};
  friend bool operator==(const CheckpointSeen&, const CheckpointSeen&) = default;
};

/// The user's step came to its end; well when exit is 0.
struct AttemptEnded {
  static constexpr std::string_view kind = "attempt_ended";
  unsigned attempt{};
  std::optional<int> exit;
  std::optional<int> signal;
  std::uint64_t ran_ms{};
  friend bool operator==(const AttemptEnded&, const AttemptEnded&) = default;
};

/// What the evidence amounts to. `cause` is a word of recovery's; here it is text, so that a log of
/// a newer release can be read.
struct LossJudged {
  static constexpr std::string_view kind = "loss";
  unsigned attempt{};
  std::string cause;
  std::vector<std::string> blamed;  ///< nodes
  std::string why;
  std::string fingerprint;                   ///< equal for the same failure at the same place
  std::optional<std::uint64_t> detected_ms;  ///< from the last sign that all was well to now
  bool self_proving{};                       ///< nothing more is needed to believe it
  int exit{};                                ///< what the step ended with
  std::vector<std::string> evidence;         ///< a sentence each
  friend bool operator==(const LossJudged&, const LossJudged&) = default;
};

/// No rank of the attempt is left, as far as anyone can know.
struct TeardownDone {
  static constexpr std::string_view kind = "teardown";
  unsigned attempt{};
  std::uint64_t took_ms{};
  std::vector<std::string> nodes;        ///< reported "torn down"
  std::vector<std::string> unreachable;  ///< waited for until their lease had run out
  friend bool operator==(const TeardownDone&, const TeardownDone&) = default;
};

/// What is done next. Written before it is done.
struct Decided {
  static constexpr std::string_view kind = "decided";
  unsigned attempt{};    ///< the one that ended
  std::string decision;  ///< a word of recovery's
  std::vector<std::string> nodes;
  std::vector<std::string> exclude;
  std::optional<ResumePoint> resume;
  std::uint64_t wait_ms{};
  std::string why;
  friend bool operator==(const Decided&, const Decided&) = default;
};

/// A checkpoint that is not used again.
struct Condemned {
  static constexpr std::string_view kind = "condemned";
  std::string path;
  std::string why;
  friend bool operator==(const Condemned&, const Condemned&) = default;
};

struct SaveAsked {
  static constexpr std::string_view kind = "save_asked";
  std::string signal;
  std::string why;
  std::uint64_t lead_ms{};
  friend bool operator==(const SaveAsked&, const SaveAsked&) = default;
};

struct SaveSeen {
  static constexpr std::string_view kind = "save_seen";
  std::string path;
  std::optional<std::uint64_t> step;
  std::uint64_t took_ms{};
  friend bool operator==(const SaveSeen&, const SaveSeen&) = default;
};

/// A person said something through `holdfast ctl`.
struct Control {
  static constexpr std::string_view kind = "control";
  std::string user;
  std::string word;
  std::vector<std::string> args;
  friend bool operator==(const Control&, const Control&) = default;
};

/// The job goes back to Slurm; the same log goes on when it starts again.
struct Requeued {
  static constexpr std::string_view kind = "requeued";
  std::string how;
  std::vector<std::string> exclude;
  std::string why;
  friend bool operator==(const Requeued&, const Requeued&) = default;
};

struct Note {
  static constexpr std::string_view kind = "note";
  std::string text;
  friend bool operator==(const Note&, const Note&) = default;
};

struct RunEnded {
  static constexpr std::string_view kind = "run_ended";
  int exit{};
  std::string verdict;  ///< one word: finished, failed, gave_up, cancelled …
  std::string why;
  friend bool operator==(const RunEnded&, const RunEnded&) = default;
};

/// A kind of a newer release. Its fields are in Record::more.
struct Unknown {
  std::string kind;
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

using Body = std::variant<RunStarted,
                          TookOver,
                          NodeJoined,
                          NodeLost,
                          NodeBack,
                          NodeUnfit,
                          AttemptStarted,
                          RanksRunning,
                          RankFailed,
                          CheckpointSeen,
                          AttemptEnded,
                          LossJudged,
                          TeardownDone,
                          Decided,
                          Condemned,
                          SaveAsked,
                          SaveSeen,
                          Control,
                          Requeued,
                          Note,
                          RunEnded,
                          Unknown>;

/// One line of the log.
struct Record {
  unsigned version{record_version};
  std::uint64_t seq{};    ///< from 1 on, without gaps unless lines were lost
  std::uint64_t epoch{};  ///< of the supervisor that wrote it
  std::int64_t at_ms{};   ///< since 1970, by the clock of `host`
  std::string host;
  Body body{Note{}};
  std::string more;  ///< fields this release does not know, as a JSON object; empty: none
  friend bool operator==(const Record&, const Record&) = default;
};

/// The word that stands in the line for this kind of event.
[[nodiscard]] std::string_view kind_of(const Body& body);

}  // namespace holdfast::events
