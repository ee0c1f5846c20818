// SPDX-License-Identifier: Apache-2.0
// With the real `holdfast ckpt watch --manifest` behind it: sums come while the run goes on, where
// the catalogue of the run looks for them.
#include "run/sums.hpp"

#include "support/temporary_directory.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::run {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SumsOfARun : public ::testing::Test {
 protected:
  SumsOfARun() {
    fs::create_directories(here_ / "ckpt/step-10");
    std::ofstream(here_ / "ckpt/step-10/state") << "ten";
    std::ofstream(here_ / "ckpt/step-10/DONE") << "";
  }

  [[nodiscard]] Catalogue::Settings settings(const std::string& program) const {
    return {program,
            {(here_ / "ckpt").string()},
            {"--ckpt-marker", "DONE", "--quiet", "0s"},
            (here_ / "state/ckpt").string()};
  }
  /// False: not within the deadline.
  template <class Is>
  bool run_until(Is is) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is() && std::chrono::steady_clock::now() < until)
      io_.run_for(std::chrono::milliseconds(20));
    return is();
  }

  testing::TemporaryDirectory temporary_{"sums"};
  fs::path here_ = temporary_.path();
  boost::asio::io_context io_;
  std::vector<std::string> said_;
};

TEST_F(SumsOfARun, ComeToLieWhereItsCatalogueLooks) {
  const auto with = settings(HOLDFAST_PROGRAM);
  Sums sums(io_, with, [this](std::string said) { said_.push_back(std::move(said)); });
  sums.start();
  const fs::path sidecar = Catalogue::sidecar_of(with, 0);
  EXPECT_TRUE(run_until([&] {
    std::error_code not_there;
    for (const auto& entry : fs::recursive_directory_iterator(sidecar, not_there))
      if (entry.path().string().find("step-10") != std::string::npos) return true;
    return false;
  }));
  EXPECT_TRUE(said_.empty()) << said_.front();
}

TEST_F(SumsOfARun, AreMissedInOneSentenceWhenTheWatcherEnds) {
  auto with = settings(HOLDFAST_PROGRAM);
  with.look = {"--ckpt-format", "megatrom"};
  Sums sums(io_, with, [this](std::string said) { said_.push_back(std::move(said)); });
  sums.start();
  ASSERT_TRUE(run_until([&] { return !said_.empty(); }));
  EXPECT_THAT(said_.front(), HasSubstr("are not summed up any more"));
  EXPECT_THAT(said_.front(), HasSubstr("megatrom"));
  io_.run_for(std::chrono::milliseconds(200));
  EXPECT_EQ(said_.size(), 1U);
}

}  // namespace
}  // namespace holdfast::run
