// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/keep/settings.hpp"

#include "healthy_node.hpp"
#include "holdfast/health/learn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view text) {
  const auto settings = parse_check_settings(text, "holdfast.toml");
  return settings ? std::string("taken") : settings.error().sentence();
}

TEST(CheckSettings, WithoutAFileObserveAndTouchNothing) {
  const auto settings = read_check_settings("/no/such/file.toml");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->policy.mode, Mode::observe);
  EXPECT_TRUE(settings->classes.empty());
}

TEST(CheckSettings, TakeEveryKeyAtTheDefaultItsRowNames) {
  std::string text = "[check]\n";
  for (const CheckSettingRow& row : check_setting_rows())
    text += std::string(row.key) + " = " + std::string(row.standard) + "\n";
  const auto settings = parse_check_settings(text, "test");
  ASSERT_TRUE(settings) << settings.error().sentence();
  const CheckSettings standard;
  EXPECT_EQ(settings->policy.drained_at_most, standard.policy.drained_at_most);
  EXPECT_EQ(settings->policy.drained_share, standard.policy.drained_share);
  EXPECT_EQ(settings->policy.clean_runs, standard.policy.clean_runs);
  EXPECT_EQ(settings->state, standard.state);
  EXPECT_EQ(settings->prolog_deadline, standard.prolog_deadline);
  EXPECT_EQ(settings->slurm_deadline, standard.slurm_deadline);
}

TEST(CheckSettings, ReadModeOverridesLimitsAndClasses) {
  const auto settings = parse_check_settings(R"(
[bind]
mode = "full"
[check]
mode = "act"
drained_at_most = 5
[check.severity]
"gpu.persistence" = "off"
"ib.state" = "watch"
[check.limit]
"gpu.temp.margin" = 5
"fs.space.unfit" = 99.5
[class.h100]
hosts = "n[1-8]"
gpus = 8
mig = false
mounts = ["/home", "/scratch"]
)",
                                             "test");
  ASSERT_TRUE(settings) << settings.error().sentence();
  EXPECT_EQ(settings->policy.mode, Mode::act);
  EXPECT_EQ(settings->policy.drained_at_most, 5U);
  EXPECT_EQ(settings->overrides.severity.at("gpu.persistence"), "off");
  EXPECT_EQ(settings->limits.at("gpu.temp.margin"), 5);
  EXPECT_EQ(settings->limits.at("fs.space.unfit"), 99.5);
  ASSERT_EQ(settings->classes.size(), 1U);
  EXPECT_EQ(settings->classes[0].name, "h100");
  EXPECT_EQ(settings->classes[0].gpus, 8U);
  EXPECT_EQ(settings->classes[0].mig, false);
  EXPECT_EQ(settings->classes[0].mounts.size(), 2U);
}

TEST(CheckSettings, NameTheLineAndWhatWasMeant) {
  EXPECT_THAT(refusal("[check]\nmodes = \"act\""), HasSubstr("line 2"));
  EXPECT_THAT(refusal("[check]\nmodes = \"act\""), HasSubstr("did you mean check.mode"));
  EXPECT_THAT(refusal("[check]\nmode = \"dry\""), HasSubstr("\"observe\" or \"act\""));
  EXPECT_THAT(refusal("[check.severity]\n\"gpu.temps\" = \"off\""),
              HasSubstr("did you mean gpu.temp"));
  EXPECT_THAT(refusal("[check.severity]\n\"gpu.temp\" = \"loud\""), HasSubstr("must be \"off\""));
  EXPECT_THAT(refusal("[check.limit]\n\"gpu.temp.margins\" = 3"),
              HasSubstr("did you mean gpu.temp.margin"));
  EXPECT_THAT(refusal("[check.limit]\n\"gpu.temp.margin\" = \"3\""), HasSubstr("must be a number"));
  EXPECT_THAT(refusal("[class.a]\ngpuss = 8"), HasSubstr("did you mean class.a.gpus"));
  EXPECT_THAT(refusal("[class.a]\ngpus = -8"), HasSubstr("not negative"));
  EXPECT_THAT(refusal("[class.a]\nhosts = \"n[1-\""), HasSubstr("class.a.hosts is wrong"));
  EXPECT_THAT(refusal("[check]\nprolog_deadline = \"0s\""), HasSubstr("between"));
  EXPECT_THAT(refusal("[check]\nevent_log = [\"ipmitool\", \"sel\"]"), HasSubstr("absolute path"));
  EXPECT_THAT(refusal("[check]\ncheckpoints = [\"ckpt\"]"), HasSubstr("absolute paths"));
  EXPECT_THAT(refusal("[check"), HasSubstr("line 1"));
  EXPECT_THAT(refusal("[clas.h100]\ngpus = 8"), HasSubstr("did you mean class"));
  EXPECT_THAT(refusal("[chekc]"),
              HasSubstr("line 1: there is no table chekc; did you mean check?"));
  EXPECT_THAT(refusal("check = 3"), HasSubstr("check must be a table"));
}

TEST(CheckSettings, LeaveOutOnlyProbesThatThereAre) {
  const auto settings =
      parse_check_settings("[check]\nleave_out = [\"gpus\", \"mount /home\"]\n", "test");
  ASSERT_TRUE(settings) << settings.error().sentence();
  EXPECT_EQ(settings->leave_out, (std::vector<std::string>{"gpus", "mount /home"}));
  EXPECT_THAT(refusal("[check]\nleave_out = [\"gpu\"]\n"),
              HasSubstr("line 2: check.leave_out names no probe with gpu; did you mean gpus?"));
  EXPECT_THAT(refusal("[check]\nleave_out = [\"mount home\"]\n"),
              HasSubstr("write \"mount /home\""));
}

TEST(CheckSettings, ReadBackTheClassThatWasLearned) {
  const NodeClass learned = learn_class(healthy_node(), "h100");
  const auto settings = parse_check_settings(to_toml(learned), "test");
  ASSERT_TRUE(settings) << settings.error().sentence();
  ASSERT_EQ(settings->classes.size(), 1U);
  EXPECT_EQ(settings->classes[0], learned);
}

}  // namespace
}  // namespace holdfast::health
