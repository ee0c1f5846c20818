// SPDX-License-Identifier: Apache-2.0
// The figures of the report, each worked out by hand.
#include "holdfast/events/accounts.hpp"

#include "samples.hpp"

#include <random>

#include <gtest/gtest.h>

namespace holdfast::events {
namespace {

using testing::Story;

constexpr std::uint64_t s = 1000;

Accounts account_of(const Story& story) { return account(replay(story.records()), story.now_ms()); }

TEST(Accounts, OfALostNodeCountWhatCameAfterTheCheckpointAsLost) {
  const Accounts accounts = account_of(testing::lost_node());
  // 2 s launch, 250 s running of which the last 50 s came after /c/200, 0.3 s teardown, 1.7 s
  // launch, 150 s running to a good end.
  EXPECT_EQ(accounts.wall_ms, 404 * s);
  EXPECT_EQ(accounts.running_ms, 400 * s);
  EXPECT_EQ(accounts.lost_ms, 50 * s);
  EXPECT_EQ(accounts.kept_ms, 350 * s);
  EXPECT_EQ(accounts.at_risk_ms, 0U);
  EXPECT_DOUBLE_EQ(*accounts.ettr, 350.0 / 404);
  // Three nodes all the time, two of them at work.
  EXPECT_DOUBLE_EQ(accounts.node_hours, 3 * 404.0 / 3600);
  EXPECT_DOUBLE_EQ(accounts.node_hours_lost, 2 * 50.0 / 3600);
  EXPECT_DOUBLE_EQ(*accounts.goodput, 2 * 350.0 / (3 * 404.0));
  ASSERT_EQ(accounts.attempts.size(), 2U);
  EXPECT_EQ(accounts.attempts[0].recovery_ms, 2 * s);
  EXPECT_EQ(accounts.attempts[0].steps_lost, 50U) << "a step a second, 50 s after step 200";
  EXPECT_FALSE(accounts.attempts[1].steps_lost);
  EXPECT_EQ(accounts.steps_lost, 50U);
}

/// An attempt that runs for 100 s, with a checkpoint after 60 s if it has a name, then fails.
void crash(Story& story, unsigned number, std::optional<ResumePoint> resume, const char* saves) {
  story.tell(AttemptStarted{number, {"n1"}, {}, std::move(resume), ""}, 0);
  story.tell(RanksRunning{number, 0}, 0);
  story.tell(Note{""}, 60 * s);
  if (saves != nullptr) story.tell(CheckpointSeen{number, saves, {}}, 0);
  story.tell(LossJudged{number, "network", {}, "", "", {}, false, 1, {}}, 40 * s);
}

TEST(Accounts, OfAStepBackAcrossTwoAttemptsLoseBoth) {
  Story story;
  story.tell(RunStarted{"1", 0, {"n1"}, 1, 0, {}, {}, ""}, 0);
  crash(story, 1, {}, "/a");
  crash(story, 2, ResumePoint{"/a", {}, ""}, "/b");
  // /b is condemned: back to /a, which costs all of attempt 2.
  crash(story, 3, ResumePoint{"/a", {}, ""}, nullptr);
  const Accounts accounts = account_of(story);
  EXPECT_EQ(accounts.attempts[0].kept_ms, 60 * s);
  EXPECT_EQ(accounts.attempts[1].kept_ms, 0U);
  EXPECT_EQ(accounts.attempts[2].lost_ms, 100 * s) << "/b came before it";
  EXPECT_EQ(accounts.kept_ms, 60 * s);
}

TEST(Accounts, OfAStartFromTheBeginningLoseEverything) {
  Story story;
  story.tell(RunStarted{"1", 0, {"n1"}, 1, 0, {}, {}, ""}, 0);
  crash(story, 1, {}, "/a");
  crash(story, 2, {}, nullptr);
  Accounts accounts = account_of(story);
  EXPECT_EQ(accounts.attempts[0].kept_ms, 0U);
  // A checkpoint this log never saw, no further on than where the attempt began, is older than it.
  Story older;
  older.tell(RunStarted{"1", 0, {"n1"}, 1, 0, {}, {}, ""}, 0);
  crash(older, 1, ResumePoint{"/old", 9, ""}, nullptr);
  crash(older, 2, ResumePoint{"/old", 9, ""}, nullptr);
  EXPECT_EQ(account_of(older).kept_ms, 0U);
  Story further;
  further.tell(RunStarted{"1", 0, {"n1"}, 1, 0, {}, {}, ""}, 0);
  crash(further, 1, ResumePoint{"/old", 9, ""}, "/a");
  crash(further, 2, ResumePoint{"/a", 12, ""}, nullptr);
  crash(further, 3, ResumePoint{"/older", 3, ""}, nullptr);
  EXPECT_EQ(account_of(further).kept_ms, 0U) << "back to before this log";
  Story unseen;
  unseen.tell(RunStarted{"1", 0, {"n1"}, 1, 0, {}, {}, ""}, 0);
  crash(unseen, 1, ResumePoint{"/old", 9, ""}, nullptr);
  crash(unseen, 2, ResumePoint{"/new", 12, ""}, nullptr);
  EXPECT_EQ(account_of(unseen).attempts[0].kept_ms, 100 * s);
}

TEST(Accounts, OfARunThatGoesOnSayWhatIsAtRisk) {
  Story story;
  story.tell(RunStarted{"1", 0, {"n1"}, 1, 0, {}, {}, ""}, 0);
  story.tell(AttemptStarted{1, {"n1"}, {}, {}, ""}, 0).tell(RanksRunning{1, 0}, 10 * s);
  const RunState state = replay(story.records());
  EXPECT_EQ(account(state, story.now_ms() + 30'000).at_risk_ms, 30 * s);
  story.tell(CheckpointSeen{1, "/a", {}}, 20 * s);
  const Accounts accounts = account(replay(story.records()), story.now_ms() + 30'000);
  EXPECT_EQ(accounts.kept_ms, 50 * s);
  EXPECT_EQ(accounts.at_risk_ms, 30 * s);
  EXPECT_EQ(accounts.wall_ms, 60 * s);
}

TEST(Accounts, OfARequeuedJobPayForNodesOnlyWhileItHasThem) {
  Story story;
  story.tell(RunStarted{"1", 0, {"n1", "n2"}, 2, 0, {}, {}, ""}, 0);
  story.tell(Requeued{"requeue", {}, ""}, 3'600'000);
  story.tell(RunStarted{"1", 1, {"n3"}, 1, 0, {}, {}, ""}, 7'200'000);
  story.tell(RunEnded{0, "finished", ""}, 3'600'000);
  const Accounts accounts = account_of(story);
  EXPECT_DOUBLE_EQ(accounts.node_hours, 3.0);
  EXPECT_EQ(accounts.wall_ms, 4 * 3600 * s) << "waiting in the queue is time all the same";
}

TEST(Accounts, OfNothingAreNothing) {
  const Accounts accounts = account(RunState{}, 5);
  EXPECT_FALSE(accounts.goodput);
  EXPECT_TRUE(accounts.attempts.empty());
}

TEST(Accounts, NeverKeepMoreThanRan) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    std::mt19937_64 dice(seed);
    Story story;
    const auto bodies = testing::one_of_each();
    for (int count = 0; count < 60; ++count) {
      Body body = bodies[dice() % bodies.size()];
      std::visit(
          [&](auto& event) {
            if constexpr (requires { event.attempt; })
              event.attempt = static_cast<unsigned>(dice() % 8);
          },
          body);
      story.tell(std::move(body), static_cast<std::int64_t>(dice() % 9000) - 1000);
    }
    const Accounts accounts = account_of(story);
    std::uint64_t kept = 0;
    for (const AttemptAccount& one : accounts.attempts) {
      ASSERT_LE(one.kept_ms, one.running_ms) << "seed " << seed;
      kept += one.kept_ms;
    }
    ASSERT_EQ(kept + accounts.lost_ms, accounts.running_ms);
    ASSERT_EQ(kept, accounts.kept_ms);
  }
}

}  // namespace
}  // namespace holdfast::events
