// SPDX-License-Identifier: Apache-2.0
// One run of the checks, told to people and to programs.
#pragma once

#include "cli/check/check_run.hpp"
#include "cli/exit_status.hpp"
#include "cli/verb.hpp"

#include <string>

namespace holdfast::cli {

/// One screen: the verdict, what speaks against the node with limit and remedy, a line that counts.
/// With `explain` also what passed, what it was judged from, and what every probe took.
[[nodiscard]] std::string check_screen(const CheckRun& run, bool explain, const Looks& looks);

[[nodiscard]] std::string check_json(const CheckRun& run);

/// Text for Prometheus' collector of text files.
[[nodiscard]] std::string check_metrics(const CheckRun& run);

/// One line for Nagios and its kin, and the number they read: 0 ok, 1 warning, 2 critical, 3
/// unknown.
[[nodiscard]] std::string check_nagios(const CheckRun& run);
/// The same for a node that could not be looked at.
[[nodiscard]] std::string check_nagios(const Failure& failure);
[[nodiscard]] ExitStatus nagios_status(health::Verdict verdict);

/// The table of all checks, for `--list`.
[[nodiscard]] std::string check_table();

}  // namespace holdfast::cli
