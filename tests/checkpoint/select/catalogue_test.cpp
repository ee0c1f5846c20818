// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/catalogue.hpp"

#include "support/checkpoint/frameworks.hpp"
#include "support/checkpoint/savers.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

using namespace std::chrono_literals;

class CatalogueOf : public ::testing::Test {
 protected:
  World world_;

  [[nodiscard]] Catalogue read(Wish wish = {}) {
    world_.pass(1h);
    const auto catalogue = read_catalogue(world_, wish, world_.now());
    EXPECT_TRUE(catalogue) << catalogue.error().sentence();
    return catalogue ? *catalogue : Catalogue{};
  }
  void save_files(const std::vector<std::uint64_t>& steps) {
    for (const std::uint64_t step : steps) {
      save_torch_file(world_, step);
      world_.pass(10min);
    }
  }
};

TEST_F(CatalogueOf, OrdersByStepNotByTime) {
  save_files({300, 20, 1000});
  const Catalogue catalogue = read();
  ASSERT_EQ(catalogue.newest_first.size(), 3U);
  EXPECT_EQ(catalogue.newest_first[0].checkpoint.step, 1000U);
  EXPECT_EQ(catalogue.newest_first[1].checkpoint.step, 300U);
  EXPECT_EQ(catalogue.newest_first[2].checkpoint.step, 20U);
}

TEST_F(CatalogueOf, LooksIntoTheNewestOnly) {
  save_files({10, 20, 30, 40, 50});
  const Catalogue catalogue = read();
  EXPECT_EQ(catalogue.newest_first[2].judgement.reached, Level::structure);
  EXPECT_EQ(catalogue.newest_first[3].judgement.reached, Level::listing);
}

TEST_F(CatalogueOf, DoesNotSpendItsLooksOnTheCondemned) {
  save_files({10, 20, 30, 40});
  Wish wish;
  wish.candidates = 1;
  wish.condemned.push_back({"ckpt_step_40.pt", 40, std::nullopt, "it killed two attempts"});
  const Catalogue catalogue = read(wish);
  EXPECT_EQ(catalogue.newest_first[0].judgement.reached, Level::listing);
  EXPECT_EQ(catalogue.newest_first[1].judgement.reached, Level::structure);
}

TEST_F(CatalogueOf, TakesStepsFromContentsWhereNamesTellNone) {
  save_files({10, 20});
  world_.write("last.pt", training_state(30, 1));
  const Catalogue catalogue = read();
  EXPECT_EQ(catalogue.newest_first.front().checkpoint.path, "last.pt");
  EXPECT_EQ(catalogue.newest_first.front().checkpoint.step, 30U);
}

TEST_F(CatalogueOf, SaysWhatGroundItStandsOn) {
  EXPECT_EQ(read().ground, Ground::empty);
  world_.write("train.log", "…");
  EXPECT_EQ(read().ground, Ground::empty);
  world_.make_directory("somebody");
  EXPECT_EQ(read().ground, Ground::foreign);
  EXPECT_EQ(read().foreign, "somebody");
  world_.write("model.tmp", "half");
  EXPECT_EQ(read().ground, Ground::inhabited);
}

TEST_F(CatalogueOf, OneFormatNamedByTheUserIsNotRecognisedButTaken) {
  save_files({10});
  Wish wish;
  wish.format = "torch-dcp";
  const Catalogue catalogue = read(wish);
  EXPECT_EQ(catalogue.format, "torch-dcp");
  EXPECT_TRUE(catalogue.newest_first.empty());
}

TEST_F(CatalogueOf, AFormatNobodyKnowsIsRefusedByName) {
  Wish wish;
  wish.format = "papyrus";
  const auto catalogue = read_catalogue(world_, wish, world_.now());
  ASSERT_FALSE(catalogue);
  EXPECT_NE(catalogue.error().what.find("papyrus"), std::string::npos);
}

TEST_F(CatalogueOf, TellsOneCheckpointByItsPath) {
  save_files({10, 20});
  world_.pass(1h);
  const auto listed = read_checkpoint(world_, "ckpt_step_10.pt", {}, world_.now());
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->judgement.verdict, Verdict::good);
  EXPECT_FALSE(read_checkpoint(world_, "nothing", {}, world_.now()));
}

TEST_F(CatalogueOf, ReadsFromAStepBeyondThirtyTwoBits) {
  save_files({5'000'000'000, 4'000'000'000});
  EXPECT_EQ(read().newest_first.front().checkpoint.step, 5'000'000'000U);
}

TEST_F(CatalogueOf, HolesForceADeepLookAtTheFileThatHasThem) {
  save_files({10});
  // A hole in zeros that were meant: the sum agrees, so it is good, and flagged.
  TorchState state;
  const std::string zeros(40'000, '\0');
  world_.write("ckpt_step_20.pt",
               torch_zip({{"data.pkl", pickle(dict(std::vector<std::pair<std::string, Py>>{}), 2)},
                          {"data/0", zeros},
                          {"version", "3\n"}}));
  world_.punch_hole("ckpt_step_20.pt", 20'000, 1);
  const Catalogue catalogue = read();
  EXPECT_EQ(catalogue.newest_first.front().judgement.verdict, Verdict::good)
      << catalogue.newest_first.front().judgement.why;
  EXPECT_TRUE(catalogue.newest_first.front().judgement.flags.contains(Flag::suspect_holes));
}

TEST_F(CatalogueOf, ATimeFarInTheFutureKeepsNobodyWaiting) {
  save_files({10});
  world_.set_bytes("ckpt_step_10.pt", "cut");
  world_.set_modified("ckpt_step_10.pt", world_.now() + 24h * 365);
  EXPECT_EQ(read().newest_first.front().judgement.verdict, Verdict::damaged);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
