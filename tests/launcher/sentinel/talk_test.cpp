// SPDX-License-Identifier: Apache-2.0
// Roster and sentinels: who lives, who is lost, who may run ranks, orders and answers.
#include "talk.hpp"

#include <set>

namespace holdfast::sentinel {
namespace {

TEST_F(Talk, ASentinelJoinsBeatsAndIsGivenALease) {
  listen(settings());
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return diary_.beats.size() >= 5 && leash_.until.count() > 0; }));
  EXPECT_TRUE(diary_.has("joined n1"));
  EXPECT_EQ(roster_->living(), std::vector<std::string>{"n1"});
  EXPECT_TRUE(roster_->lives("n1"));
  EXPECT_FALSE(roster_->lives("n2"));
  ASSERT_TRUE(roster_->last_acknowledged("n1"));
  EXPECT_FALSE(roster_->last_acknowledged("n2"));
  EXPECT_EQ(roster_->fenced_at("n1"),
            *roster_->last_acknowledged("n1") + settings().lease + fence_margin);
  for (std::size_t at = 1; at < diary_.beats.size(); ++at)
    EXPECT_EQ(diary_.beats[at].sequence, diary_.beats[at - 1].sequence + 1);
}

TEST_F(Talk, ABeatOverTwoNetworksIsToldOnce) {
  listen(settings());
  auto with = sentinel("n1");
  with.supervisor.addresses = {"127.0.0.1", "127.0.0.2"};
  start(with);
  ASSERT_TRUE(run_until([&] { return diary_.beats.size() >= 10; }));
  std::set<std::uint64_t> seen;
  for (const Beat& beat : diary_.beats)
    EXPECT_TRUE(seen.insert(beat.sequence).second) << beat.sequence;
  EXPECT_EQ(std::ranges::count(diary_.lines, "joined n1"), 1);
}

TEST_F(Talk, ANodeWhoseConnectionIsHalfOpenIsLostInTimeAndBackWhenItBeats) {
  listen(settings());
  const auto link = puppet("n1");
  ASSERT_TRUE(link);
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(run_until([&] { return diary_.has("lost n1 silent"); }));
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(took, milliseconds(350));
  EXPECT_EQ(std::ranges::count(diary_.lines, "suspected n1"), 1);
  EXPECT_LT(std::ranges::find(diary_.lines, "suspected n1"),
            std::ranges::find(diary_.lines, "lost n1 silent"));
  EXPECT_LT(took, milliseconds(1500));
  beat_once(link);
  EXPECT_TRUE(run_until([&] { return diary_.has("back n1"); }));
  link->close();
}

TEST_F(Talk, ANodeWhoseConnectionEndsIsLostIfItDoesNotComeBack) {
  auto with = settings();
  with.node_timeout = milliseconds(10000);
  listen(with);
  const auto link = puppet("n2");
  ASSERT_TRUE(run_until([&] { return diary_.has("joined n2"); }));
  link->close();
  EXPECT_TRUE(run_until([&] { return diary_.has("lost n2 closed"); }));
  (void)puppet("n2");
  EXPECT_TRUE(run_until([&] { return diary_.has("back n2"); }));
}

TEST_F(Talk, ANodeThatNeverComesIsLost) {
  auto with = settings();
  with.join_timeout = milliseconds(100);
  listen(with);
  start(sentinel("n1"));
  EXPECT_TRUE(run_until([&] { return diary_.has("lost n2 absent"); }));
}

TEST_F(Talk, WhoFollowsAHigherEpochDeposesTheSupervisor) {
  listen(settings());
  (void)puppet("n1", 2);
  EXPECT_TRUE(run_until([&] { return diary_.has("deposed 2"); }));
}

TEST_F(Talk, WithoutAMajorityNoLeaseIsGivenAndSlurmctldIsAsked) {
  auto with = settings();
  with.state = state_;
  with.join_timeout = milliseconds(200);
  with.node_timeout = milliseconds(1000);
  with.lease = milliseconds(600);
  listen(with);
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return diary_.has("ask controller"); }));
  EXPECT_EQ(leash_.until.count(), 0);
  roster_->controller_answered();
  ASSERT_TRUE(run_until([&] { return leash_.until.count() > 0; })) << "one of two, and slurmctld";
  EXPECT_TRUE(run_until([&] { return diary_.has("outvoted"); })) << "slurmctld says no more";
}

TEST_F(Talk, AMajorityOfSentinelsNeedsNoSlurmctld) {
  auto with = settings();
  with.state = state_;
  with.node_timeout = milliseconds(4000);  // a busy machine must not look like a lost majority
  with.lease = milliseconds(3000);
  listen(with);
  start(sentinel("n1"));
  start(sentinel("n2"));
  ASSERT_TRUE(run_until([&] { return roster_->last_acknowledged("n2").has_value(); }));
  context_.run_for(milliseconds(1200));  // what was asked while one of the two was missing
  context_.run_for(milliseconds(100));   // it was asked while the second one was still coming
  const auto asked = std::ranges::count(diary_.lines, "ask controller");
  context_.run_for(milliseconds(1200));
  EXPECT_EQ(std::ranges::count(diary_.lines, "ask controller"), asked);
  EXPECT_FALSE(diary_.has("outvoted"));
}

TEST_F(Talk, ASuccessorWaitsForLeasesItDidNotGive) {
  auto with = settings();
  with.epoch = 2;
  const auto before = std::chrono::steady_clock::now();
  listen(with);
  EXPECT_GT(roster_->fenced_at("n2"), before + milliseconds(300));
  EXPECT_LT(roster_->fenced_at("n2"), before + milliseconds(3000));
}

TEST_F(Talk, TeardownEndsRanksThatIgnoreTheFirstSignal) {
  listen(settings());
  start(sentinel("n1"));
  const MarkedChild stubborn(own_job(), 4, 0, {"sh", "-c", "trap '' TERM; sleep 60 & wait; wait"});
  const MarkedChild other(own_job(), 5, 0, {"sleep", "60"});
  roster_->watch(4);
  ASSERT_TRUE(run_until([&] {
    return !diary_.beats.empty() && !diary_.beats.back().ranks.empty() &&
           diary_.beats.back().ranks[0].processes == 2;
  }));
  const std::vector<std::string> nodes{"n1"};
  roster_->tear_down(nodes, 4, milliseconds(100));
  ASSERT_TRUE(run_until([&] { return diary_.has("torn down n1 4 0"); }));
  EXPECT_EQ(stubborn.wait(), 128 + SIGKILL);
  EXPECT_EQ(::kill(other.pid(), 0), 0) << "another attempt's";
  ASSERT_TRUE(run_until([&] { return !diary_.signs.empty(); }));
  const auto gone = std::ranges::find(diary_.signs, NodeSign::Kind::rank_gone, &NodeSign::kind);
  ASSERT_NE(gone, diary_.signs.end());
  EXPECT_EQ(gone->rank, 0U);
}

TEST_F(Talk, RanksThatComeUpAfterTheirAttemptWasTornDownAreEndedAndToldOf) {
  listen(settings());
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return diary_.has("joined n1"); }));
  const std::vector<std::string> nodes{"n1"};
  roster_->tear_down(nodes, 4, milliseconds(0));
  ASSERT_TRUE(run_until([&] { return diary_.has("torn down n1 4 0"); }));
  const MarkedChild late(own_job(), 4, 0, {"sleep", "60"});
  const MarkedChild later(own_job(), 3, 1, {"sleep", "60"});
  const MarkedChild next(own_job(), 5, 0, {"sleep", "60"});
  ASSERT_TRUE(run_until([&] {
    return std::ranges::find(diary_.signs, NodeSign::Kind::came_late, &NodeSign::kind) !=
           diary_.signs.end();
  }));
  EXPECT_EQ(late.wait(), 128 + SIGKILL);
  ASSERT_TRUE(run_until([&] { return ::kill(next.pid(), 0) == 0; }));
  EXPECT_EQ(later.wait(), 128 + SIGKILL);
  EXPECT_EQ(::kill(next.pid(), 0), 0) << "the next attempt's";
}

TEST_F(Talk, ASentinelThatComesLateKnowsWhichAttemptsAreOver) {
  listen(settings());
  roster_->watch(3);
  roster_->tear_down(std::vector<std::string>{"n2"}, 3, milliseconds(0));
  const MarkedChild late(own_job(), 3, 0, {"sleep", "60"});
  const MarkedChild next(own_job(), 4, 0, {"sleep", "60"});
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] {
    return std::ranges::find(diary_.signs, NodeSign::Kind::came_late, &NodeSign::kind) !=
           diary_.signs.end();
  }));
  EXPECT_EQ(late.wait(), 128 + SIGKILL);
  EXPECT_EQ(::kill(next.pid(), 0), 0);
}

TEST_F(Talk, ASentinelInThePlaceOfAnotherIsALossAndJoinsAnew) {
  listen(settings());
  const auto first = start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return diary_.has("joined n1"); }));
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return std::ranges::count(diary_.lines, "joined n1") == 2; }));
  EXPECT_TRUE(diary_.has("lost n1 replaced"));
  // The first one knocks again and again, and is not let in.
  ASSERT_TRUE(run_until([&] { return diary_.has_part("another sentinel speaks for n1"); }));
  EXPECT_EQ(std::ranges::count(diary_.lines, "joined n1"), 2);
}

TEST_F(Talk, SentinelsThatAreStartedAnewHaveToJoinAgainAndOneThatWillNotComeIsNotWaitedFor) {
  auto with = settings();
  with.join_timeout = milliseconds(300);
  listen(with);
  const auto first = start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return diary_.has("joined n1"); }));
  first->close();
  EXPECT_EQ(roster_->expect_again(), std::vector<std::string>{"n1"});
  EXPECT_FALSE(roster_->lives("n1"));
  roster_->give_up("n2");
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return std::ranges::count(diary_.lines, "joined n1") == 2; }));
  context_.run_for(milliseconds(500));
  EXPECT_FALSE(diary_.has_part("lost")) << "nobody asked for that to be told";
}

TEST_F(Talk, ARankThatIsGoneIsToldBeforeTheNextBeat) {
  auto with = settings();
  with.beat = milliseconds(2000);
  with.lease = milliseconds(7000);
  with.node_timeout = milliseconds(10000);
  listen(with);
  const MarkedChild rank(own_job(), 1, 3, {"sleep", "60"});
  roster_->watch(1);
  start(sentinel("n1"));
  ASSERT_TRUE(
      run_until([&] { return !diary_.beats.empty() && !diary_.beats.back().ranks.empty(); }));
  const auto beats = diary_.beats.size();
  ::kill(rank.pid(), SIGKILL);
  ASSERT_TRUE(run_until(
      [&] {
        return std::ranges::find(diary_.signs, NodeSign::Kind::rank_gone, &NodeSign::kind) !=
               diary_.signs.end();
      },
      milliseconds(1500)));
  EXPECT_EQ(diary_.beats.size(), beats);
}

TEST_F(Talk, ASignalIsAnsweredWithHowManyGotIt) {
  listen(settings());
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return diary_.has("joined n1"); }));
  const std::vector<std::string> nodes{"n1"};
  roster_->signal(nodes, 8, SIGUSR1);
  EXPECT_TRUE(run_until([&] { return diary_.has("signalled n1 8 0"); }));
}

TEST_F(Talk, WhatANodeSawIsToldAgainWhenAskedFor) {
  listen(settings());
  leash_.count = 3;
  start(sentinel("n1"));
  const auto ran_out = [&] {
    return std::ranges::count(diary_.signs, NodeSign::Kind::lease_ran_out, &NodeSign::kind);
  };
  ASSERT_TRUE(run_until([&] { return ran_out() == 1; }));
  roster_->look_at("n1", 0);
  ASSERT_TRUE(run_until([&] { return diary_.has("looked n1"); }));
  EXPECT_EQ(ran_out(), 2);
}

TEST_F(Talk, ANodeSaysWhetherAPortAnswers) {
  listen(settings());
  start(sentinel("n1"));
  ASSERT_TRUE(run_until([&] { return diary_.has("joined n1"); }));
  roster_->ask_port("n1", "127.0.0.1", roster_->endpoint().port);
  EXPECT_TRUE(run_until([&] { return diary_.has("port n1 yes"); }));
  roster_->ask_port("n1", "127.0.0.1", 1);
  EXPECT_TRUE(run_until([&] { return diary_.has("port n1 no"); }));
}

TEST_F(Talk, GoodbyeEndsTheSentinels) {
  listen(settings());
  start(sentinel("n1"));
  start(sentinel("n2"));
  ASSERT_TRUE(run_until([&] { return roster_->living().size() == 2; }));
  bool done = false;
  roster_->goodbye([&] { done = true; });
  EXPECT_TRUE(run_until([&] { return done && ended_.size() == 2; }));
  EXPECT_EQ(ended_, (std::vector<int>{0, 0}));
}

TEST(RosterSettings, ALeaseThatOutlivesTheTimeoutIsRefused) {
  boost::asio::io_context context;
  Diary diary;
  RosterSettings settings;
  settings.job = "1";
  settings.nodes = {"n1"};
  settings.token = token;
  settings.lease = settings.node_timeout;
  EXPECT_FALSE(Roster::listen(context, settings, diary));
  settings.lease = settings.beat;
  EXPECT_FALSE(Roster::listen(context, settings, diary));
}

}  // namespace
}  // namespace holdfast::sentinel
