// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace holdfast::health {

/// How much a finding weighs. `unknown` stands apart: it is neither good nor bad.
enum class Severity {
  pass,
  note,     ///< worth a line in the record; the node is fit
  watch,    ///< the node is fit, somebody should look
  unfit,    ///< no job should start here
  fatal,    ///< unfit, and a job that runs here cannot go on
  unknown,  ///< could not be seen
};

/// What is to be done about it, mildest first.
enum class Action {
  none,
  note,
  tell_user,  ///< the job's program or settings, not the node
  restart_service,
  drain,
  reset_gpu,
  reboot,
  inspect,  ///< run the active tests, look at cables and slots
  rma,      ///< replace the part
};

/// When our own drain for a finding may be lifted: never for what only a new part cures.
enum class Clears {
  never,
  when_passing,  ///< the check sees the thing itself, so that passing means it is over
  by_reboot,     ///< the check saw a trace of it; only a new boot is a new beginning
};

inline constexpr std::array<std::string_view, 6> severity_words{
    "pass", "note", "watch", "unfit", "fatal", "unknown"};
inline constexpr std::array<std::string_view, 9> action_words{"none",
                                                              "note",
                                                              "tell-user",
                                                              "restart-service",
                                                              "drain",
                                                              "reset-gpu",
                                                              "reboot",
                                                              "inspect",
                                                              "rma"};

[[nodiscard]] constexpr std::string_view word_of(Severity severity) {
  return severity_words[static_cast<std::size_t>(severity)];
}
[[nodiscard]] constexpr std::string_view word_of(Action action) {
  return action_words[static_cast<std::size_t>(action)];
}
[[nodiscard]] constexpr std::optional<Severity> severity_of(std::string_view word) {
  for (std::size_t i = 0; i < severity_words.size(); ++i)
    if (severity_words[i] == word) return static_cast<Severity>(i);
  return std::nullopt;
}

/// Unfit or fatal: no job should start here.
[[nodiscard]] constexpr bool is_bad(Severity severity) {
  return severity == Severity::unfit || severity == Severity::fatal;
}

}  // namespace holdfast::health
