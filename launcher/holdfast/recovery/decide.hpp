// SPDX-License-Identifier: Apache-2.0
// What to do about a loss. Pure: the same five values give the same decision, on the batch host, on
// its successor and at a desk (`holdfast decide --history FILE`).
#pragma once

#include "holdfast/recovery/loss.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::recovery {

struct Resume {
  std::string path{};
  std::optional<std::uint64_t> step{};
  std::string format{};
  friend bool operator==(const Resume&, const Resume&) = default;
};

/// One attempt that has ended.
struct Attempt {
  unsigned number{};
  std::int64_t started_ms{};  ///< when it was started
  std::int64_t running_ms{};  ///< when all ranks ran; 0 where they never did
  std::int64_t ended_ms{};
  std::optional<Resume> resume{};              ///< nothing: from the beginning
  std::optional<std::uint64_t> newest_step{};  ///< the newest this attempt itself saved, complete
  Loss loss{};
  std::vector<std::string> nodes{};  ///< in rank order
};

/// All attempts that have ended, oldest first, also those before a requeue; the last is the one to
/// decide about.
struct History {
  std::vector<Attempt> attempts{};
  unsigned requeues{};  ///< how often the job went back into the queue already
};

/// How often one cause is forgiven, and how long is waited before the next start. Both count from
/// the last attempt that saved something new.
struct Budget {
  unsigned restarts{};
  std::int64_t first_wait_ms{};
  std::int64_t second_wait_ms{};  ///< doubled with each further one
  std::int64_t most_wait_ms{};
};

enum class Exhausted { requeue, fail };

struct Policy {
  unsigned max_restarts{100};  ///< over the job's life, whatever the causes
  unsigned max_requeues{100};
  unsigned no_progress{3};  ///< so many attempts in a row without a new checkpoint end it
  std::optional<unsigned>
      shrink_to{};  ///< the fewest nodes that are enough; nothing: all are needed
  Exhausted on_exhausted{Exhausted::requeue};
  bool can_requeue{true};  ///< Slurm would take the job back
  std::int64_t condemn_within_ms{60'000};
  std::map<Cause, Budget> budgets{};  ///< instead of usual_budget() where there is one
};

[[nodiscard]] Budget usual_budget(Cause cause);

/// What the checkpoint catalogue says now.
enum class ChoiceKind {
  good,       ///< resume from `resume`
  none_yet,   ///< nothing was ever saved, or nothing is kept: from the beginning
  none_good,  ///< there are some and none may be used
  unknown,    ///< it could not be read: asked `asked` times
};

struct Choice {
  ChoiceKind kind{ChoiceKind::none_yet};
  Resume resume{};
  std::string why{};
  unsigned asked{1};
  std::optional<std::int64_t> committed_ms{};  ///< when `resume` was written; Unix
};

/// The nodes there are.
struct Ground {
  unsigned wanted{};                  ///< nodes the user asked to compute on
  std::vector<std::string> in_use{};  ///< of the attempt that ended, in rank order
  std::vector<std::string> spares{};
  std::vector<std::string> unfit{};           ///< lost, sick, or taken out by hand
  std::map<std::string, std::string> leaf{};  ///< leaf switch of a node, where it is known
};

enum class DecisionKind {
  restart,       ///< the same nodes
  replace,       ///< spares stand in for nodes that are out
  shrink,        ///< fewer nodes
  requeue,       ///< back into the queue without `exclude`
  stop,          ///< with `verdict` and `exit_code`
  choose_again,  ///< condemn `condemn`, ask the catalogue after `wait_ms`, and decide again
};

inline constexpr std::array all_decision_kinds{
    DecisionKind::restart,
    DecisionKind::replace,
    DecisionKind::shrink,
    DecisionKind::requeue,
    DecisionKind::stop,
    DecisionKind::choose_again,
};

[[nodiscard]] std::string_view word_of(DecisionKind kind);  ///< "choose_again"
[[nodiscard]] std::optional<DecisionKind> parse_decision_kind(std::string_view word);

struct Decision {
  DecisionKind kind{DecisionKind::stop};
  /// Of the next attempt, in rank order. A spare stands where the node stood that it replaces, so
  /// that no other rank moves.
  std::vector<std::string> nodes{};
  std::vector<std::string> exclude{};     ///< nodes not to be used again
  std::optional<Resume> resume{};         ///< nothing: from the beginning
  std::int64_t wait_ms{};                 ///< before the next start
  std::vector<std::string> condemn{};     ///< paths of checkpoints never to be resumed from again
  int exit_code{};                        ///< of `stop`: what the job ends with
  std::string verdict{};                  ///< of `stop`: what a person may do now
  std::string why{};                      ///< one sentence
  std::vector<std::string> considered{};  ///< what was thought of and not done, and why
};

/// What is to be done about the loss of the last attempt of `history`. An empty history stops.
[[nodiscard]] Decision decide(const History& history,
                              const Choice& choice,
                              const Ground& ground,
                              const Policy& policy);

/// Paths that ended attempts within policy.condemn_within_ms of their start twice, or that a loss
/// proved unreadable. The supervisor gives them to the catalogue before it asks for a choice.
[[nodiscard]] std::vector<std::string> condemned(const History& history, const Policy& policy);

/// Nodes that may not be used again: lost, proven broken, or blamed twice.
[[nodiscard]] std::vector<std::string> ruled_out(const History& history);

}  // namespace holdfast::recovery
