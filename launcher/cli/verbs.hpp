// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// Each verb is defined in its own file, verb_<name>.cpp.
extern const Verb topo_verb;
extern const Verb plan_verb;
extern const Verb exec_verb;
extern const Verb run_verb;
extern const Verb ctl_verb;
extern const Verb ckpt_verb;
extern const Verb check_verb;
extern const Verb status_verb;
extern const Verb report_verb;
extern const Verb history_verb;
extern const Verb decide_verb;
extern const Verb help_verb;
extern const Verb sentinel_verb;

/// All verbs, in the order in which `holdfast --help` lists them.
[[nodiscard]] std::span<const Verb* const> verbs();

/// Also those that `holdfast --help` does not list, because programs start them and not people.
[[nodiscard]] const Verb* find_verb(std::string_view name);

[[nodiscard]] std::vector<std::string> verb_names();

}  // namespace holdfast::cli
