// SPDX-License-Identifier: Apache-2.0
// Help screens, made from the verb and option tables and from nothing else.
#include "cli/help.hpp"

#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace holdfast::cli {

namespace {

constexpr std::array program_option_table{
    OptionSpec{.name = "help", .takes = Takes::nothing, .argument = "", .help = "show this help"},
    OptionSpec{
        .name = "version", .takes = Takes::nothing, .argument = "", .help = "show the version"},
};

constexpr std::size_t screen_width = 80;      // the narrowest terminal still met
constexpr std::ptrdiff_t most_in_usage = 12;  ///< options; more are told as "[OPTION...]"

std::string flag_of(const OptionSpec& spec) {
  return spec.takes == Takes::nothing ? cat("--", spec.name)
                                      : cat("--", spec.name, ' ', spec.argument);
}

/// Lines of two columns, the second aligned.
class Columns {
 public:
  void add(std::string left, std::string_view right) { rows_.emplace_back(std::move(left), right); }

  [[nodiscard]] std::string text() const {
    std::size_t width = 0;
    for (const auto& [left, right] : rows_)
      width = std::max(width, left.size());
    std::string out;
    for (const auto& [left, right] : rows_)
      out += cat("  ", left, std::string(width - left.size() + 2, ' '), right, '\n');
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

std::string indented(std::string_view lines) {
  std::string out;
  for (const std::string_view line : split(lines, '\n'))
    if (!line.empty()) out += cat("  ", line, '\n');
  return out;
}

std::string_view kind_of(Takes takes) {
  switch (takes) {
    case Takes::nothing:
      return "switch";
    case Takes::text:
      return "text";
    case Takes::number:
      return "number";
    case Takes::file:
      return "file";
    case Takes::directory:
      return "directory";
    case Takes::choice:
      return "choice";
  }
  return "text";
}

}  // namespace

std::span<const OptionSpec> program_options() { return program_option_table; }

std::string version_line() { return cat("holdfast ", HOLDFAST_VERSION, '\n'); }

std::string program_help() {
  Columns rows;
  for (const Verb* verb : verbs())
    rows.add(std::string(verb->name), verb->summary);
  Columns options;
  for (const OptionSpec& spec : program_options())
    options.add(flag_of(spec), spec.help);
  return cat("Usage: holdfast VERB [OPTION...]\n",
             "Places every rank of a Slurm GPU job on its cores, GPU and NIC, and says why.\n\n",
             "Verbs:\n",
             rows.text(),
             "\nOptions:\n",
             options.text(),
             "\n`holdfast VERB --help` shows a verb's options, `man holdfast-VERB` more.\n",
             "Exit status: 0 done, 1 the answer is no, 2 wrong usage, 120 and above: ",
             "`holdfast help exit-codes`.\n");
}

std::string synopsis(const Verb& verb) {
  const std::string start = cat("holdfast ", verb.name);
  std::string out = start;
  std::size_t column = 7 + start.size();  // after "Usage: "
  const auto add = [&](const std::string& word) {
    if (column + 1 + word.size() > screen_width) {
      column = 7 + start.size();
      out += cat('\n', std::string(column, ' '));
    }
    out += cat(' ', word);
    column += 1 + word.size();
  };
  const auto shown = std::ranges::count(verb.options, false, &OptionSpec::hidden);
  if (shown > most_in_usage) add("[OPTION...]");  // they are told below, and the screen is short
  for (const OptionSpec& spec : verb.options)
    if (!spec.hidden && shown <= most_in_usage)
      add(cat('[', flag_of(spec), ']', spec.repeatable ? "..." : ""));
  if (!verb.operands.shown.empty()) add(std::string(verb.operands.shown));
  return out;
}

std::string verb_help(const Verb& verb) {
  Columns options;
  for (const OptionSpec& spec : verb.options)
    if (!spec.hidden && !spec.rare) options.add(flag_of(spec), spec.help);
  options.add("--help", "show this help");
  std::string out =
      cat("Usage: ", synopsis(verb), "\n\n", verb.about, "\n\nOptions:\n", options.text());
  if (std::ranges::any_of(verb.options, &OptionSpec::rare))
    out += cat("More options: man holdfast-", verb.name, '\n');
  if (!verb.examples.empty()) out += cat("\nExamples:\n", indented(verb.examples));
  return out;
}

std::string exit_codes_help() {
  Columns rows;
  for (const ExitStatusRow& row : exit_statuses)
    rows.add(std::string(row.number), row.meaning);
  return cat(
      "Exit status of holdfast:\n",
      rows.text(),
      "A verb that starts a command ends as the command does, and reports its own wrong usage\n",
      "as 125, as env(1) does: 2 may be the command's.\n");
}

std::string completion_words(const Verb& verb) {
  std::string out;
  for (const OptionSpec& spec : verb.options) {
    if (spec.hidden) continue;
    out += cat("--", spec.name, ' ', kind_of(spec.takes));
    if (spec.takes == Takes::choice)
      for (const std::string& word : words_of_choice(spec))
        out += cat(' ', word);
    out += '\n';
  }
  return out + "--help switch\n";
}

}  // namespace holdfast::cli
