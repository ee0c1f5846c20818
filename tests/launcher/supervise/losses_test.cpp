// SPDX-License-Identifier: Apache-2.0
// Nodes, sentinels and ranks that are lost, one situation at a time; simulation_test.cpp has the
// thousands.
#include "holdfast/supervise/machine.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::supervise {
namespace {

using Names = std::vector<std::string>;

recovery::SrunMessage ended_on(const std::string& node, unsigned rank, int exit, int signal) {
  recovery::SrunMessage message;
  message.kind = recovery::SrunMessageKind::ranks_ended;
  message.nodes = {node};
  message.ranks = {rank};
  message.exit_code = exit;
  message.signal = signal;
  return message;
}

class Losses : public ::testing::Test {
 protected:
  Losses() {
    plan_.job = "7";
    plan_.host = "n1";
    plan_.allocation = {"n1", "n2", "n3", "n4", "n5"};
    plan_.wanted = 4;
    plan_.ranks = 4;
    plan_.command = {"srun", "a.out"};
    plan_.last_words_ms = plan_.last_words_of_others_ms = 0;  // see LastWords
  }

  void begin() {
    machine_ = std::make_unique<Machine>(plan_, events::RunState{});
    keep(machine_->begin(now()));
  }
  void hear(const Happening& happening) { keep(machine_->on(happening, now())); }
  void join(const Names& nodes) {
    for (const std::string& node : nodes)
      hear(Joined{node, "10.0.0.1"});
  }
  void lose_sentinels(const Names& nodes) {
    for (const std::string& node : nodes)
      hear(Lost{node, "another sentinel came", 0, steady_ + 4'000, true});
  }
  /// Time goes by; the machine is woken when it wants to be.
  void wait(std::int64_t ms) {
    const std::int64_t until = steady_ + ms;
    while (machine_->wake_at() && *machine_->wake_at() <= until) {
      steady_ = std::max(steady_ + 1, *machine_->wake_at());
      hear(Tick{});
    }
    steady_ = std::max(steady_, until);
  }
  /// All nodes are there and attempt 1 runs.
  void run() {
    begin();
    join(plan_.allocation);
    hear(CatalogueRead{});
    hear(RanksSeen{1, plan_.ranks});
    wait(60'000);
  }

  template <class Kind>
  [[nodiscard]] std::vector<Kind> wanted() const {
    std::vector<Kind> found;
    for (const Effect& effect : effects_)
      if (const auto* one = std::get_if<Kind>(&effect)) found.push_back(*one);
    return found;
  }
  template <class Body>
  [[nodiscard]] std::vector<Body> written() const {
    std::vector<Body> found;
    for (const Write& write : wanted<Write>())
      if (const auto* body = std::get_if<Body>(&write.body)) found.push_back(*body);
    return found;
  }
  [[nodiscard]] Now now() const { return {steady_, 1'700'000'000'000 + steady_}; }
  void keep(const std::vector<Effect>& effects) {
    effects_.insert(effects_.end(), effects.begin(), effects.end());
  }

  /// Their sentinels have ended all that attempt 1 had there.
  void end_ranks_on(const Names& nodes) {
    for (const std::string& node : nodes)
      hear(TornDown{node, 1, 0});
  }
  /// A rank of n2 fails, and all others are ended for it.
  void fail_and_end_all() {
    hear(SrunSaid{1, ended_on("n2", 1, 1, 0), "srun: error: n2: task 1: Exited with exit code 1"});
    end_ranks_on({"n1", "n2", "n3", "n4"});
  }

  Plan plan_;
  std::unique_ptr<Machine> machine_;
  std::vector<Effect> effects_;
  std::int64_t steady_{1'000};
};

TEST_F(Losses, StartsAtOnceWhenAllNodesAreThere) {
  begin();
  join(plan_.allocation);
  hear(CatalogueRead{});
  ASSERT_EQ(wanted<StartStep>().size(), 1U);
  EXPECT_EQ(wanted<StartStep>()[0].nodes, (Names{"n1", "n2", "n3", "n4"}));
}

TEST_F(Losses, DoesNotStartWhileTheStepOfTheSentinelsMayStillBeEndedForADeadNode) {
  begin();
  join({"n1", "n2", "n4", "n5"});
  wait(10'000);
  EXPECT_TRUE(wanted<ReadCatalogue>().empty());
  wait(3'000);
  EXPECT_EQ(wanted<ReadCatalogue>().size(), 1U) << "nobody waits for ever for a spare";
}

TEST_F(Losses, GoesOnWithoutANodeThatWasDeadBeforeItsSentinelCouldBeStarted) {
  begin();
  join({"n1", "n2", "n4", "n5"});
  lose_sentinels({"n1", "n2", "n4", "n5"});
  hear(Lost{"n3", "srun could not start its sentinel", 0, steady_});
  EXPECT_TRUE(wanted<ReadCatalogue>().empty()) << "nobody lives yet";
  wait(300);
  join({"n1", "n2", "n4", "n5"});
  hear(CatalogueRead{});
  ASSERT_EQ(wanted<StartStep>().size(), 1U);
  EXPECT_EQ(wanted<StartStep>()[0].nodes, (Names{"n1", "n2", "n4", "n5"}));
  const auto lost = written<events::NodeLost>();
  ASSERT_EQ(lost.size(), 1U) << "a sentinel that was ended is no lost node";
  EXPECT_EQ(lost[0].node, "n3");
}

TEST_F(Losses, BlamesNobodyWhenTheSentinelsWereEndedAndTakesTheSameNodesAgain) {
  run();
  lose_sentinels(plan_.allocation);
  wait(1'000);
  join(plan_.allocation);
  end_ranks_on({"n1", "n2", "n3", "n4"});
  ASSERT_EQ(wanted<Gather>().size(), 1U);
  hear(Gathered{});
  hear(CatalogueRead{});
  ASSERT_EQ(written<events::LossJudged>().size(), 1U);
  EXPECT_TRUE(written<events::LossJudged>()[0].blamed.empty());
  wait(120'000);
  ASSERT_EQ(wanted<StartStep>().size(), 2U);
  EXPECT_EQ(wanted<StartStep>()[1].nodes, wanted<StartStep>()[0].nodes);
}

TEST_F(Losses, DoesNotDecideWhileSentinelsAreComingBackButNotForEver) {
  run();
  lose_sentinels(plan_.allocation);
  wait(5'000);  // their leases are over
  hear(Gathered{});
  hear(CatalogueRead{});
  EXPECT_TRUE(written<events::Decided>().empty());
  wait(6'000);
  EXPECT_EQ(written<events::Decided>().size(), 1U);
}

TEST_F(Losses, WaitsForNoSentinelWhenTheJobIsBeingEnded) {
  run();
  lose_sentinels(plan_.allocation);
  hear(StopAsked{"told to end (SIGTERM)"});
  wait(5'000);
  hear(Gathered{});
  hear(CatalogueRead{});
  ASSERT_EQ(written<events::RunEnded>().size(), 1U);
  EXPECT_EQ(written<events::LossJudged>()[0].cause, "cancelled");
}

TEST_F(Losses, HaveOneVerdictForWhatWasCancelledWhoeverTellsIt) {
  for (const bool by_slurm : {true, false}) {
    SCOPED_TRACE(by_slurm ? "Slurm tells it" : "a signal tells it");
    effects_.clear();
    run();
    if (!by_slurm) hear(StopAsked{"interrupted"});
    if (by_slurm) hear(StepEnded{1, 143, 0, ""});
    end_ranks_on({"n1", "n2", "n3", "n4"});
    Gathered gathered;
    if (by_slurm) gathered.slurm = recovery::SlurmVerdict::cancelled;
    hear(gathered);
    hear(CatalogueRead{});
    ASSERT_EQ(written<events::RunEnded>().size(), 1U);
    EXPECT_EQ(written<events::RunEnded>()[0].verdict, "cancelled");
    EXPECT_EQ(written<events::RunEnded>()[0].exit, 143);
    EXPECT_EQ(written<events::RunEnded>()[0].why,
              by_slurm ? "the job was cancelled" : "interrupted");
  }
}

TEST_F(Losses, WaitForAFullStateDirectoryAsForAnyOtherStorage) {
  begin();
  join(plan_.allocation);
  hear(CatalogueRead{});
  hear(StepEnded{1, 1, 0, "/s/hosts cannot be written (No space left on device)", true});
  end_ranks_on({"n1", "n2", "n3", "n4"});
  hear(Gathered{});
  hear(CatalogueRead{});
  ASSERT_EQ(written<events::LossJudged>().size(), 1U);
  EXPECT_EQ(written<events::LossJudged>()[0].cause, "storage");
  EXPECT_NE(written<events::LossJudged>()[0].why.find("No space left"), std::string::npos);
  wait(59'000);
  EXPECT_EQ(wanted<StartStep>().size(), 1U);
  wait(2'000);
  EXPECT_EQ(wanted<StartStep>().size(), 2U);
}

TEST_F(Losses, EndAtOnceWithSrunsOwnWordsWhereItRefusesItsLine) {
  begin();
  join(plan_.allocation);
  hear(CatalogueRead{});
  hear(StepEnded{1, 255, 0, ""});
  end_ranks_on({"n1", "n2", "n3", "n4"});
  Gathered gathered;
  gathered.lines.push_back({now().wall_ms, "", {}, "srun: unrecognized option '--frob'"});
  hear(gathered);
  hear(CatalogueRead{});
  ASSERT_EQ(written<events::RunEnded>().size(), 1U);
  EXPECT_EQ(written<events::RunEnded>()[0].exit, 255);
  EXPECT_NE(written<events::LossJudged>()[0].why.find("'--frob'"), std::string::npos);
}

TEST_F(Losses, BlameNoLineThatBroughtRanksToRunBefore) {
  run();
  fail_and_end_all();
  hear(Gathered{});
  hear(CatalogueRead{});
  wait(10'000);
  ASSERT_EQ(wanted<StartStep>().size(), 2U);
  hear(StepEnded{2, 1, 0, ""});
  for (const char* node : {"n1", "n2", "n3", "n4"})
    hear(TornDown{node, 2, 0});
  Gathered gathered;
  gathered.lines.push_back({now().wall_ms,
                            "",
                            {},
                            "srun: error: Unable to create step for job 7: More processors "
                            "requested than permitted"});
  hear(gathered);
  hear(CatalogueRead{});
  ASSERT_EQ(written<events::LossJudged>().size(), 2U);
  EXPECT_EQ(written<events::LossJudged>()[1].cause, "launch_failed");
  EXPECT_TRUE(written<events::RunEnded>().empty());
}

TEST_F(Losses, WaitsForNoLeaseOfASentinelThatSlurmEndsWithTheJob) {
  for (const bool sentinels_first : {true, false}) {
    SCOPED_TRACE(sentinels_first ? "the sentinels first" : "the supervisor first");
    effects_.clear();
    run();
    if (sentinels_first) lose_sentinels(plan_.allocation);
    hear(StopAsked{"told to end (SIGTERM)"});
    if (!sentinels_first) lose_sentinels(plan_.allocation);
    hear(Gathered{});
    hear(CatalogueRead{});
    EXPECT_EQ(written<events::RunEnded>().size(), 1U);
  }
}

TEST_F(Losses, WaitsForTheLeaseOfANodeThatIsCutOffAlsoWhenTheJobIsBeingEnded) {
  run();
  hear(Lost{"n2", "it fell silent", 5'100, steady_ + 3'000});
  hear(StopAsked{"told to end (SIGTERM)"});
  end_ranks_on({"n1", "n3", "n4"});
  EXPECT_TRUE(wanted<Gather>().empty());
  wait(3'000);
  EXPECT_EQ(wanted<Gather>().size(), 1U);
}

class LastWords : public Losses {
 protected:
  LastWords() {
    plan_.last_words_ms = 1'000;
    plan_.last_words_of_others_ms = 100;
  }
};

TEST_F(LastWords, OfRanksThatAreGoneAreWaitedForUntilSrunEnds) {
  run();
  fail_and_end_all();
  EXPECT_TRUE(wanted<Gather>().empty()) << "the end of a traceback may be on its way";
  wait(40);
  hear(StepEnded{1, 1, 0, {}});
  EXPECT_EQ(wanted<Gather>().size(), 1U);
  EXPECT_TRUE(wanted<DropStep>().empty());
}

TEST_F(LastWords, AreNotWaitedForWithoutEnd) {
  run();
  fail_and_end_all();
  wait(999);
  EXPECT_TRUE(wanted<Gather>().empty());
  wait(1);
  EXPECT_EQ(wanted<Gather>().size(), 1U);
  EXPECT_EQ(wanted<DropStep>().size(), 1U);
}

TEST_F(LastWords, OfOthersDelayNoRecoveryFromANodeThatSrunWaitsFor) {
  run();
  hear(Lost{"n2", "it fell silent", 5'100, steady_});
  end_ranks_on({"n1", "n3", "n4"});
  EXPECT_TRUE(wanted<Gather>().empty());
  wait(100);
  EXPECT_EQ(wanted<Gather>().size(), 1U);
}

TEST_F(LastWords, AreNotWaitedForWhenTheJobIsBeingEnded) {
  run();
  hear(StopAsked{"told to end (SIGTERM)"});
  end_ranks_on({"n1", "n2", "n3", "n4"});
  EXPECT_EQ(wanted<Gather>().size(), 1U);
}

TEST_F(Losses, TellsHowLongANodeWasSilentBeforeTheLossWasSeen) {
  run();
  hear(Lost{"n2", "it fell silent", 5'100, steady_});
  end_ranks_on({"n1", "n3", "n4"});
  hear(Gathered{});
  hear(CatalogueRead{});
  ASSERT_EQ(written<events::LossJudged>().size(), 1U);
  EXPECT_EQ(written<events::LossJudged>()[0].detected_ms, 5'100U);
}

TEST_F(Losses, TellsHowLongARankWasGoneBeforeTheLossWasSeen) {
  run();
  const std::int64_t gone = now().wall_ms;
  wait(40);
  hear(SrunSaid{1, ended_on("n2", 1, 0, 9), "srun: error: n2: task 1: Killed"});
  wait(200);
  end_ranks_on({"n1", "n2", "n3", "n4"});
  Gathered gathered;
  gathered.first_gone_ms = gone;
  hear(gathered);
  hear(CatalogueRead{});
  ASSERT_EQ(written<events::LossJudged>().size(), 1U);
  EXPECT_EQ(written<events::LossJudged>()[0].detected_ms, 40U);
}

SrunSaid step_aborted() {
  recovery::SrunMessage message;
  message.kind = recovery::SrunMessageKind::step_aborted;
  return {1, message, "srun: Job step aborted: Waiting up to 32 seconds for job step to finish."};
}

TEST_F(Losses, OfAnMpiStepAreBlamedOnTheRankThatFailedNotOnThoseSlurmKilledForIt) {
  run();
  hear(step_aborted());
  hear(SrunSaid{1, ended_on("n2", 1, 0, 9), "srun: error: n2: task 1: Killed"});
  EXPECT_TRUE(wanted<supervise::TearDown>().empty());
  hear(SrunSaid{1, ended_on("n1", 0, 1, 0), "srun: error: n1: task 0: Exited with exit code 1"});
  ASSERT_EQ(written<events::RankFailed>().size(), 1U);
  EXPECT_EQ(written<events::RankFailed>()[0].rank, 0U);
  EXPECT_FALSE(wanted<supervise::TearDown>().empty());
}

TEST_F(Losses, OfAnMpiStepOfWhichOnlyKilledRanksAreKnownAreJudgedAllTheSame) {
  run();
  hear(step_aborted());
  hear(SrunSaid{1, ended_on("n2", 1, 0, 9), "srun: error: n2: task 1: Killed"});
  wait(1'100);
  ASSERT_EQ(written<events::RankFailed>().size(), 1U);
  EXPECT_EQ(written<events::RankFailed>()[0].rank, 1U);
}

TEST_F(Losses, GoesOnWhenSlurmGivesUpANodeWhoseRanksLiveAndStartsNothingThereAgain) {
  run();
  recovery::SrunMessage message;
  message.kind = recovery::SrunMessageKind::node_failed;
  message.nodes = {"n3"};
  hear(SrunSaid{1, message, "srun: error: Node failure on n3"});
  EXPECT_TRUE(wanted<supervise::TearDown>().empty());
  hear(Told{1, "pat", "restart", {}});
  end_ranks_on({"n1", "n2", "n3", "n4"});
  hear(CatalogueRead{});
  ASSERT_EQ(wanted<StartStep>().size(), 2U);
  EXPECT_EQ(wanted<StartStep>()[1].nodes, (Names{"n1", "n2", "n5", "n4"}));
}

TEST_F(Losses, DatesACheckpointByWhenItWasWritten) {
  run();
  recovery::Choice choice;
  choice.kind = recovery::ChoiceKind::good;
  choice.resume = {"/ck/10", 10, "marker"};
  choice.committed_ms = 1'700'000'000'123;
  hear(CatalogueRead{choice});
  ASSERT_EQ(written<events::CheckpointSeen>().size(), 1U);
  EXPECT_EQ(written<events::CheckpointSeen>()[0].committed_ms, 1'700'000'000'123U);
}

}  // namespace
}  // namespace holdfast::supervise
