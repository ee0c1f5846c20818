// SPDX-License-Identifier: Apache-2.0
#include "holdfast/spank/cpu_bind.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace holdfast::spank {

namespace {

/// "verbose" asks for talk, not for a binding; "none" is a choice like any other.
bool names_a_binding(std::string_view value) {
  constexpr std::array<std::string_view, 5> talk{"q", "quiet", "v", "verbose", "help"};
  return std::ranges::any_of(split(value, ','), [&](std::string_view word) {
    return !word.empty() && std::ranges::find(talk, lower(word)) == talk.end();
  });
}

/// The value of the last --cpu-bind. getopt takes any beginning that is no other option's too, and
/// srun's other options in --cpu go on with "s" and "-f"; --cpu_bind is the old spelling.
std::optional<std::string> last_option(std::span<const std::string> options) {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string_view option = options[i];
    if (!option.starts_with("--cpu-b") && !option.starts_with("--cpu_b")) continue;
    if (const auto equals = option.find('='); equals != std::string_view::npos) {
      value = option.substr(equals + 1);
    } else if (i + 1 < options.size()) {
      value = options[++i];
    }
  }
  return value;
}

}  // namespace

bool cpu_bind_is_users(const CpuBindFacts& facts, std::span<const std::string> srun_options) {
  if (const auto option = last_option(srun_options)) return names_a_binding(*option);
  return facts.bind && !facts.inherited && names_a_binding(*facts.bind);
}

}  // namespace holdfast::spank
