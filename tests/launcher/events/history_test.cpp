// SPDX-License-Identifier: Apache-2.0
#include "holdfast/events/history.hpp"

#include "samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::events {
namespace {

using ::testing::ElementsAre;

TEST(History, HoldsTheAttemptsWhoseLossWasJudged) {
  const auto story = testing::lost_node();
  const recovery::History history = history_of(replay(story.records()));
  ASSERT_EQ(history.attempts.size(), 1U);
  const recovery::Attempt& attempt = history.attempts[0];
  EXPECT_EQ(attempt.number, 1U);
  EXPECT_EQ(attempt.running_ms - attempt.started_ms, 2000);
  EXPECT_EQ(attempt.ended_ms - attempt.running_ms, 250'000);
  EXPECT_EQ(attempt.loss.cause, recovery::Cause::node_lost);
  EXPECT_EQ(attempt.newest_step, 200U);
  EXPECT_FALSE(attempt.resume);
  EXPECT_THAT(attempt.nodes, ElementsAre("n1", "n2"));
  EXPECT_EQ(history.requeues, 0U);
}

TEST(History, CountsRequeuesAndForgetsNoAttemptBeforeThem) {
  testing::Story story = testing::lost_node();
  story.tell(RunStarted{"4711", 1, {"n1"}, 1, 0, {}, {}, ""});
  const recovery::History history = history_of(replay(story.records()));
  EXPECT_EQ(history.requeues, 1U);
  EXPECT_EQ(history.attempts.size(), 1U);
}

TEST(History, BringsALossBackAsItWas) {
  const recovery::Loss loss{.cause = recovery::Cause::bad_checkpoint,
                            .blamed = {"n2"},
                            .why = "w",
                            .fingerprint = "f",
                            .self_proving = true,
                            .evidence = {"e"},
                            .exit_code = 3};
  const recovery::Loss back = loss_of(loss_record(4, loss, 10));
  EXPECT_EQ(back.cause, loss.cause);
  EXPECT_EQ(back.blamed, loss.blamed);
  EXPECT_EQ(back.why, loss.why);
  EXPECT_EQ(back.fingerprint, loss.fingerprint);
  EXPECT_EQ(back.self_proving, loss.self_proving);
  EXPECT_EQ(back.evidence, loss.evidence);
  EXPECT_EQ(back.exit_code, loss.exit_code);
  LossJudged newer = loss_record(4, loss, {});
  newer.cause = "cosmic_ray";
  EXPECT_EQ(loss_of(newer).cause, recovery::Cause::unknown);
}

TEST(History, WritesADecisionInItsOwnWords) {
  recovery::Decision decision;
  decision.kind = recovery::DecisionKind::replace;
  decision.nodes = {"n1", "n3"};
  decision.exclude = {"n2"};
  decision.resume = recovery::Resume{"/c/1", 1, "dcp"};
  decision.wait_ms = 50;
  decision.why = "w";
  const Decided record = decided_record(2, decision);
  EXPECT_EQ(record,
            (Decided{2, "replace", {"n1", "n3"}, {"n2"}, ResumePoint{"/c/1", 1, "dcp"}, 50, "w"}));
}

}  // namespace
}  // namespace holdfast::events
