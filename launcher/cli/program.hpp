// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

#include <span>
#include <string>

namespace holdfast::cli {

/// The whole program but for the process: finds the verb, reads its options, runs it, tells a
/// failure. `arguments` are those after the program's name.
[[nodiscard]] ExitStatus run_program(std::span<const std::string> arguments, Caller& caller);

}  // namespace holdfast::cli
