// SPDX-License-Identifier: Apache-2.0
#include "cli/run/policy_table.hpp"

#include "cli/printable.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::cli {

namespace {

constexpr std::size_t cause_width = 16;
constexpr std::size_t number_width = 10;

std::string seconds(std::int64_t ms) {
  return ms == 0 ? "at once" : cat(decimal(static_cast<double>(ms) / 1000.0, 1), " s");
}

std::string row(std::string_view cause,
                std::string_view restarts,
                std::string_view first,
                std::string_view second,
                std::string_view most) {
  return cat(padded(cause, cause_width),
             padded(restarts, number_width),
             padded(first, number_width),
             padded(second, number_width),
             most,
             '\n');
}

}  // namespace

std::string policy_table(const recovery::Policy& policy) {
  std::string table = row("cause", "restarts", "1st wait", "2nd wait", "at most");
  for (const recovery::Cause cause : recovery::all_causes) {
    const auto own = policy.budgets.find(cause);
    const recovery::Budget budget =
        own == policy.budgets.end() ? recovery::usual_budget(cause) : own->second;
    if (budget.restarts == 0)
      table += row(phrase_of(cause), "none", "-", "-", "-");
    else
      table += row(phrase_of(cause),
                   cat(budget.restarts),
                   seconds(budget.first_wait_ms),
                   seconds(budget.second_wait_ms),
                   seconds(budget.most_wait_ms));
  }
  const bool requeues = policy.on_exhausted == recovery::Exhausted::requeue;
  return table + cat("restarts in all: ",
                     policy.max_restarts,
                     "; requeues: ",
                     policy.max_requeues,
                     "; attempts without a new checkpoint: ",
                     policy.no_progress,
                     '\n',
                     "too few nodes: ",
                     policy.shrink_to ? cat("go on with ", *policy.shrink_to, " or more, else ")
                                      : std::string(),
                     requeues ? "requeue" : "give up",
                     '\n');
}

}  // namespace holdfast::cli
