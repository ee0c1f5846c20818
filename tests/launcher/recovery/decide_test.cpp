// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/decide.hpp"

#include "history_builder.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::recovery {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::four;
using testing::four_and_two;
using testing::from;
using ::testing::HasSubstr;
using testing::history;
using ::testing::IsEmpty;
using testing::step;
using testing::Told;
using Kind = DecisionKind;

const Choice nothing_saved{};

TEST(Decide, StartsAgainOnTheSameNodesAtOnceAfterARankCrashed) {
  const auto decision =
      decide(history({{.cause = Cause::unknown, .saved = 10}}), from(10), four_and_two(), {});
  EXPECT_EQ(decision.kind, Kind::restart);
  EXPECT_THAT(decision.nodes, ElementsAre("n1", "n2", "n3", "n4"));
  EXPECT_EQ(decision.wait_ms, 0);
  EXPECT_EQ(decision.resume, step(10));
  EXPECT_THAT(decision.condemn, IsEmpty());
}

TEST(Decide, PutsASpareInThePlaceOfALostNodeAndMovesNobodyElse) {
  const auto decision =
      decide(history({{.cause = Cause::node_lost, .blamed = {"n2"}, .saved = 10}}),
             from(10),
             four_and_two(),
             {});
  EXPECT_EQ(decision.kind, Kind::replace);
  EXPECT_THAT(decision.nodes, ElementsAre("n1", "s1", "n3", "n4"));
  EXPECT_THAT(decision.exclude, ElementsAre("n2"));
  EXPECT_EQ(decision.wait_ms, 0);
}

TEST(Decide, PrefersTheSpareUnderTheSameLeafSwitch) {
  auto ground = four_and_two();
  ground.leaf = {
      {"n1", "leaf1"}, {"n2", "leaf2"}, {"n3", "leaf3"}, {"s1", "leaf2"}, {"s2", "leaf1"}};
  const auto decision =
      decide(history({{.cause = Cause::node_lost, .blamed = {"n1", "n2"}, .saved = 1}}),
             from(1),
             ground,
             {});
  EXPECT_THAT(decision.nodes, ElementsAre("s2", "s1", "n3", "n4"));
  ground.leaf = {{"n3", "leaf1"}, {"s2", "leaf1"}};
  const auto near = decide(
      history({{.cause = Cause::node_lost, .blamed = {"n1"}, .saved = 1}}), from(1), ground, {});
  EXPECT_THAT(near.nodes, ElementsAre("s2", "n2", "n3", "n4")) << "n3 is under its leaf";
}

TEST(Decide, ShrinksWhenNoSpareIsLeftAndTheUserAllowsIt) {
  const auto lost = history({{.cause = Cause::node_lost, .blamed = {"n2"}, .saved = 10}});
  const auto decision = decide(lost, from(10), four(), {.shrink_to = 3});
  EXPECT_EQ(decision.kind, Kind::shrink);
  EXPECT_THAT(decision.nodes, ElementsAre("n1", "n3", "n4"));
  EXPECT_EQ(decide(lost, from(10), four(), {.shrink_to = 4}).kind, Kind::requeue);
}

TEST(Decide, GrowsAgainWhenASpareIsThere) {
  Ground ground{.wanted = 4, .in_use = {"n1", "n3", "n4"}, .spares = {"n5"}};
  const auto decision = decide(history({{.saved = 10}}), from(10), ground, {.shrink_to = 3});
  EXPECT_EQ(decision.kind, Kind::replace);
  EXPECT_THAT(decision.nodes, ElementsAre("n1", "n3", "n4", "n5"));
}

TEST(Decide, RequeuesWithoutTheBadNodesWhenTooFewAreLeft) {
  const auto lost = history({{.cause = Cause::node_lost, .blamed = {"n2"}, .saved = 10}});
  const auto decision = decide(lost, from(10), four(), {});
  EXPECT_EQ(decision.kind, Kind::requeue);
  EXPECT_THAT(decision.exclude, ElementsAre("n2"));
  EXPECT_THAT(decision.considered, Contains(HasSubstr("no spare is left")));
}

TEST(Decide, StopsWithAVerdictWhereNothingMoreCanBeDone) {
  const auto lost =
      history({{.cause = Cause::node_lost, .blamed = {"n2"}, .saved = 10, .exit_code = 0}});
  for (const Policy& policy : {Policy{.on_exhausted = Exhausted::fail},
                               Policy{.can_requeue = false},
                               Policy{.max_requeues = 0}}) {
    const auto decision = decide(lost, from(10), four(), policy);
    EXPECT_EQ(decision.kind, Kind::stop);
    EXPECT_EQ(decision.exit_code, 122);
    EXPECT_THAT(decision.verdict, HasSubstr("n2"));
    EXPECT_THAT(decision.nodes, IsEmpty());
  }
}

TEST(Decide, NeverRestartsWhatWasCancelled) {
  const auto decision =
      decide(history({{.cause = Cause::cancelled, .exit_code = 15}}), from(1), four(), {});
  EXPECT_EQ(decision.kind, Kind::stop);
  EXPECT_EQ(decision.exit_code, 15);
}

TEST(Decide, GivesTheJobBackToSlurmAtItsWalltimeAndAtPreemption) {
  for (const Cause cause : {Cause::walltime, Cause::preempted}) {
    EXPECT_EQ(decide(history({{.cause = cause, .saved = 10}}), from(10), four(), {}).kind,
              Kind::requeue);
    EXPECT_EQ(
        decide(history({{.cause = cause, .saved = 10}}), {.kind = ChoiceKind::unknown}, four(), {})
            .kind,
        Kind::requeue)
        << "the next start asks for its checkpoint anew";
  }
  const auto kept = decide(history({{.cause = Cause::walltime, .saved = 1, .exit_code = 0}}),
                           from(1),
                           four(),
                           {.can_requeue = false});
  EXPECT_EQ(kept.kind, Kind::stop);
  EXPECT_EQ(kept.exit_code, 124);
}

TEST(Decide, ForgivesAnErrorOfTheProgramOnceAtOnePlace) {
  const Told error{.cause = Cause::user_error, .fingerprint = "user_error|exit 3", .exit_code = 3};
  EXPECT_EQ(decide(history({error}), nothing_saved, four(), {}).kind, Kind::restart);
  const auto twice = decide(history({error, error}), nothing_saved, four(), {});
  EXPECT_EQ(twice.kind, Kind::stop);
  EXPECT_EQ(twice.exit_code, 3);
  Told elsewhere = error;
  elsewhere.fingerprint = "user_error|exit 4";
  EXPECT_EQ(decide(history({error, elsewhere}), nothing_saved, four(), {}).kind, Kind::restart);
}

TEST(Decide, ForgivesItAgainWhenTheProgramGotFartherInBetween) {
  const Told first{.cause = Cause::user_error, .fingerprint = "e", .saved = 10};
  const Told second{.cause = Cause::user_error, .fingerprint = "e", .from = 10, .saved = 20};
  EXPECT_EQ(decide(history({first, second}), from(20), four(), {}).kind, Kind::restart);
  Told stuck = second;
  stuck.saved = 10;
  EXPECT_EQ(decide(history({first, stuck}), from(10), four(), {}).kind, Kind::stop);
}

TEST(Decide, StopsAtOnceAtAnErrorThatProvesItself) {
  const auto decision =
      decide(history({{.cause = Cause::user_error, .self_proving = true, .exit_code = 1}}),
             from(1),
             four(),
             {});
  EXPECT_EQ(decision.kind, Kind::stop);
  EXPECT_EQ(decision.exit_code, 1);
}

TEST(Decide, StopsAtTheSecondLaunchThatFailsInTheSameWordsUnlessTheyTellOfWhatPasses) {
  auto twice = history({{.cause = Cause::launch_failed}, {.cause = Cause::launch_failed}});
  for (Attempt& attempt : twice.attempts)
    attempt.loss.fingerprint = "launch_failed|srun: error: Too few NodeNames";
  EXPECT_EQ(decide(twice, nothing_saved, four_and_two(), {}).kind, Kind::restart);
  for (Attempt& attempt : twice.attempts)
    attempt.loss.self_proving = true;
  EXPECT_EQ(decide(twice, nothing_saved, four_and_two(), {}).kind, Kind::stop);
  twice.attempts.front().loss.fingerprint = "launch_failed|srun: error: something else";
  EXPECT_EQ(decide(twice, nothing_saved, four_and_two(), {}).kind, Kind::restart);
}

TEST(Decide, StopsAfterThreeAttemptsThatSavedNothingNew) {
  const Told crash{.from = 10, .saved = 10};
  EXPECT_EQ(decide(history({{.saved = 10}, crash, crash}), from(10), four(), {}).kind,
            Kind::restart);
  const auto third = decide(history({{.saved = 10}, crash, crash, crash}), from(10), four(), {});
  EXPECT_EQ(third.kind, Kind::stop);
  EXPECT_THAT(third.why, HasSubstr("3 attempts"));
  EXPECT_EQ(decide(history({crash, crash, crash}), from(10), four(), {.no_progress = 4}).kind,
            Kind::restart);
}

TEST(Decide, DoesNotCountAgainstTheProgramWhatSlurmOrANodeDid) {
  const Told taken{.cause = Cause::preempted, .from = 10};
  const Told lost{.cause = Cause::node_lost, .blamed = {"x"}, .from = 10, .ran_ms = 0};
  EXPECT_EQ(decide(history({{.saved = 10}, taken, lost, taken, lost}), from(10), four(), {}).kind,
            Kind::restart);
}

TEST(Decide, CondemnsACheckpointThatEndsTwoAttemptsWithinAMinute) {
  const Told crash{.from = 20, .ran_ms = 5'000};
  const auto all = history({{.saved = 20}, crash, crash});
  EXPECT_THAT(condemned(all, {}), ElementsAre("/ckpt/20"));
  const auto again = decide(all, from(20), four(), {});
  EXPECT_EQ(again.kind, Kind::choose_again);
  EXPECT_THAT(again.condemn, ElementsAre("/ckpt/20"));
  const auto older = decide(all, from(10), four(), {});
  EXPECT_EQ(older.kind, Kind::restart);
  EXPECT_THAT(older.condemn, ElementsAre("/ckpt/20"));
  EXPECT_EQ(older.resume, step(10));
}

TEST(Decide, CondemnsNoCheckpointForWhatANodeOrALongRunDid) {
  const Told late{.from = 20, .ran_ms = 61'000};
  EXPECT_THAT(condemned(history({late, late}), {}), IsEmpty());
  const Told lost{.cause = Cause::node_lost, .blamed = {"n1"}, .from = 20, .ran_ms = 5'000};
  EXPECT_THAT(condemned(history({lost, lost}), {}), IsEmpty());
  const Told moved{.from = 20, .saved = 21, .ran_ms = 5'000};
  EXPECT_THAT(condemned(history({moved, moved}), {}), IsEmpty());
}

TEST(Decide, TriesTheOlderCheckpointBeforeItCallsTheErrorTheUsers) {
  const Told crash{.cause = Cause::user_error, .fingerprint = "e", .from = 20, .ran_ms = 5'000};
  Told older = crash;
  older.from = 10;
  const auto two = history({{.saved = 20}, crash, crash});
  EXPECT_EQ(decide(two, from(10), four(), {}).kind, Kind::restart);
  EXPECT_EQ(
      decide(history({{.saved = 20}, crash, crash, older}), from(10), four(), {.no_progress = 9})
          .kind,
      Kind::stop);
}

TEST(Decide, CondemnsATornCheckpointAtItsFirstLoad) {
  const Told torn{.cause = Cause::bad_checkpoint,
                  .fingerprint = "t",
                  .self_proving = true,
                  .from = 20,
                  .ran_ms = 90'000};
  EXPECT_EQ(decide(history({{.saved = 20}, torn}), from(20), four(), {}).kind, Kind::choose_again);
  EXPECT_EQ(decide(history({{.saved = 20}, torn}), from(10), four(), {}).kind, Kind::restart);
  Told misfit = torn;
  misfit.self_proving = false;
  Told older = misfit;
  older.from = 10;
  EXPECT_EQ(decide(history({{.saved = 20}, misfit, older}), from(5), four(), {}).kind, Kind::stop)
      << "two that do not fit in the same way: it is the program";
}

TEST(Decide, StartsFromNothingOnlyWhereNothingWasSaved) {
  EXPECT_EQ(decide(history({{}}), nothing_saved, four(), {}).kind, Kind::restart);
  const auto none_good =
      decide(history({{.saved = 10}}), {.kind = ChoiceKind::none_good, .why = "torn"}, four(), {});
  EXPECT_EQ(none_good.kind, Kind::stop);
  EXPECT_THAT(none_good.why, HasSubstr("torn"));
  EXPECT_EQ(decide(history({{.saved = 10}}), nothing_saved, four(), {}).kind, Kind::stop)
      << "it was there and is gone: most likely a file system that is not mounted";
}

TEST(Decide, AsksAgainWhileTheCatalogueCannotBeRead) {
  Choice choice{.kind = ChoiceKind::unknown, .why = "timed out"};
  const auto first = decide(history({{.saved = 1}}), choice, four(), {});
  EXPECT_EQ(first.kind, Kind::choose_again);
  EXPECT_GT(first.wait_ms, 0);
  choice.asked = 6;
  EXPECT_EQ(decide(history({{.saved = 1}}), choice, four(), {}).kind, Kind::requeue);
}

TEST(Decide, WaitsLongerEachTimeForOneCauseAndNotForOthers) {
  const Told stuck{.cause = Cause::network, .from = 1, .ran_ms = 0};
  std::vector<std::int64_t> waits;
  std::vector<Told> all{{.saved = 1}};
  for (int count = 0; count < 5; ++count) {
    all.push_back(stuck);
    waits.push_back(decide(history(all), from(1), four(), {}).wait_ms);
  }
  EXPECT_THAT(waits, ElementsAre(0, 15'000, 30'000, 60'000, 120'000));
  all.push_back(stuck);
  EXPECT_EQ(decide(history(all), from(1), four(), {}).kind, Kind::requeue) << "the budget is spent";
  all.back().cause = Cause::hang;
  EXPECT_EQ(decide(history(all), from(1), four(), {}).wait_ms, 0);
}

TEST(Decide, UsesANodeThatWasBlamedTwiceNoMore) {
  const Told killed{.blamed = {"n3"}, .saved = 1};
  Told again{.blamed = {"n3"}, .from = 1, .saved = 2};
  EXPECT_EQ(decide(history({killed}), from(1), four_and_two(), {}).kind, Kind::restart);
  const auto twice = decide(history({killed, again}), from(2), four_and_two(), {});
  EXPECT_EQ(twice.kind, Kind::replace);
  EXPECT_THAT(twice.nodes, ElementsAre("n1", "n2", "s1", "n4"));
}

TEST(Decide, EndsWhenAllRestartsAreUsed) {
  std::vector<Told> all;
  for (std::uint64_t at = 0; at < 4; ++at)
    all.push_back({.from = at, .saved = at + 1});
  EXPECT_EQ(decide(history(all), from(4), four(), {.max_restarts = 4}).kind, Kind::restart);
  EXPECT_EQ(decide(history(all), from(4), four(), {.max_restarts = 3}).kind, Kind::stop);
}

TEST(Decide, TakesTheBudgetsOfThePolicy) {
  Policy policy;
  policy.budgets[Cause::out_of_memory] = {.restarts = 0};
  EXPECT_EQ(decide(history({{.cause = Cause::out_of_memory}}), nothing_saved, four(), {}).kind,
            Kind::restart);
  EXPECT_EQ(decide(history({{.cause = Cause::out_of_memory}}), nothing_saved, four(), policy).kind,
            Kind::stop);
}

TEST(Decide, HasNothingToSayBeforeTheFirstLoss) {
  EXPECT_EQ(decide({}, nothing_saved, four(), {}).kind, Kind::stop);
}

}  // namespace
}  // namespace holdfast::recovery
