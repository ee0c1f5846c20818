// SPDX-License-Identifier: Apache-2.0
#include "sentinel/health_look.hpp"

#include "holdfast/common/text.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

using Kind = NodeSign::Kind;

std::string finding(std::string_view check, std::string_view severity) {
  return cat(R"({"check":")",
             check,
             R"(","subject":"GPU 0000:17:00.0","severity":")",
             severity,
             R"(","what":"is bad"})");
}

std::string answer_of(std::string_view findings) {
  return cat(R"({"findings":[)", findings, R"(],"gpus":[{"at":"0000:17:00.0"}]})");
}

TEST(HealthAnswer, KeepsWhatMakesANodeUnfitAndWhichGpusAreSeen) {
  const auto answer = parse_health_answer(answer_of(
      cat(finding("gpu.lost", "fatal"), ',', finding("a", "watch"), ',', finding("b", "unfit"))));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->findings.size(), 2U);
  EXPECT_EQ(answer->findings[0].text, "gpu.lost GPU 0000:17:00.0: is bad");
  EXPECT_TRUE(answer->findings[0].fatal);
  EXPECT_FALSE(answer->findings[1].fatal);
  EXPECT_EQ(answer->gpus, std::vector<std::string>{"0000:17:00.0"});
}

TEST(HealthAnswer, ThatIsNoneIsNone) {
  EXPECT_FALSE(parse_health_answer(""));
  EXPECT_FALSE(parse_health_answer("[]"));
  EXPECT_FALSE(parse_health_answer(R"({"findings":7})"));
  EXPECT_TRUE(parse_health_answer(R"({"findings":[7,{"severity":1}],"gpus":[1,{}]})"));
}

class Looking : public ::testing::Test {
 protected:
  Looking()
      : file_(std::filesystem::temp_directory_path() /
              cat("health-look-",
                  ::getpid(),
                  "-",
                  ::testing::UnitTest::GetInstance()->random_seed())) {}
  ~Looking() override { std::filesystem::remove(file_); }

  void node_shows(const std::string& findings) { std::ofstream(file_) << answer_of(findings); }

  /// One look, until it is done.
  std::vector<NodeSign> look() {
    signs_.clear();
    bool done = false;
    look_->look([&] { done = true; });
    io_.restart();
    io_.run();
    EXPECT_TRUE(done);
    return signs_;
  }

  std::shared_ptr<HealthLook> made(std::vector<std::string> command) {
    return std::make_shared<HealthLook>(
        io_,
        HealthLook::Settings{std::move(command), {}, std::chrono::milliseconds(200)},
        [this](NodeSign sign) { signs_.push_back(std::move(sign)); });
  }

  std::filesystem::path file_;
  boost::asio::io_context io_;
  std::vector<NodeSign> signs_;
  std::shared_ptr<HealthLook> look_ = made({"cat", file_.string()});
};

TEST_F(Looking, WhatWasUnfitBeforeTheRunIsNoNewsAndWhatBecomesSoIsToldOnce) {
  node_shows(finding("gpu.nvlink_state", "unfit"));
  EXPECT_TRUE(look().empty());
  node_shows(cat(finding("gpu.nvlink_state", "unfit"), ',', finding("ib.state", "unfit")));
  const auto signs = look();
  ASSERT_EQ(signs.size(), 1U);
  EXPECT_EQ(signs[0].kind, Kind::unfit);
  EXPECT_EQ(signs[0].text, "ib.state GPU 0000:17:00.0: is bad");
  EXPECT_TRUE(look().empty());
}

TEST_F(Looking, WhatNoRankSurvivesIsToldAtOnceAlsoAtTheFirstLook) {
  node_shows(finding("gpu.lost", "fatal"));
  const auto signs = look();
  ASSERT_EQ(signs.size(), 1U);
  EXPECT_EQ(signs[0].kind, Kind::broken);
  EXPECT_GT(signs[0].at_ms, 0);
  EXPECT_EQ(look_->gpus(), std::vector<std::string>{"0000:17:00.0"});
}

TEST_F(Looking, TheUseOfTheGpusMemoryIsSummedUpOverTheLooksThatSayIt) {
  const auto gpus_show = [this](std::string_view gpus) {
    std::ofstream(file_) << cat(R"({"findings":[],"gpus":[)", gpus, "]}");
    look();
  };
  gpus_show(R"({"at":"a","memory_busy_percent":60},{"at":"b","memory_busy_percent":20})");
  EXPECT_EQ(look_->gpu_looks(), 1U);
  EXPECT_EQ(look_->gpu_memory_busy(), 40U) << "the mean of both";
  gpus_show(R"({"at":"a"},{"at":"b","memory_busy_percent":10})");
  EXPECT_EQ(look_->gpu_looks(), 2U);
  EXPECT_EQ(look_->gpu_memory_busy(), 50U);
  gpus_show(R"({"at":"a"},{"at":"b","memory_busy_percent":"much"},{"memory_busy_percent":7000})");
  EXPECT_EQ(look_->gpu_looks(), 2U) << "a look that sees nothing is none";
}

TEST_F(Looking, ACheckThatHangsIsNoSignAndHoldsNobodyUp) {
  look_ = made({"sleep", "600"});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(look().empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST_F(Looking, WhoAsksDuringALookWaitsForIt) {
  node_shows("");
  int answered = 0;
  look_->look([&] { ++answered; });
  look_->look([&] { ++answered; });
  io_.run();
  EXPECT_EQ(answered, 2);
}

TEST_F(Looking, WithoutACommandNobodyWaits) {
  look_ = made({});
  bool done = false;
  look_->look([&] { done = true; });
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace holdfast::sentinel
