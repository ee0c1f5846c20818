// SPDX-License-Identifier: Apache-2.0
// Boost.Program_options splits the words; this wrapper gives it the verb's table and turns what it
// throws into one sentence of ours. Called by program.cpp once per run.
#include "cli/options.hpp"

#include "holdfast/common/text.hpp"

#include <algorithm>
#include <stdexcept>

#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

namespace holdfast::cli {

namespace po = boost::program_options;

namespace {

Failure misuse(std::string what, std::string remedy = {}) {
  return {FailureKind::bad_input, std::move(what), std::move(remedy), {}};
}

std::string suggestion(std::string_view typed, std::span<const std::string> candidates) {
  const auto meant = nearest(typed, candidates);
  return meant ? cat("did you mean ", *meant, '?') : std::string();
}

const OptionSpec* find_spec(std::span<const OptionSpec> specs, std::string_view name) {
  const auto found = std::ranges::find(specs, name, &OptionSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

/// How many of the arguments belong to holdfast when the rest is a command: up to "--" or the first
/// word that is neither an option nor an option's value.
std::size_t own_arguments(std::span<const OptionSpec> specs,
                          std::span<const std::string> arguments) {
  std::size_t at = 0;
  while (at < arguments.size() && arguments[at].starts_with('-') && arguments[at] != "--") {
    const std::string& word = arguments[at];
    const OptionSpec* spec = word.starts_with("--") ? find_spec(specs, word.substr(2)) : nullptr;
    at += spec != nullptr && spec->takes != Takes::nothing ? 2 : 1;
  }
  return std::min(at, arguments.size());
}

Failure unknown_option(std::string word, std::span<const OptionSpec> specs) {
  word = word.substr(0, word.find('='));
  std::vector<std::string> names{"--help"};
  for (const OptionSpec& spec : specs)
    if (!spec.hidden) names.push_back(cat("--", spec.name));
  return misuse(cat("unknown option ", word), suggestion(word, names));
}

Failure value_missing(const OptionSpec& spec) {
  const std::string name = cat("--", spec.name);
  return misuse(cat(name, " needs a value"), cat("write ", name, ' ', spec.argument));
}

Failure syntax_failure(const po::invalid_command_line_syntax& error,
                       std::span<const OptionSpec> specs) {
  const std::string name = error.get_option_name();
  if (error.kind() == po::invalid_syntax::extra_parameter)
    return misuse(cat(name, " takes no value"));
  const std::size_t dashes = std::min(name.find_first_not_of('-'), name.size());
  const OptionSpec* spec = find_spec(specs, std::string_view(name).substr(dashes));
  return spec == nullptr ? misuse(cat("option ", name, " cannot be understood"))
                         : value_missing(*spec);
}

bool names_option(std::span<const OptionSpec> specs, std::string_view word) {
  return word.starts_with("--") && find_spec(specs, word.substr(2)) != nullptr;
}

Result<std::vector<po::option>> split_words(std::span<const OptionSpec> specs,
                                            std::span<const std::string> arguments) {
  po::options_description description;
  for (const OptionSpec& spec : specs) {
    if (spec.takes == Takes::nothing)
      description.add_options()(std::string(spec.name).c_str(), "");
    else
      description.add_options()(std::string(spec.name).c_str(), po::value<std::string>(), "");
  }
  namespace style = po::command_line_style;
  constexpr int gnu = style::allow_long | style::allow_short | style::allow_dash_for_short |
                      style::short_allow_next | style::long_allow_adjacent | style::long_allow_next;
  try {
    return po::command_line_parser({arguments.begin(), arguments.end()})
        .options(description)
        .style(gnu)
        .run()
        .options;
  } catch (const po::unknown_option& error) {
    return unknown_option(error.get_option_name(), specs);
  } catch (const po::invalid_command_line_syntax& error) {
    return syntax_failure(error, specs);
  } catch (const po::error& error) {
    return misuse(error.what());
  }
}

std::optional<Failure> wrong_value(const OptionSpec& spec, const std::string& value) {
  if (spec.takes == Takes::number && !parse_number<unsigned>(value))
    return misuse(cat("--", spec.name, " takes a whole number, not \"", value, '"'));
  if (spec.takes != Takes::choice) return std::nullopt;
  const auto words = words_of_choice(spec);
  if (std::ranges::find(words, value) != words.end()) return std::nullopt;
  const auto meant = suggestion(value, words);
  return misuse(cat("--", spec.name, " takes ", join(words, " or "), ", not \"", value, '"'),
                meant);
}

Failure too_many(const OperandRule& rule, const std::string& first_extra) {
  if (rule.at_most == 0)
    return misuse(cat('"', first_extra, "\" is one word too many"), "it takes options only");
  return misuse(cat('"', first_extra, "\" is one word too many"),
                cat("what may follow is ", rule.shown));
}

}  // namespace

std::vector<std::string> words_of_choice(const OptionSpec& spec) {
  std::vector<std::string> words;
  for (const std::string_view word : split(spec.argument, '|'))
    words.emplace_back(word);
  return words;
}

bool ParsedOptions::has(std::string_view name) const {
  const auto found = given_.find(name);
  if (found == given_.end())
    throw std::logic_error(cat("no option --", name, " is in the verb's table"));
  return found->second;
}

std::vector<std::string> ParsedOptions::values(std::string_view name) const {
  return has(name) ? values_.find(name)->second : std::vector<std::string>{};
}

std::optional<std::string> ParsedOptions::value(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  return values_.find(name)->second.back();
}

std::optional<unsigned> ParsedOptions::number(std::string_view name) const {
  const auto text = value(name);
  return text ? parse_number<unsigned>(*text) : std::nullopt;
}

Result<ParsedOptions> parse_options(std::span<const OptionSpec> specs,
                                    const OperandRule& rule,
                                    std::span<const std::string> arguments) {
  const auto own =
      arguments.first(rule.is_command ? own_arguments(specs, arguments) : arguments.size());
  auto words = split_words(specs, own);
  if (!words) return std::move(words).error();

  ParsedOptions parsed;
  for (const OptionSpec& spec : specs)
    parsed.given_[std::string(spec.name)] = false;
  for (po::option& word : *words) {
    if (word.position_key >= 0) {
      parsed.operands_.insert(parsed.operands_.end(), word.value.begin(), word.value.end());
      continue;
    }
    const OptionSpec* spec = find_spec(specs, word.string_key);
    if (spec == nullptr) return unknown_option(cat("--", word.string_key), specs);
    if (parsed.given_[word.string_key] && !spec->repeatable)
      return misuse(cat("--", spec->name, " is given twice"), "say it once");
    parsed.given_[word.string_key] = true;
    // A forgotten value would swallow the next option; who means that text writes --name=--text.
    const bool swallowed =
        word.original_tokens.size() > 1 && names_option(specs, word.value.front());
    if (swallowed) return value_missing(*spec);
    for (std::string& value : word.value) {
      if (auto failure = wrong_value(*spec, value)) return *std::move(failure);
      parsed.values_[word.string_key].push_back(std::move(value));
    }
  }
  if (rule.is_command) {
    auto rest = arguments.subspan(own.size());
    if (!rest.empty() && rest.front() == "--") rest = rest.subspan(1);
    parsed.operands_.assign(rest.begin(), rest.end());
  } else if (parsed.operands_.size() > rule.at_most) {
    return too_many(rule, parsed.operands_[rule.at_most]);
  }
  return parsed;
}

}  // namespace holdfast::cli
