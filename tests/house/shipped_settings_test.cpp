// SPDX-License-Identifier: Apache-2.0
// The holdfast.toml that is installed lists every key at its default, commented out, with the help
// of the settings table; and the table knows no key that it leaves out.
#include "holdfast/common/text.hpp"
#include "holdfast/health/keep/settings.hpp"
#include "holdfast/step/settings.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace holdfast::step {
namespace {

const std::string shipped_file = HOLDFAST_SOURCE_DIR "/scripts/packaging/holdfast.toml";

std::string shipped() {
  std::ifstream file(shipped_file);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// The sections with their rows as the table would write them.
std::string from_table() {
  std::string text;
  std::string_view section;
  for (const SettingRow& row : setting_rows()) {
    if (row.section != section) text += cat("\n[", row.section, "]\n");
    section = row.section;
    const std::string_view standard = row.standard.empty() ? "\"\"" : row.standard;
    text += cat("# ", row.help, "\n# ", row.key, " = ", standard, "\n");
  }
  text += "\n[check]\n";
  for (const health::CheckSettingRow& row : health::check_setting_rows())
    text += cat("# ", row.help, "\n# ", row.key, " = ", row.standard, "\n");
  return text;
}

TEST(ShippedSettings, ListEveryKeyOfTheTableAtItsDefault) {
  const std::string text = shipped();
  const std::size_t first_section = text.find("\n[");
  ASSERT_NE(first_section, std::string::npos) << shipped_file << " has no section";
  EXPECT_EQ(text.substr(first_section), from_table());
}

TEST(ShippedSettings, AreReadAsTheyAre) {
  const auto settings = read_settings(shipped_file);
  ASSERT_TRUE(settings) << settings.error().sentence();
  EXPECT_FALSE(settings->topology);
  const auto checks = health::read_check_settings(shipped_file);
  ASSERT_TRUE(checks) << checks.error().sentence();
  EXPECT_EQ(checks->policy.mode, health::Mode::observe);
}

}  // namespace
}  // namespace holdfast::step
