// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "holdfast/common/result.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// What an option takes. It decides how the value is checked and what completion offers.
enum class Takes {
  nothing,  ///< a switch
  text,     ///< anything
  number,   ///< a whole number
  file,
  directory,
  choice,  ///< one word of `argument`, which lists them: "full|local"
};

/// One row of a verb's option table: help screen, manual and completion are made or checked from
/// it.
struct OptionSpec {
  std::string_view name;  ///< without dashes
  Takes takes{Takes::nothing};
  std::string_view argument;  ///< as the help shows it: "FILE"; empty for a switch
  std::string_view help;      ///< a few words, lower case, no full stop
  bool repeatable{};
  bool hidden{};  ///< for tests and for the plugin: not in help, manual or completion
  bool rare{};    ///< in the manual and in completion; the help screen is short
};

/// What may follow the options.
struct OperandRule {
  std::string_view shown;  ///< in the usage line: "[A B]", "[--] COMMAND [ARGUMENT...]"
  std::size_t at_most{};
  bool is_command{};  ///< options end at the first operand: the rest belongs to the command
};

/// What was said on one command line. Asking for an option that is not in the verb's table is a bug
/// and throws std::logic_error, so a test meets it.
class ParsedOptions {
 public:
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  [[nodiscard]] std::optional<unsigned> number(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }

 private:
  friend Result<ParsedOptions> parse_options(std::span<const OptionSpec> specs,
                                             const OperandRule& rule,
                                             std::span<const std::string> arguments);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;  // a row for every option
  std::map<std::string, bool, std::less<>> given_;
  std::vector<std::string> operands_;
};

/// Reads `--name=value`, `--name value` and switches in the GNU manner; "--" ends options. Names
/// are not guessed from their beginnings: a script must not change its meaning when an option is
/// added. Misuse is one sentence that names the word and, where one is near, what was meant.
[[nodiscard]] Result<ParsedOptions> parse_options(std::span<const OptionSpec> specs,
                                                  const OperandRule& rule,
                                                  std::span<const std::string> arguments);

/// The words of a choice: "full|local" gives full and local.
[[nodiscard]] std::vector<std::string> words_of_choice(const OptionSpec& spec);

}  // namespace holdfast::cli
