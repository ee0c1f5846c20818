// SPDX-License-Identifier: Apache-2.0
// Who becomes the next supervisor, as a machine of values: the world is told to it, and what it
// wants done comes back. No clock, no chance, no network. Used by Campaign, and driven through all
// partitions of small jobs by its tests.
//
//   quiet       the supervisor is heard, or somebody else was asked to wait for
//   canvassing  it is silent: asks the others whether they miss it too
//   standing    a majority does: asks them, and slurmctld where it is needed, for their vote
//   claiming    has the majority: takes the epoch in the state directory, which one alone can
//   starting    has the epoch: starts the successor
//
// A member votes once for each epoch, and only while it misses the supervisor itself. slurmctld
// would vote for two; so the claim decides, and the one that was there before looks for claims
// before it counts slurmctld's vote (see majority.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sentinel {

/// The answer to a canvass.
struct Canvass {
  bool silent{};             ///< it misses the supervisor too
  bool starting{};           ///< it is starting a successor already
  std::uint64_t promised{};  ///< the highest epoch it voted in
};

class Election {
 public:
  using Time = std::chrono::milliseconds;  ///< of any clock that only goes forward

  enum class Want { canvass, votes, controller, claim };
  struct Effect {
    Want want{};
    std::uint64_t epoch{};
    bool operator==(const Effect&) const = default;
  };
  using Effects = std::vector<Effect>;

  explicit Election(std::string self) : self_(std::move(self)) {}

  /// Who votes, in the order of the allocation: the lowest living stands first.
  void set_members(std::vector<std::string> members) { members_ = std::move(members); }

  /// A supervisor of this epoch is heard: there is nothing to elect.
  void hear_supervisor(std::uint64_t epoch);

  /// Time goes by; the supervisor has been silent for `silent`, and `timeout` is too long.
  [[nodiscard]] Effects tick(Time now, Time silent, Time timeout);

  /// Another asks. `silent`: we miss the supervisor.
  [[nodiscard]] Canvass asked_canvass(const std::string& from, Time now, bool silent);
  [[nodiscard]] bool asked_vote(const std::string& from,
                                std::uint64_t epoch,
                                Time now,
                                bool silent);

  /// Answers to what we asked.
  void canvass_answered(const std::string& from, const Canvass& answer);
  [[nodiscard]] Effects vote_answered(const std::string& from, std::uint64_t epoch, bool granted);
  [[nodiscard]] Effects controller_answered(std::uint64_t epoch, bool job_runs);
  void claim_answered(std::uint64_t highest_claimed, bool ours, Time now);

  /// No supervisor below this epoch may be followed: we promised it to a candidate just now.
  [[nodiscard]] std::uint64_t floor(Time now) const;
  [[nodiscard]] std::uint64_t promised() const { return promised_; }
  [[nodiscard]] bool starting() const { return phase_ == Phase::starting; }

 private:
  enum class Phase { quiet, canvassing, standing, claiming, starting };

  [[nodiscard]] Effects judge_canvass(Time now);
  [[nodiscard]] Effects count_votes();
  [[nodiscard]] std::size_t position_of(const std::string& member) const;
  void wait(Time until);

  std::string self_;
  std::vector<std::string> members_;
  Phase phase_{Phase::quiet};
  Time until_{};       // the end of this phase
  Time not_before_{};  // the next canvass
  std::uint64_t followed_{};
  std::uint64_t promised_{};
  Time promised_at_{};
  unsigned deferred_{};
  std::map<std::string, Canvass> answers_;
  std::set<std::string> votes_;
  bool controller_{};
};

}  // namespace holdfast::sentinel
