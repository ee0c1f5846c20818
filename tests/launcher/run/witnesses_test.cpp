// SPDX-License-Identifier: Apache-2.0
#include "run/witnesses.hpp"

#include <gtest/gtest.h>

namespace holdfast::run {
namespace {

using Names = std::vector<std::string>;

class Suspicion : public ::testing::Test {
 protected:
  Suspicion() {
    witnesses_.set_port(6818);
    for (const std::string node : {"n1", "n2", "n3", "n4", "n5", "n6"})
      witnesses_.know(node, "10.0.0." + node.substr(1));
  }
  Witnesses witnesses_;
};

TEST_F(Suspicion, AsksThreeOthersAndNotTheSupervisorsOwnNode) {
  const auto order = witnesses_.ask_about("n3", "n1", {"n1", "n2", "n3", "n4", "n5", "n6"});
  EXPECT_EQ(order.witnesses, (Names{"n2", "n4", "n5"}));
  EXPECT_EQ(order.address, "10.0.0.3");
  EXPECT_EQ(order.port, 6818);
}

TEST_F(Suspicion, AsksTheSupervisorsOwnNodeWhereThereIsNobodyElse) {
  EXPECT_EQ(witnesses_.ask_about("n2", "n1", {"n1", "n2"}).witnesses, Names{"n1"});
  EXPECT_TRUE(witnesses_.ask_about("n1", "n1", {"n1"}).witnesses.empty());
}

TEST_F(Suspicion, AsksNobodyWhereThePortIsNotKnown) {
  Witnesses blind;
  blind.know("n3", "10.0.0.3");
  EXPECT_TRUE(blind.ask_about("n3", "n1", {"n1", "n2", "n3"}).witnesses.empty());
  EXPECT_EQ(blind.words_on("n3"), "");
}

TEST_F(Suspicion, TellsADeadNodeFromOneThatOthersReach) {
  (void)witnesses_.ask_about("n3", "n1", {"n1", "n2", "n3", "n4", "n5"});
  EXPECT_EQ(witnesses_.words_on("n3"), "") << "nobody has answered";
  witnesses_.heard("n2", "10.0.0.3", false);
  witnesses_.heard("n4", "10.0.0.3", false);
  EXPECT_EQ(witnesses_.words_on("n3"), ", and 2 of 2 other nodes do not reach it either");
  (void)witnesses_.ask_about("n3", "n1", {"n1", "n2", "n3", "n4", "n5"});
  witnesses_.heard("n2", "10.0.0.3", true);
  witnesses_.heard("n4", "10.0.0.3", true);
  witnesses_.heard("n5", "10.0.0.3", false);
  EXPECT_NE(witnesses_.words_on("n3").find("2 of 3 other nodes reach its slurmd"),
            std::string::npos)
      << "an old answer does not count";
}

TEST_F(Suspicion, CountsEachWitnessOnceAndOnlyWhoWasAsked) {
  (void)witnesses_.ask_about("n3", "n1", {"n1", "n2", "n3"});
  witnesses_.heard("n2", "10.0.0.3", false);
  witnesses_.heard("n2", "10.0.0.3", false);
  witnesses_.heard("n6", "10.0.0.3", true);
  EXPECT_EQ(witnesses_.words_on("n3"), ", and 1 of 1 other nodes do not reach it either");
}

}  // namespace
}  // namespace holdfast::run
