// SPDX-License-Identifier: Apache-2.0
// The manual says what the program does: options, exit codes and settings are compared with their
// tables, in both directions.
#include "cli/verbs.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/settings.hpp"
#include "holdfast/health/learn.hpp"
#include "holdfast/step/settings.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

std::string page(std::string_view name) {
  const std::string file = cat(HOLDFAST_SOURCE_DIR, "/launcher/man/", name, ".scd");
  std::ifstream in(file);
  EXPECT_TRUE(in) << file << " is missing";
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The lines of one section, its heading being "# NAME".
std::vector<std::string> section(const std::string& text, std::string_view name) {
  std::vector<std::string> lines;
  bool inside = false;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("# "))
      inside = line.substr(2) == name;
    else if (inside)
      lines.emplace_back(line);
  }
  EXPECT_FALSE(lines.empty()) << "there is no section " << name;
  return lines;
}

std::string without_markup(std::string_view line) {
  std::string out;
  for (const char letter : line)
    if (letter != '*' && letter != '_' && letter != '\\') out += letter;
  return out;
}

TEST(Manual, OfEachVerbHasExactlyItsOptions) {
  for (const Verb* verb : verbs()) {
    if (verb == &help_verb) continue;  // holdfast(1) has it
    const std::string text = page(cat("holdfast-", verb->name, ".1"));
    std::vector<std::string> told;
    for (const std::string& line : section(text, "OPTIONS"))
      if (line.starts_with("*--")) told.push_back(without_markup(line));
    std::vector<std::string> there;
    for (const OptionSpec& option : verb->options)
      if (!option.hidden)
        there.push_back(option.takes == Takes::nothing
                            ? cat("--", option.name)
                            : cat("--", option.name, ' ', option.argument));
    EXPECT_THAT(told, UnorderedElementsAreArray(there)) << "holdfast-" << verb->name << "(1)";
    const std::string shown = without_markup(join(section(text, "SYNOPSIS"), " "));
    for (const std::string& option : there)
      EXPECT_THAT(shown, HasSubstr(option)) << "synopsis of holdfast-" << verb->name << "(1)";
  }
}

TEST(Manual, HasExactlyTheVerbs) {
  std::vector<std::string> told;
  for (const std::string& line : section(page("holdfast.1"), "VERBS"))
    if (line.starts_with('*')) told.push_back(without_markup(line));
  EXPECT_THAT(told, UnorderedElementsAreArray(verb_names()));
}

TEST(Manual, HasExactlyTheExitCodes) {
  std::vector<std::string> told;
  for (const std::string& line : section(page("holdfast.1"), "EXIT STATUS"))
    if (line.starts_with('*')) told.push_back(without_markup(line));
  std::vector<std::string> there;
  for (const ExitStatusRow& row : exit_statuses)
    there.emplace_back(row.number);
  EXPECT_THAT(told, UnorderedElementsAreArray(there));
}

TEST(Manual, OfTheSettingsHasExactlyTheKeys) {
  const std::string text = page("holdfast.toml.5");
  const std::map<std::string_view, std::string_view> headings{
      {"machine", "MACHINE"}, {"bind", "BIND"}, {"check", "CHECK"}, {"class", "CLASS"}};
  std::map<std::string_view, std::vector<std::string>> there;
  for (const step::SettingRow& row : step::setting_rows()) {
    const std::string_view standard = row.standard.empty() ? "\"\"" : row.standard;
    there[row.section].push_back(cat(row.key, " = ", row.type, ", default ", standard));
  }
  for (const health::CheckSettingRow& row : health::check_setting_rows())
    there["check"].push_back(cat(row.key, " = ", row.type, ", default ", row.standard));
  for (const health::ClassKey& key : health::class_keys())
    there["class"].push_back(std::string(key.name));
  for (const auto& [table, keys] : there) {
    ASSERT_TRUE(headings.contains(table)) << "table [" << table << "] has no heading";
    std::vector<std::string> told;
    for (const std::string& line : section(text, headings.at(table))) {
      const auto name_end = line.find('*', 1);
      if (line.starts_with('*') && name_end != std::string::npos)
        told.push_back(cat(line.substr(1, name_end - 1), line.substr(name_end + 1)));
    }
    EXPECT_THAT(told, UnorderedElementsAreArray(keys)) << "table [" << table << ']';
  }
}

}  // namespace
}  // namespace holdfast::cli
