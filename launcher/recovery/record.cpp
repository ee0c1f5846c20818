// SPDX-License-Identifier: Apache-2.0
#include "recovery/record.hpp"

#include <algorithm>
#include <map>

namespace holdfast::recovery {

namespace {

constexpr std::int64_t second = 1'000;
constexpr std::int64_t minute = 60 * second;

/// Slurm or a person ended it: no fault of anybody's.
bool is_foreign(Cause cause) {
  return cause == Cause::preempted || cause == Cause::walltime || cause == Cause::cancelled;
}

/// The blame for a short attempt may lie with what it was started from.
bool may_be_the_checkpoints(Cause cause) {
  switch (cause) {
    case Cause::user_error:
    case Cause::out_of_memory:
    case Cause::bad_checkpoint:
    case Cause::unknown:
      return true;
    default:
      return false;
  }
}

/// A cause that takes a node away at its first blame.
bool takes_the_node(Cause cause) {
  return cause == Cause::node_lost || cause == Cause::hardware || cause == Cause::storage;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

std::int64_t ran_for(const Attempt& attempt) { return attempt.ended_ms - attempt.running_ms; }

}  // namespace

bool made_progress(const Attempt& attempt) {
  if (!attempt.newest_step) return false;
  return !attempt.resume || !attempt.resume->step || *attempt.newest_step > *attempt.resume->step;
}

std::span<const Attempt> since_progress(const History& history) {
  const std::span<const Attempt> all = history.attempts;
  std::size_t first = all.size();
  while (first > 0) {
    --first;
    if (made_progress(all[first])) break;
  }
  return all.subspan(first);
}

unsigned fruitless(const History& history) {
  return static_cast<unsigned>(
      std::ranges::count_if(since_progress(history), [](const Attempt& attempt) {
        const Cause cause = attempt.loss.cause;
        const bool never_ran =
            attempt.running_ms == 0 &&
            (takes_the_node(cause) || cause == Cause::launch_failed || cause == Cause::network);
        return !made_progress(attempt) && cause != Cause::preempted && cause != Cause::cancelled &&
               !never_ran;
      }));
}

unsigned used(const History& history, Cause cause) {
  return static_cast<unsigned>(std::ranges::count_if(
      since_progress(history), [&](const Attempt& one) { return one.loss.cause == cause; }));
}

unsigned restarts(const History& history) {
  return static_cast<unsigned>(std::ranges::count_if(
      history.attempts, [](const Attempt& one) { return !is_foreign(one.loss.cause); }));
}

const Attempt* same_before(const History& history) {
  const auto recent = since_progress(history);
  if (recent.empty() || recent.back().loss.fingerprint.empty()) return nullptr;
  const Loss& last = recent.back().loss;
  const auto earlier = recent.first(recent.size() - 1);
  const auto found = std::ranges::find_if(earlier, [&](const Attempt& one) {
    return one.loss.cause == last.cause && one.loss.fingerprint == last.fingerprint;
  });
  return found == earlier.end() ? nullptr : &*found;
}

std::int64_t wait_after(const Budget& budget, unsigned count) {
  if (count <= 1) return std::min(budget.first_wait_ms, budget.most_wait_ms);
  std::int64_t wait = budget.second_wait_ms;
  for (unsigned done = 2; done < count && wait < budget.most_wait_ms; ++done)
    wait *= 2;
  return std::min(wait, budget.most_wait_ms);
}

Budget usual_budget(Cause cause) {
  switch (cause) {
    case Cause::node_lost:
    case Cause::hardware:
      return {.restarts = 10};  // each takes a node away: waiting makes nothing better
    case Cause::network:
      return {.restarts = 5, .second_wait_ms = 15 * second, .most_wait_ms = 5 * minute};
    case Cause::storage:
      return {.restarts = 5,
              .first_wait_ms = minute,
              .second_wait_ms = 2 * minute,
              .most_wait_ms = 15 * minute};
    case Cause::out_of_memory:
      return {.restarts = 1};
    case Cause::user_error:
    case Cause::bad_checkpoint:
      return {.restarts = 3};
    case Cause::hang:
      return {.restarts = 2};
    case Cause::launch_failed:
      return {.restarts = 5,
              .first_wait_ms = second,
              .second_wait_ms = 5 * second,
              .most_wait_ms = 2 * minute};
    case Cause::unknown:
      return {.restarts = 3, .second_wait_ms = 10 * second, .most_wait_ms = 5 * minute};
    case Cause::preempted:
    case Cause::walltime:
    case Cause::no_progress:
    case Cause::cancelled:
      break;
  }
  return {};
}

Budget budget_of(const Policy& policy, Cause cause) {
  const auto own = policy.budgets.find(cause);
  return own == policy.budgets.end() ? usual_budget(cause) : own->second;
}

std::vector<std::string> condemned(const History& history, const Policy& policy) {
  std::map<std::string, unsigned> ended;  // attempts a checkpoint may have ended
  std::vector<std::string> out;
  for (const Attempt& attempt : history.attempts) {
    if (!attempt.resume || made_progress(attempt) || attempt.running_ms == 0 ||
        !may_be_the_checkpoints(attempt.loss.cause))
      continue;
    // Whoever could not load it says so. A large one takes longer than a minute to be read, but an
    // hour later the unreadable file is another one.
    const bool proven = attempt.loss.cause == Cause::bad_checkpoint &&
                        ran_for(attempt) <= 10 * policy.condemn_within_ms;
    if (!proven && ran_for(attempt) > policy.condemn_within_ms) continue;
    unsigned& count = ended[attempt.resume->path];
    count += proven ? 2 : 1;
    if (count >= 2 && !contains(out, attempt.resume->path)) out.push_back(attempt.resume->path);
  }
  return out;
}

std::vector<std::string> ruled_out(const History& history) {
  std::map<std::string, unsigned> blamed;
  std::vector<std::string> out;
  for (const Attempt& attempt : history.attempts) {
    for (const std::string& node : attempt.loss.blamed) {
      blamed[node] += takes_the_node(attempt.loss.cause) ? 2 : 1;
      if (blamed[node] >= 2 && !contains(out, node)) out.push_back(node);
    }
  }
  return out;
}

}  // namespace holdfast::recovery
