// SPDX-License-Identifier: Apache-2.0
// Histories of a job on n1 to n4 with the spares s1 and s2, told attempt by attempt.
#pragma once

#include "holdfast/recovery/decide.hpp"

#include <string>
#include <utility>
#include <vector>

namespace holdfast::recovery::testing {

/// One attempt; what is not said is ordinary: it ran for ten minutes on n1 to n4, started from the
/// beginning, saved nothing and ended with 1.
struct Told {
  Cause cause{Cause::unknown};
  std::vector<std::string> blamed{};
  std::string fingerprint{};
  bool self_proving{};
  std::optional<std::uint64_t> from{};   ///< the step it was started from
  std::optional<std::uint64_t> saved{};  ///< the newest step it saved
  std::int64_t ran_ms{600'000};          ///< 0: it never ran
  int exit_code{1};
};

inline Resume step(std::uint64_t number) {
  return {.path = "/ckpt/" + std::to_string(number), .step = number, .format = "torch-dcp"};
}

inline History history(const std::vector<Told>& all) {
  History out;
  std::int64_t now = 1'000'000;
  for (const Told& told : all) {
    Attempt attempt;
    attempt.number = static_cast<unsigned>(out.attempts.size()) + 1;
    attempt.started_ms = now;
    attempt.running_ms = told.ran_ms == 0 ? 0 : now + 1000;
    attempt.ended_ms = now + 1000 + told.ran_ms;
    if (told.from) attempt.resume = step(*told.from);
    attempt.newest_step = told.saved;
    attempt.nodes = {"n1", "n2", "n3", "n4"};
    attempt.loss.cause = told.cause;
    attempt.loss.blamed = told.blamed;
    attempt.loss.fingerprint = told.fingerprint;
    attempt.loss.self_proving = told.self_proving;
    attempt.loss.exit_code = told.exit_code;
    attempt.loss.why = "it ended";
    now = attempt.ended_ms + 1000;
    out.attempts.push_back(std::move(attempt));
  }
  return out;
}

inline Choice from(std::uint64_t number) {
  return {.kind = ChoiceKind::good, .resume = step(number), .why = "the newest good one"};
}

inline Ground four_and_two() {
  return {.wanted = 4, .in_use = {"n1", "n2", "n3", "n4"}, .spares = {"s1", "s2"}};
}

inline Ground four() { return {.wanted = 4, .in_use = {"n1", "n2", "n3", "n4"}}; }

}  // namespace holdfast::recovery::testing
