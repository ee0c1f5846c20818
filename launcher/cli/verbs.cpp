// SPDX-License-Identifier: Apache-2.0
// The verb table. A new verb is a file verb_<name>.cpp, a line in verbs.hpp and a row here; help,
// completion and the manual's test follow.
#include "cli/verbs.hpp"

#include <algorithm>
#include <array>

namespace holdfast::cli {

namespace {

constexpr std::array table{
    &topo_verb,
    &plan_verb,
    &exec_verb,
    &run_verb,
    &ctl_verb,
    &ckpt_verb,
    &check_verb,
    &status_verb,
    &report_verb,
    &history_verb,
    &decide_verb,
    &help_verb,
};

/// Started by programs: not listed, not completed, with a manual page in section 8.
constexpr std::array unlisted{&sentinel_verb};

}  // namespace

std::span<const Verb* const> verbs() { return table; }

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Verb::name);
  if (found != table.end()) return *found;
  const auto hidden = std::ranges::find(unlisted, name, &Verb::name);
  return hidden == unlisted.end() ? nullptr : *hidden;
}

std::vector<std::string> verb_names() {
  std::vector<std::string> names;
  names.reserve(table.size());
  for (const Verb* verb : table)
    names.emplace_back(verb->name);
  return names;
}

}  // namespace holdfast::cli
