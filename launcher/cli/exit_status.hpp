// SPDX-License-Identifier: Apache-2.0
// Every number `holdfast` ends with, once. The manual, `holdfast help exit-codes` and the tests
// read this table; a number is never given a second meaning.
#pragma once

#include "holdfast/common/result.hpp"

#include <array>
#include <string_view>

namespace holdfast::cli {

/// Below 120 the numbers follow diff(1) and grep(1): a question verb needs 1 for "no", so wrong
/// usage is 2. From 120 on they stay clear of what jobs usually end with; 124 to 127 are those of
/// timeout(1) and env(1). A verb that starts a command reports wrong usage as `failed`, as env
/// does, because 2 may be the command's own.
enum class ExitStatus : int {
  ok = 0,
  negative = 1,
  usage = 2,
  none_good = 3,
  unfit = 120,
  no_plan = 121,
  gave_up = 122,
  requeued = 123,
  time_limit = 124,
  failed = 125,
  cannot_execute = 126,
  command_not_found = 127,
  signalled = 128,
};

struct ExitStatusRow {
  ExitStatus status;
  std::string_view number;  ///< as the manual prints it: "128+n" is no single number
  std::string_view meaning;
};

inline constexpr std::array exit_statuses{
    ExitStatusRow{ExitStatus::ok, "0", "done; for a question: yes, the same, nothing found"},
    ExitStatusRow{ExitStatus::negative, "1", "the answer to a question is no: the nodes differ"},
    ExitStatusRow{
        ExitStatus::usage, "2", "wrong usage, or a named file is missing or makes no sense"},
    ExitStatusRow{
        ExitStatus::none_good, "3", "there are checkpoints, and none of them may be used"},
    ExitStatusRow{ExitStatus::unfit, "120", "the node is unfit"},
    ExitStatusRow{ExitStatus::no_plan, "121", "no plan can be made for what was asked"},
    ExitStatusRow{ExitStatus::gave_up, "122", "run: it gave up, and no attempt left a status"},
    ExitStatusRow{ExitStatus::requeued, "123", "run: the job was handed back to Slurm for requeue"},
    ExitStatusRow{
        ExitStatus::time_limit, "124", "run: the job is out of time, and no attempt left a status"},
    ExitStatusRow{ExitStatus::failed, "125", "holdfast itself failed"},
    ExitStatusRow{ExitStatus::cannot_execute, "126", "the command is there and cannot be executed"},
    ExitStatusRow{ExitStatus::command_not_found, "127", "the command was not found"},
    ExitStatusRow{ExitStatus::signalled, "128+n", "the command was ended by signal n"},
};

/// What a failure that reaches `main` ends in. What the user can put right by asking differently is
/// wrong usage; the rest is ours.
[[nodiscard]] constexpr ExitStatus status_of(FailureKind kind) {
  const bool asked_wrong = kind == FailureKind::bad_input || kind == FailureKind::not_found;
  return asked_wrong ? ExitStatus::usage : ExitStatus::failed;
}

}  // namespace holdfast::cli
