// SPDX-License-Identifier: Apache-2.0
#include "holdfast/events/run_state.hpp"

#include "samples.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::events {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Story;

TEST(RunState, TellsTheStoryOfALostNode) {
  const Story story = testing::lost_node();
  const RunState state = replay(story.records());
  EXPECT_EQ(state.job, "4711");
  ASSERT_EQ(state.attempts.size(), 2U);
  const AttemptState& first = state.attempts[0];
  EXPECT_EQ(first.phase, AttemptPhase::decided);
  EXPECT_EQ(first.loss->cause, "node_lost");
  EXPECT_EQ(first.detected_ms, 5000U) << "the node's silence";
  EXPECT_EQ(first.teardown_ms, 300U);
  EXPECT_EQ(first.launch_ms, 2000U);
  EXPECT_EQ(first.checkpoints, 2U);
  EXPECT_EQ(first.newest_step, 200U);
  EXPECT_FALSE(first.ended_well());
  const AttemptState& second = state.attempts[1];
  EXPECT_TRUE(second.ended_well());
  EXPECT_EQ(second.resume->path, "/c/200");
  EXPECT_EQ(state.newest_checkpoint()->path, "/c/300");
  EXPECT_THAT(state.lost_nodes(), ElementsAre("n2"));
  EXPECT_THAT(state.spares(), IsEmpty());
  EXPECT_THAT(state.nodes.at("n2").blamed, ElementsAre(1U));
  EXPECT_EQ(phase_of(state), "finished");
  EXPECT_EQ(state.ended->exit, 0);
}

TEST(RunState, KnowsWhoPausedRestartsUntilTheyAreTakenUpOrTheJobStartsAnew) {
  RunState state;
  std::uint64_t seq = 0;
  const auto say = [&](Body body) {
    ++seq;
    apply(state, {record_version, seq, 1, static_cast<std::int64_t>(1'000 * seq), "n1", body, {}});
  };
  EXPECT_EQ(state.restarts_paused(), nullptr);
  say(Control{"pat", "pause-restarts", {}});
  say(Control{"kim", "save", {}});
  ASSERT_NE(state.restarts_paused(), nullptr);
  EXPECT_EQ(state.restarts_paused()->what.user, "pat");
  EXPECT_EQ(state.restarts_paused()->at_ms, 1'000);
  say(Control{"pat", "resume-restarts", {}});
  EXPECT_EQ(state.restarts_paused(), nullptr);
  say(Control{"pat", "pause-restarts", {}});
  say(RunStarted{});
  EXPECT_EQ(state.restarts_paused(), nullptr);
  say(Control{"pat", "pause-restarts", {}});
  say(TookOver{"n1", 5'000});
  EXPECT_EQ(state.restarts_paused(), nullptr);
}

TEST(RunState, SaysInOneWordHowFarTheRunIs) {
  const Story story = testing::lost_node();
  std::vector<std::string> phases;
  RunState state;
  for (const Record& record : story.records()) {
    apply(state, record);
    if (phases.empty() || phases.back() != phase_of(state)) phases.push_back(phase_of(state));
  }
  EXPECT_THAT(phases,
              ElementsAre("starting",
                          "launching",
                          "running",
                          "recovering",
                          "launching",
                          "running",
                          "ending",
                          "finished"));
}

TEST(RunState, CountsASpareOnlyWhileItLivesAndWaits) {
  Story story;
  story.tell(RunStarted{"1", 0, {"n1", "n2", "n3"}, 1, 2, {}, {}, ""});
  EXPECT_THAT(replay(story.records()).spares(), IsEmpty()) << "nobody has reported";
  for (const char* node : {"n1", "n2", "n3"})
    story.tell(NodeJoined{node, ""});
  story.tell(AttemptStarted{1, {"n1"}, {}, {}, ""});
  EXPECT_THAT(replay(story.records()).spares(), ElementsAre("n2", "n3"));
  story.tell(NodeLost{"n3", "silent", 5000});
  EXPECT_THAT(replay(story.records()).spares(), ElementsAre("n2"));
  story.tell(AttemptStarted{2, {"n2"}, {}, {}, ""});
  EXPECT_THAT(replay(story.records()).spares(), ElementsAre("n1"));
  story.tell(NodeBack{"n3"});
  EXPECT_THAT(replay(story.records()).spares(), ElementsAre("n1", "n3"));
  EXPECT_EQ(replay(story.records()).nodes.at("n3").losses, 1U);
  // Requeued into other nodes: those of before are no spares.
  story.tell(Requeued{"requeue", {}, ""});
  EXPECT_EQ(phase_of(replay(story.records())), "requeued");
  story.tell(RunStarted{"1", 1, {"n4"}, 1, 0, {}, {}, ""}).tell(NodeJoined{"n4", ""});
  EXPECT_THAT(replay(story.records()).spares(), ElementsAre("n4"));
  EXPECT_EQ(phase_of(replay(story.records())), "starting") << "the old attempt is no longer it";
}

TEST(RunState, CountsNoSpareThatIsUnfitUntilTheJobIsStartedAnew) {
  Story story;
  const RunStarted start{"1", 0, {"n1", "n2", "n3"}, 1, 2, {}, {}, ""};
  story.tell(start);
  for (const char* node : {"n1", "n2", "n3"})
    story.tell(NodeJoined{node, ""});
  story.tell(AttemptStarted{1, {"n1"}, {}, {}, ""});
  story.tell(NodeUnfit{"n2", "a GPU is gone"});
  EXPECT_THAT(replay(story.records()).spares(), ElementsAre("n3"));
  EXPECT_EQ(replay(story.records()).nodes.at("n2").why, "a GPU is gone");
  story.tell(start).tell(NodeJoined{"n2", ""});
  EXPECT_THAT(replay(story.records()).spares(), ElementsAre("n2"));
}

TEST(RunState, DoesNotOfferACondemnedCheckpoint) {
  Story story;
  story.tell(CheckpointSeen{1, "/a", 1}).tell(CheckpointSeen{1, "/b", 2});
  EXPECT_EQ(replay(story.records()).newest_checkpoint()->path, "/b");
  story.tell(Condemned{"/b", ""});
  EXPECT_EQ(replay(story.records()).newest_checkpoint()->path, "/a");
  story.tell(Condemned{"/a", ""});
  EXPECT_EQ(replay(story.records()).newest_checkpoint(), nullptr);
}

TEST(RunState, CountsACheckpointThatIsToldTwiceOnceAndFromTheFirstTime) {
  Story story;
  story.tell(CheckpointSeen{1, "/a", 1}).tell(CheckpointSeen{1, "/a", 1}, 60'000);
  RunState state = replay(story.records());
  ASSERT_EQ(state.checkpoints.size(), 1U);
  EXPECT_EQ(state.checkpoints[0].at_ms, story.now_ms() - 60'000);
  EXPECT_EQ(state.attempts[0].checkpoints, 1U);
  // A file that is written over and over is a new checkpoint each time.
  story.tell(CheckpointSeen{1, "/a", 2}).tell(CheckpointSeen{1, "/b", {}});
  story.tell(CheckpointSeen{1, "/b", {}});
  state = replay(story.records());
  EXPECT_EQ(state.checkpoints.size(), 4U);
}

TEST(RunState, DatesACheckpointByWhenItWasWrittenAndNotByWhenSomebodyLooked) {
  Story story;
  const auto begin = static_cast<std::uint64_t>(story.now_ms());
  story.tell(CheckpointSeen{1, "/a", 1, begin + 5'000}, 30'000);
  EXPECT_EQ(replay(story.records()).checkpoints[0].at_ms, static_cast<std::int64_t>(begin) + 5'000);
  // A file system whose clock is ahead does not save in the future.
  story.tell(CheckpointSeen{1, "/b", 2, begin + 900'000}, 1'000);
  EXPECT_EQ(replay(story.records()).checkpoints[1].at_ms, story.now_ms());
}

TEST(RunState, RemembersTheNewestCheckpointsOnly) {
  Story story;
  for (unsigned step = 1; step <= 3 * max_checkpoints; ++step)
    story.tell(CheckpointSeen{1, std::to_string(step), step});
  const RunState state = replay(story.records());
  EXPECT_LE(state.checkpoints.size(), max_checkpoints);
  EXPECT_EQ(state.newest_checkpoint()->step, 3 * max_checkpoints);
  EXPECT_EQ(state.attempts[0].checkpoints, 3 * max_checkpoints);
}

TEST(RunState, MeasuresACrashFromTheFirstRankThatFailed) {
  Story story;
  story.tell(AttemptStarted{1, {"n1"}, {}, {}, ""});
  story.tell(RankFailed{1, 3, "n1", {}, 9, false, true, "a"});
  story.tell(RankFailed{1, 4, "n1", 1, {}, false, false, "b"}, 10);
  story.tell(LossJudged{1, "out_of_memory", {"n1"}, "w", "f", {}, false, 137, {}}, 30);
  const AttemptState attempt = replay(story.records()).attempts[0];
  EXPECT_EQ(attempt.first_failure->rank, 3U);
  EXPECT_EQ(attempt.failures, 2U);
  EXPECT_EQ(attempt.detected_ms, 40U);
  story.tell(LossJudged{1, "hardware", {"n1"}, "w", "f", 7, false, 137, {}});
  EXPECT_EQ(replay(story.records()).attempts[0].detected_ms, 7U) << "who measured knows better";
  EXPECT_EQ(replay(story.records()).nodes.at("n1").blamed.size(), 1U) << "once for an attempt";
}

TEST(RunState, PassesOverASucceededSupervisor) {
  Story story;
  story.tell(RunStarted{"1", 0, {"n1"}, 1, 0, {}, {}, ""});
  const Record late{1, 9, 1, story.now_ms() + 9, "n1", RunEnded{1, "failed", ""}, {}};
  story.succeeded_by("n2").tell(TookOver{"n1", 5000});
  auto records = story.records();
  records.push_back(late);
  const RunState state = replay(records);
  EXPECT_FALSE(state.ended);
  EXPECT_EQ(state.supervisor, "n2");
  ASSERT_EQ(state.take_overs.size(), 1U);
  EXPECT_EQ(state.take_overs[0].to_host, "n2");
  EXPECT_EQ(state.take_overs[0].epoch, 2U);
}

TEST(RunState, GoesOnWhenRecordsAreMissing) {
  Story story;
  story.tell(TeardownDone{5, 10, {}, {}});
  story.tell(RanksRunning{3, 5});
  RunState state = replay(story.records());
  ASSERT_EQ(state.attempts.size(), 1U) << "an older attempt nobody told of is not made up";
  EXPECT_EQ(state.attempts[0].number, 5U);
  EXPECT_EQ(state.attempts[0].phase, AttemptPhase::torn_down);
}

/// Any events in any order; texts and numbers from a small stock so that they meet.
Body any_body(std::mt19937_64& dice) {
  const auto bodies = testing::one_of_each();
  Body body = bodies[dice() % bodies.size()];
  const auto attempt = static_cast<unsigned>(dice() % 6);
  std::visit(
      [&](auto& event) {
        if constexpr (requires { event.attempt; }) event.attempt = attempt;
        if constexpr (requires { event.node; }) event.node = std::string(1, "abc"[dice() % 3]);
        if constexpr (requires { event.path; }) event.path = std::string(1, "xyz"[dice() % 3]);
      },
      body);
  return body;
}

TEST(RunState, OfAnyEventsIsAStateAndNeverGoesBack) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 dice(seed);
    RunState state;
    Story story;
    for (int count = 0; count < 100; ++count) {
      if (dice() % 20 == 0) story.succeeded_by("n2");
      story.tell(any_body(dice), static_cast<std::int64_t>(dice() % 5000));
      const RunState before = state;
      apply(state, story.records().back());
      ASSERT_GE(state.epoch, before.epoch);
      ASSERT_GE(state.seq, before.seq);
      ASSERT_GE(state.last_ms, before.last_ms);
      ASSERT_GE(state.starts.size(), before.starts.size());
      ASSERT_GE(state.condemned.size(), before.condemned.size());
      ASSERT_GE(state.attempts.size(), before.attempts.size());
      for (std::size_t index = 0; index < before.attempts.size(); ++index) {
        ASSERT_EQ(state.attempts[index].number, before.attempts[index].number);
        ASSERT_GE(state.attempts[index].phase, before.attempts[index].phase);
        ASSERT_GE(state.attempts[index].checkpoints, before.attempts[index].checkpoints);
      }
      for (const std::string& spare : state.spares())
        ASSERT_EQ(state.nodes.at(spare).standing, NodeStanding::living);
      ASSERT_FALSE(phase_of(state).empty());
    }
  }
}

}  // namespace
}  // namespace holdfast::events
