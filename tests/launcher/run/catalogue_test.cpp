// SPDX-License-Identifier: Apache-2.0
// With the real `holdfast ckpt latest` behind it: what one supervisor has condemned the next one,
// after a requeue, does not choose again.
#include "run/catalogue.hpp"

#include "holdfast/process/ask.hpp"
#include "support/temporary_directory.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

namespace holdfast::run {
namespace {

namespace fs = std::filesystem;

class Catalogues : public ::testing::Test {
 protected:
  Catalogues() {
    for (const char* step : {"10", "20"}) {
      const fs::path directory = here_ / "ckpt" / ("step-" + std::string(step));
      fs::create_directories(directory);
      std::ofstream(directory / "state") << step;
      std::ofstream(directory / "DONE") << "";
    }
  }

  [[nodiscard]] Catalogue::Settings settings(std::vector<std::string> look = {}) const {
    look.insert(look.end(), {"--ckpt-marker", "DONE"});
    return {HOLDFAST_PROGRAM,
            {(here_ / "ckpt").string()},
            std::move(look),
            (here_ / "state/ckpt").string()};
  }
  [[nodiscard]] std::string path(const std::string& step) const {
    return (here_ / "ckpt" / ("step-" + step)).string();
  }
  /// Answers come before the child that gave them is reaped.
  void TearDown() override {
    busy_.reset();
    io_.run_for(std::chrono::seconds(1));
  }
  recovery::Choice read(Catalogue& catalogue, const std::vector<std::string>& condemned) {
    std::optional<recovery::Choice> told;
    catalogue.read(condemned, true, [&](recovery::Choice choice) { told = std::move(choice); });
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!told && std::chrono::steady_clock::now() < until)
      io_.run_one_for(std::chrono::seconds(1));
    return told.value_or(recovery::Choice{recovery::ChoiceKind::unknown, {}, "no answer came", 1});
  }

  testing::TemporaryDirectory temporary_{"catalogue"};
  fs::path here_ = temporary_.path();
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_{
      boost::asio::make_work_guard(io_)};
  Worker disk_{io_};
};

TEST_F(Catalogues, ForgetNothingThatWasCondemnedWhenAnotherSupervisorComes) {
  {
    Catalogue first(io_, disk_, settings());
    EXPECT_EQ(read(first, {}).resume.path, path("20"));
    EXPECT_EQ(read(first, {path("20")}).resume.path, path("10")) << "in the same attempt's loss";
    EXPECT_EQ(read(first, {}).resume.path, path("10")) << "in later attempts";
  }
  Catalogue second(io_, disk_, settings());
  EXPECT_EQ(read(second, {}).resume.path, path("10")) << "after a requeue";
  const auto both = read(second, {path("20"), path("10")});
  EXPECT_EQ(both.kind, recovery::ChoiceKind::none_good);
}

TEST_F(Catalogues, KnowWhatTheGoodOneTakesAndWhatIsFree) {
  std::string text;
  Catalogue catalogue(io_, disk_, settings());
  EXPECT_EQ(read(catalogue, {}).resume.path, path("20"));
  std::vector<std::string> words{
      HOLDFAST_PROGRAM, "ckpt", "latest", "--json", "--ckpt-marker", "DONE", "--quiet", "0s"};
  words.push_back((here_ / "ckpt").string());
  process::ask(io_, {words, {}, {}, false}, std::chrono::seconds(60), [&](auto answer) {
    if (answer) text = answer->output;
  });
  while (text.empty() && io_.run_one_for(std::chrono::seconds(60)) != 0) {
  }
  const Found found = parse_found(text);
  EXPECT_EQ(found.bytes, 2U) << text;
  EXPECT_GT(found.bytes_free.value_or(0), 0U) << text;
  EXPECT_EQ(shortage("/ckpt", found), "");
}

TEST(Shortage, IsToldWhereOneMoreCheckpointAndAFifthDoNotFit) {
  Found found;
  found.choice.resume.path = "/c/step-7";
  found.bytes = std::uint64_t{1000} << 20;
  found.bytes_free = std::uint64_t{1200} << 20;
  EXPECT_EQ(shortage("/c", found), "");
  found.bytes_free = (std::uint64_t{1200} << 20) - 1;
  EXPECT_EQ(shortage("/c", found),
            "the next save may find no room: 1199 MiB are free in /c, and /c/step-7 takes 1000; "
            "remove old checkpoints, or save elsewhere");
  found.bytes_free.reset();
  EXPECT_EQ(shortage("/c", found), "") << "a file system that does not tell is not accused";
}

TEST_F(Catalogues, AskTheUsersOwnCheckToo) {
  Catalogue catalogue(io_, disk_, settings({"--ckpt-verify", "grep -q 10 {path}/state"}));
  EXPECT_EQ(read(catalogue, {}).resume.path, path("10"));
}

class WithoutAStep : public Catalogues {
 protected:
  WithoutAStep() {
    fs::remove_all(here_ / "ckpt/step-10");
    fs::rename(here_ / "ckpt/step-20", here_ / "ckpt/last");
  }
  [[nodiscard]] Catalogue::Settings telling(const std::string& resume_arg) const {
    auto all = settings();
    all.resume_arg = resume_arg;
    return all;
  }
};

TEST_F(WithoutAStep, ACheckpointIsNoneToAProgramThatWantsToBeToldIt) {
  Catalogue catalogue(io_, disk_, telling("--ckpt-step {step}"));
  const auto choice = read(catalogue, {});
  EXPECT_EQ(choice.kind, recovery::ChoiceKind::none_good) << "not a start from the beginning";
  EXPECT_EQ(choice.why,
            "--resume-arg: the template asks for {step}, and " + (here_ / "ckpt/last").string() +
                " does not tell its step; use {path} or {tag}");
}

TEST_F(WithoutAStep, ACheckpointIsAsGoodAsAnyToOneThatTakesItsPath) {
  Catalogue catalogue(io_, disk_, telling("--load {path}"));
  EXPECT_EQ(read(catalogue, {}).kind, recovery::ChoiceKind::good);
}

}  // namespace
}  // namespace holdfast::run
