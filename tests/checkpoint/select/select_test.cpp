// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/select.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint {
namespace {

using namespace std::chrono_literals;

const Time noon{std::chrono::sys_days(std::chrono::year(2026) / 5 / 1) + 12h};

Listed listed(std::uint64_t step, Verdict verdict, Level reached = Level::structure) {
  Listed one;
  one.checkpoint.path = "step-" + std::to_string(step);
  one.checkpoint.step = step;
  one.checkpoint.committed = noon + std::chrono::seconds(step);
  one.judgement.verdict = verdict;
  one.judgement.reached = reached;
  one.judgement.why = "because";
  if (verdict == Verdict::in_flight) one.judgement.settles_at = noon + 60s;
  return one;
}

Catalogue of(std::vector<Listed> newest_first) {
  Catalogue catalogue;
  catalogue.newest_first = std::move(newest_first);
  catalogue.ground = Ground::inhabited;
  return catalogue;
}

/// The step chosen; 0 for none.
std::uint64_t chosen(const Catalogue& catalogue, const Policy& policy = {}) {
  const Choice choice = select(catalogue, policy, noon);
  const auto* resume = std::get_if<Resume>(&choice.what);
  return resume == nullptr ? 0 : *catalogue.newest_first[resume->index].checkpoint.step;
}

template <class Outcome>
bool ends_in(const Catalogue& catalogue, const Policy& policy = {}) {
  return std::holds_alternative<Outcome>(select(catalogue, policy, noon).what);
}

TEST(Select, TakesTheNewestGoodOne) {
  EXPECT_EQ(chosen(of({listed(30, Verdict::good), listed(20, Verdict::good)})), 30U);
}

TEST(Select, FallsBackPastUnfinishedAndDamagedOnes) {
  const Catalogue catalogue = of(
      {listed(40, Verdict::unfinished), listed(30, Verdict::damaged), listed(20, Verdict::good)});
  EXPECT_EQ(chosen(catalogue), 20U);
  EXPECT_EQ(select(catalogue, {}, noon).passed_over.size(), 2U);
}

TEST(Select, TellsOfManyThatWereNotLookedIntoInOneSentence) {
  std::vector<Listed> all;
  for (std::uint64_t step = 99; step > 20; --step) {
    const bool asked = step > 96;
    all.push_back(listed(step, asked ? Verdict::unknown : Verdict::good, Level::listing));
  }
  const Choice choice = select(of(std::move(all)), {}, noon);
  EXPECT_EQ(choice.passed_over,
            (std::vector<std::string>{"step-99 and 2 older ones: unknown: because",
                                      "step-96 and 75 older ones: not looked into: raise the "
                                      "number of candidates to have them judged"}));
  EXPECT_TRUE(std::get<NoneGood>(choice.what).why.starts_with("none of the 79 newest"));
}

TEST(Select, NamesTheDirectoryThatIsNotThere) {
  Catalogue catalogue;
  catalogue.ground = Ground::absent;
  catalogue.root = "/scratch/run7";
  EXPECT_EQ(std::get<ColdStart>(select(catalogue, {}, noon).what).why,
            "the checkpoint directory /scratch/run7 is not there yet");
}

TEST(Select, FailsClosedWhenThereAreSomeAndNoneIsGood) {
  const Catalogue catalogue = of({listed(30, Verdict::unfinished), listed(20, Verdict::damaged)});
  EXPECT_TRUE(ends_in<NoneGood>(catalogue));
  const Choice choice = select(catalogue, {}, noon);
  EXPECT_NE(std::get<NoneGood>(choice.what).why.find("step-30"), std::string::npos);
}

TEST(Select, StopsAfterAsManyDisappointmentsAsAllowed) {
  const Catalogue catalogue = of({listed(50, Verdict::damaged),
                                  listed(40, Verdict::damaged),
                                  listed(30, Verdict::damaged),
                                  listed(20, Verdict::good)});
  EXPECT_EQ(chosen(catalogue), 0U);
  Policy patient;
  patient.candidates = 4;
  EXPECT_EQ(chosen(catalogue, patient), 20U);
}

TEST(Select, LeftoversOfCrashesDoNotCountAsDisappointments) {
  std::vector<Listed> all;
  for (std::uint64_t step = 90; step > 30; step -= 10)
    all.push_back(listed(step, Verdict::unfinished, Level::listing));
  all.push_back(listed(20, Verdict::good));
  EXPECT_EQ(chosen(of(all)), 20U);
}

TEST(Select, WaitsForOneInFlight) {
  const Catalogue catalogue = of({listed(30, Verdict::in_flight), listed(20, Verdict::good)});
  const Choice choice = select(catalogue, {}, noon);
  ASSERT_TRUE(std::holds_alternative<WaitFor>(choice.what));
  EXPECT_EQ(std::get<WaitFor>(choice.what).until, noon + 60s);
}

TEST(Select, WaitsNoLongerThanItIsLet) {
  const Catalogue catalogue = of({listed(30, Verdict::in_flight), listed(20, Verdict::good)});
  Policy policy;
  policy.wait_until = noon + 10s;
  EXPECT_EQ(std::get<WaitFor>(select(catalogue, policy, noon).what).until, noon + 10s);
  policy.wait_until = noon;
  EXPECT_EQ(chosen(catalogue, policy), 20U);
}

TEST(Select, DoesNotWaitForAnOlderOneThanTheNewestGood) {
  EXPECT_EQ(chosen(of({listed(30, Verdict::good), listed(20, Verdict::in_flight)})), 30U);
}

TEST(Select, RemembersWhatWasCondemned) {
  const Catalogue catalogue = of({listed(30, Verdict::good), listed(20, Verdict::good)});
  Policy policy;
  policy.condemned.push_back({"step-30", 30, noon + 30s, "two attempts died of it"});
  EXPECT_EQ(chosen(catalogue, policy), 20U);
}

TEST(Select, TakesTheSameNameSavedAnewForAnotherCheckpoint) {
  Policy policy;
  policy.condemned.push_back({"step-30", 30, noon - 1h, "two attempts died of it"});
  EXPECT_EQ(chosen(of({listed(30, Verdict::good)}), policy), 30U);
}

TEST(Select, TrustsUnknownOnesOnlyWithSoundEdgesAndOnlyIfLet) {
  EXPECT_EQ(chosen(of({listed(30, Verdict::unknown, Level::edges)})), 30U);
  EXPECT_EQ(chosen(of({listed(30, Verdict::unknown, Level::listing)})), 0U);
  Policy strict;
  strict.trust_unknown = false;
  EXPECT_EQ(chosen(of({listed(30, Verdict::unknown, Level::edges)}), strict), 0U);
}

TEST(Select, NeverTakesOneThatWasOnlyListed) {
  EXPECT_EQ(chosen(of({listed(30, Verdict::damaged), listed(20, Verdict::good, Level::listing)})),
            0U);
}

TEST(Select, PassesOverWeightsWithoutOptimizer) {
  Listed weights = listed(30, Verdict::good);
  weights.judgement.flags.insert(Flag::model_only);
  const Catalogue catalogue = of({weights, listed(20, Verdict::good)});
  EXPECT_EQ(chosen(catalogue), 20U);
  Policy policy;
  policy.model_only = true;
  EXPECT_EQ(chosen(catalogue, policy), 30U);
}

TEST(Select, StartsAnewOnlyWhereNothingIs) {
  Catalogue catalogue;
  catalogue.ground = Ground::absent;
  EXPECT_TRUE(ends_in<ColdStart>(catalogue));
  catalogue.ground = Ground::empty;
  EXPECT_TRUE(ends_in<ColdStart>(catalogue));
  catalogue.ground = Ground::inhabited;
  EXPECT_TRUE(ends_in<NoneGood>(catalogue));
  catalogue.ground = Ground::foreign;
  catalogue.foreign = "somebody";
  EXPECT_TRUE(ends_in<NoneGood>(catalogue));
  Policy policy;
  policy.foreign_is_empty = true;
  EXPECT_TRUE(ends_in<ColdStart>(catalogue, policy));
}

}  // namespace
}  // namespace holdfast::checkpoint
