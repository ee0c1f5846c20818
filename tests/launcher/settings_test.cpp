// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/settings.hpp"

#include <gtest/gtest.h>

namespace holdfast::step {
namespace {

TEST(Settings, AreDefaultsWithoutAFile) {
  const auto settings = read_settings("/nonexistent/holdfast.toml");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->mode, affinity::Mode::full);
  EXPECT_FALSE(settings->topology);
}

TEST(Settings, ReadEveryKey) {
  const auto settings = parse_settings(R"(
[machine]
topology = "/etc/holdfast/machine.xml"
stand_in = true
gpu_vendors = ["1ed5"]
[bind]
mode = "local"
visible = "first"
smt = 1
system_cpus = "0,64"
without_gpus = ["0000:17:00.0"]
without_nics = ["mlx5_8"]
rank_nics = true
gpus_without_gres = true
)",
                                       "test.toml");
  ASSERT_TRUE(settings) << settings.error().sentence();
  EXPECT_EQ(settings->topology, "/etc/holdfast/machine.xml");
  EXPECT_TRUE(settings->stand_in);
  EXPECT_EQ(settings->gpu_vendors, std::vector<std::string>{"1ed5"});
  EXPECT_EQ(settings->mode, affinity::Mode::local);
  EXPECT_EQ(settings->visible, affinity::Visible::first);
  EXPECT_EQ(settings->threads_per_core, 1U);
  EXPECT_EQ(settings->kept_for_system, CpuSet({0, 64}));
  EXPECT_EQ(settings->without_gpus.size(), 1U);
  EXPECT_EQ(settings->without_nics, std::vector<std::string>{"mlx5_8"});
  EXPECT_TRUE(settings->rank_nics);
  EXPECT_TRUE(settings->gpus_without_gres);
  EXPECT_EQ(setting_rows().size(), 11U) << "a new key belongs into this test and into the manual";
}

TEST(Settings, LeaveTheTablesOfTheHealthChecksToTheirOwnReader) {
  EXPECT_TRUE(parse_settings("[check]\nmode = \"act\"\n[class.h100]\ngpus = 8\n", "test.toml"));
}

struct WrongSetting {
  const char* text;
  const char* told;
};

TEST(Settings, NameLineAndRemedyOfAMistake) {
  const std::vector<WrongSetting> cases{
      {"[bind]\nmoed = \"full\"", "line 2: there is no setting bind.moed; did you mean bind.mode?"},
      {"[bind]\nmode = \"fast\"", "mode \"fast\" is unknown; write full or local"},
      {"[bind]\nmode = 3", "must be text in quotes"},
      {"[bind]\nsmt = -1", "must be a number from 0"},
      {"[bind]\nsystem_cpus = \"3-1\"", "unreadable part"},
      {"[machine]\ntopology = \"x.xml\"", "must be an absolute path"},
      {"[machine]\nstand_in = \"yes\"", "must be true or false"},
      {"[machine]\ngpu_vendors = [\"nvidia\"]", "four hexadecimal digits"},
      {"mode = \"full\"", "there is no setting mode"},
      {"[bind\n", "line 1"},
      {"[launch]\nx = 1", "there is no setting launch.x"},
  };
  for (const WrongSetting& c : cases) {
    const auto settings = parse_settings(c.text, "/etc/holdfast/holdfast.toml");
    ASSERT_FALSE(settings) << c.text;
    const std::string told = settings.error().sentence();
    EXPECT_NE(told.find(c.told), std::string::npos) << told;
    EXPECT_NE(told.find("/etc/holdfast/holdfast.toml"), std::string::npos) << told;
  }
}

}  // namespace
}  // namespace holdfast::step
