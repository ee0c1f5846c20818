// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_status.hpp"
#include "cli/options.hpp"
#include "cli/voice.hpp"
#include "holdfast/affinity/environment.hpp"

#include <ostream>
#include <span>
#include <string_view>

namespace holdfast::cli {

/// What standard output is good for.
struct Looks {
  bool color{};           ///< a terminal, and NO_COLOR is not set
  bool utf8{};            ///< the locale knows more than ASCII
  unsigned columns{100};  ///< of the terminal; 100 where there is none
};

/// Who runs a verb and how it answers. Everything a verb touches of the process comes through here,
/// so that a test runs it without one. A verb that writes files or execs says so in its own file.
struct Caller {
  std::ostream& out;  ///< results only
  Voice& voice;
  const affinity::Environment& environment;
  Looks looks;
};

/// One row of the verb table. `run` gets options that are already checked against `options`; a
/// Failure it returns is told by run_program(), once, and ends in status_of(kind).
struct Verb {
  std::string_view name;
  std::string_view summary;  ///< under 70 letters: a line of `holdfast --help`
  std::string_view about;  ///< a sentence or two for `holdfast VERB --help`; lines under 90 letters
  OperandRule operands;
  std::span<const OptionSpec> options;
  std::string_view examples;  ///< lines, each a command; may be empty
  Result<ExitStatus> (*run)(const ParsedOptions& options, Caller& caller);
};

}  // namespace holdfast::cli
