// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

#include <span>
#include <string>

namespace holdfast::cli {

/// The options of `holdfast` itself, before a verb.
[[nodiscard]] std::span<const OptionSpec> program_options();

/// `holdfast --help`: at most 24 lines.
[[nodiscard]] std::string program_help();

/// `holdfast VERB --help`: fits one screen.
[[nodiscard]] std::string verb_help(const Verb& verb);

/// "holdfast topo [--topology FILE] [--json]", wrapped and indented to fit 80 columns.
[[nodiscard]] std::string synopsis(const Verb& verb);

/// `holdfast help exit-codes`.
[[nodiscard]] std::string exit_codes_help();

/// What bash may offer after `holdfast VERB`: a line per option, "--name KIND [WORDS]", KIND being
/// switch, text, number, file, directory or choice. The completion script reads it, so that it
/// never lags behind the tables.
[[nodiscard]] std::string completion_words(const Verb& verb);

/// The line of `holdfast --version`.
[[nodiscard]] std::string version_line();

}  // namespace holdfast::cli
