// SPDX-License-Identifier: Apache-2.0
// Single answers of the machine; whole lives are driven by simulation_test.cpp.
#include "holdfast/supervise/machine.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::supervise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Nodes = std::vector<std::string>;

Plan plan_of(Nodes allocation, unsigned wanted) {
  Plan plan;
  plan.job = "7";
  plan.host = allocation.front();
  plan.allocation = std::move(allocation);
  plan.wanted = wanted;
  plan.ranks = wanted;
  plan.last_words_ms = plan.last_words_of_others_ms = 0;  // losses_test has the tests of it
  plan.command = {"srun", "./a.out"};
  return plan;
}

/// A machine, its time, and all it wanted done.
class Played {
 public:
  explicit Played(Plan plan, events::RunState before = {})
      : plan_(plan), machine_(std::move(plan), std::move(before)) {
    keep(machine_.begin(now_));
  }

  void hear(const Happening& happening) {
    now_.steady_ms += 10;
    now_.wall_ms += 10;
    keep(machine_.on(happening, now_));
  }
  void all_join() {
    for (const std::string& node : plan_.allocation)
      hear(Joined{node, "10.0.0.1"});
  }
  /// All join and attempt 1 runs.
  void run() {
    all_join();
    hear(CatalogueRead{});
    hear(RanksSeen{1, plan_.ranks});
  }
  /// The node falls silent, the others end their ranks, and everything else is known at once.
  void lose(const std::string& node) {
    hear(Lost{node, "it fell silent", 5'000, now_.steady_ms});
    const auto* start = newest<StartStep>();
    for (const std::string& other : start->nodes)
      if (other != node) hear(TornDown{other, start->attempt, 0});
    hear(Gathered{});
    hear(CatalogueRead{});
  }

  template <class Kind>
  [[nodiscard]] const Kind* newest() const {
    for (auto effect = effects_.rbegin(); effect != effects_.rend(); ++effect)
      if (const auto* found = std::get_if<Kind>(&*effect)) return found;
    return nullptr;
  }
  [[nodiscard]] Nodes said() const {
    Nodes all;
    for (const Effect& effect : effects_)
      if (const auto* say = std::get_if<Say>(&effect)) all.push_back(say->sentence);
    return all;
  }
  template <class Kind>
  [[nodiscard]] const Kind* written() const {
    for (auto effect = effects_.rbegin(); effect != effects_.rend(); ++effect)
      if (const auto* write = std::get_if<Write>(&*effect))
        if (const auto* body = std::get_if<Kind>(&write->body)) return body;
    return nullptr;
  }

 private:
  void keep(std::vector<Effect> effects) {
    effects_.insert(effects_.end(),
                    std::make_move_iterator(effects.begin()),
                    std::make_move_iterator(effects.end()));
  }

  Plan plan_;
  Now now_{1'000, 1'700'000'000'000};
  Machine machine_;
  std::vector<Effect> effects_;
};

TEST(Machine, EndsBeforeTheFirstAttemptWhereTheStateDirectoryIsNotShared) {
  Played run(plan_of({"n1", "n2"}, 2));
  run.hear(Joined{"n1", "10.0.0.1"});
  run.hear(StateUnseen{"/tmp/state", {"n2"}});
  ASSERT_NE(run.newest<End>(), nullptr);
  EXPECT_EQ(run.newest<End>()->exit, 125);
  EXPECT_EQ(run.newest<StartStep>(), nullptr);
  EXPECT_THAT(run.said(), Contains(AllOf(HasSubstr("/tmp/state"), HasSubstr("n2"))));
}

TEST(Machine, GoesOnWhenANodeThatComesLaterDoesNotSeeTheStateDirectory) {
  Played run(plan_of({"n1", "n2", "n3"}, 2));
  run.run();
  run.hear(StateUnseen{"/tmp/state", {"n3"}});
  EXPECT_EQ(run.newest<End>(), nullptr);
}

TEST(Machine, TakesTheSpareThatHangsOnTheLostNodesSwitch) {
  Played run(plan_of({"n1", "n2", "n3", "n4"}, 2));
  run.hear(Wired{{{"n1", "a"}, {"n2", "b"}, {"n3", "a"}, {"n4", "b"}}});
  run.run();
  run.lose("n2");
  EXPECT_THAT(run.newest<StartStep>()->nodes, ElementsAre("n1", "n4"));
}

TEST(Machine, TakesTheFirstSpareWhereTheWiringIsNotKnown) {
  Played run(plan_of({"n1", "n2", "n3", "n4"}, 2));
  run.run();
  run.lose("n2");
  EXPECT_THAT(run.newest<StartStep>()->nodes, ElementsAre("n1", "n3"));
}

TEST(Machine, SwapsANodeForTheSpareOnItsSwitch) {
  Played run(plan_of({"n1", "n2", "n3", "n4"}, 2));
  run.hear(Wired{{{"n1", "a"}, {"n2", "b"}, {"n3", "a"}, {"n4", "b"}}});
  run.run();
  run.hear(Told{1, "pat", "swap", {"n2"}});
  for (const char* node : {"n1", "n2"})
    run.hear(TornDown{node, 1, 0});
  run.hear(CatalogueRead{});
  EXPECT_THAT(run.newest<StartStep>()->nodes, ElementsAre("n1", "n4"));
}

TEST(Machine, TellsCtlWhatBecameOfAWord) {
  const auto outcome = [](std::string word, std::vector<std::string> args) {
    Played run(plan_of({"n1", "n2"}, 2));
    run.run();
    run.hear(Told{1, "pat", std::move(word), std::move(args)});
    return run.newest<Reply>()->outcome;
  };
  EXPECT_EQ(outcome("pause-restarts", {}), Outcome::done);
  EXPECT_EQ(outcome("restart", {}), Outcome::done);
  EXPECT_EQ(outcome("foo", {}), Outcome::wrong);
  EXPECT_EQ(outcome("swap", {}), Outcome::wrong);
  EXPECT_EQ(outcome("swap", {"n99"}), Outcome::wrong);
  EXPECT_EQ(outcome("swap", {"n1"}), Outcome::not_now) << "there is no spare";
  EXPECT_EQ(outcome("save", {}), Outcome::wrong) << "there is no --save-signal";
  Played early(plan_of({"n1", "n2"}, 2));
  early.hear(Told{1, "pat", "restart", {}});
  EXPECT_EQ(early.newest<Reply>()->outcome, Outcome::not_now) << "nothing runs yet";
}

TEST(Machine, SaysThatRestartsArePausedWhereAnAttemptIsWaitedFor) {
  Played run(plan_of({"n1", "n2", "n3"}, 2));
  run.run();
  run.hear(Told{1, "pat", "pause-restarts", {}});
  const std::size_t before = run.said().size();
  run.lose("n2");
  EXPECT_EQ(run.newest<StartStep>()->attempt, 1U);
  const auto said = run.said();
  ASSERT_GT(said.size(), before);
  EXPECT_THAT(said.back(), AllOf(HasSubstr("restarts are paused"), HasSubstr("resume-restarts")));
  run.hear(Told{2, "pat", "resume-restarts", {}});
  EXPECT_EQ(run.newest<StartStep>()->attempt, 2U);
}

TEST(Machine, HearsTheNodesOwnChecksBeforeItChoosesAmongThem) {
  Plan plan = plan_of({"n1", "n2", "n3"}, 2);
  plan.looks_first = true;
  Played run(plan);
  run.all_join();
  ASSERT_NE(run.newest<Gather>(), nullptr);
  EXPECT_THAT(run.newest<Gather>()->nodes, ElementsAre("n1", "n2", "n3"));
  EXPECT_EQ(run.newest<ReadCatalogue>(), nullptr) << "not before they have answered";
  run.hear(Gathered{});
  run.hear(CatalogueRead{});
  EXPECT_THAT(run.newest<StartStep>()->nodes, ElementsAre("n1", "n2"));
}

TEST(Machine, WaitsForNoCheckWhereThereIsNothingToChoose) {
  Plan plan = plan_of({"n1", "n2"}, 2);
  plan.looks_first = true;
  Played run(plan);
  run.all_join();
  EXPECT_EQ(run.newest<Gather>(), nullptr);
  EXPECT_NE(run.newest<ReadCatalogue>(), nullptr);
}

TEST(Machine, GivesBackTheNodesThatNobodyNeeds) {
  Plan plan = plan_of({"n1", "n2", "n3", "n4", "n5"}, 2);
  plan.keep = 3;
  Played run(plan);
  run.run();
  ASSERT_NE(run.newest<GiveBack>(), nullptr);
  EXPECT_THAT(run.newest<GiveBack>()->keep, ElementsAre("n1", "n2", "n3"));
  EXPECT_THAT(run.newest<GiveBack>()->rest, ElementsAre("n4", "n5"));
  run.hear(GivenBack{{"n4", "n5"}, true, ""});
  run.hear(Lost{"n4", "its sentinel ended", 10, 0});
  EXPECT_THAT(run.said(), Not(Contains(HasSubstr("n4 is lost"))));
  run.lose("n2");
  EXPECT_THAT(run.newest<StartStep>()->nodes, ElementsAre("n1", "n3"));
  run.lose("n3");
  ASSERT_NE(run.newest<HandBack>(), nullptr) << "what was given back is no spare any more";
}

TEST(Machine, KeepsAsSparesWhatSlurmDoesNotTakeBack) {
  Plan plan = plan_of({"n1", "n2", "n3", "n4"}, 2);
  plan.keep = 3;
  Played run(plan);
  run.run();
  run.hear(GivenBack{{"n4"}, false, "Access denied"});
  EXPECT_THAT(run.said(), Contains(AllOf(HasSubstr("n4"), HasSubstr("Access denied"))));
  run.lose("n2");
  run.lose("n3");
  EXPECT_THAT(run.newest<StartStep>()->nodes, ElementsAre("n1", "n4"));
}

TEST(Machine, NeverGivesItsOwnNodeBack) {
  Plan plan = plan_of({"n1", "n2", "n3"}, 1);
  plan.keep = 1;
  plan.host = "n3";
  Played run(plan);
  run.run();
  EXPECT_THAT(run.newest<GiveBack>()->keep, ElementsAre("n1", "n3"));
}

TEST(Machine, LeavesSlurmsWarningToAProgramThatRequeuesItself) {
  Plan plan = plan_of({"n1", "n2"}, 2);
  plan.program_requeues = true;
  plan.save_signal = 10;
  Played run(plan);
  run.run();
  run.hear(EndIsNear{"Slurm warned that the end is near"});
  run.hear(CatalogueRead{});
  ASSERT_NE(run.newest<SignalRanks>(), nullptr) << "the ranks are asked to save all the same";
  EXPECT_EQ(run.newest<HandBack>(), nullptr);
  recovery::Choice saved{recovery::ChoiceKind::good, {"/ck/5", 5, "torch"}, "", 1};
  run.hear(CatalogueRead{saved});
  EXPECT_EQ(run.newest<supervise::TearDown>(), nullptr) << "and go on";
}

TEST(Machine, TakesForTheSaveAskedForOnlyOneThatIsNewerThanWhatTheAttemptBeganFrom) {
  Plan plan = plan_of({"n1", "n2"}, 2);
  plan.save_signal = 10;
  Played run(plan);
  const auto good = [](std::uint64_t step) {
    return CatalogueRead{
        {recovery::ChoiceKind::good, {"/ck/" + std::to_string(step), step, "torch"}, "", 1}};
  };
  run.all_join();
  run.hear(good(60));
  run.hear(RanksSeen{1, 2});
  run.hear(Told{7, "pat", "save", {}});
  run.hear(CatalogueRead{});  // one is being written just now: none is good
  ASSERT_NE(run.newest<SignalRanks>(), nullptr);
  run.hear(good(60));
  EXPECT_EQ(run.newest<Reply>(), nullptr) << "that one was there before";
  run.hear(good(61));
  ASSERT_NE(run.newest<Reply>(), nullptr);
  EXPECT_THAT(run.newest<Reply>()->sentence, HasSubstr("saved: step 61"));
}

TEST(Machine, UsesANodeAgainThatAnEarlierStartLostWhenSlurmGivesNoOther) {
  events::RunState before;
  before.starts.push_back({});
  events::AttemptState& lost = before.attempts.emplace_back();
  lost.number = 1;
  lost.nodes = {"n1", "n2"};
  lost.started_ms = 1;
  lost.ended_ms = 2;
  lost.loss = events::LossJudged{};
  lost.loss->cause = "node_lost";
  lost.loss->blamed = {"n2"};
  Plan plan = plan_of({"n1", "n2"}, 2);
  plan.restart = 1;
  Played short_of_nodes(plan, before);
  short_of_nodes.run();
  ASSERT_NE(short_of_nodes.newest<StartStep>(), nullptr);
  EXPECT_THAT(short_of_nodes.newest<StartStep>()->nodes, ElementsAre("n1", "n2"));
  plan.allocation.emplace_back("n3");
  Played with_another(plan, before);
  with_another.run();
  ASSERT_NE(with_another.newest<StartStep>(), nullptr);
  EXPECT_THAT(with_another.newest<StartStep>()->nodes, ElementsAre("n1", "n3"));
}

TEST(Machine, LeavesTheRanksAloneWhereTheProgramRequeuesAndNoSignalIsKnown) {
  Plan plan = plan_of({"n1", "n2"}, 2);
  plan.program_requeues = true;
  Played run(plan);
  run.run();
  run.hear(EndIsNear{"Slurm warned that the end is near"});
  EXPECT_EQ(run.newest<supervise::TearDown>(), nullptr);
  EXPECT_EQ(run.newest<HandBack>(), nullptr);
}

TEST(Machine, SubmitsAgainOnlyWhereANodeWouldHoldTheRequeueUp) {
  Plan plan = plan_of({"n1", "n2"}, 2);
  plan.submits_again = true;
  Played lost(plan);
  lost.run();
  lost.lose("n2");
  ASSERT_NE(lost.newest<HandBack>(), nullptr);
  EXPECT_TRUE(lost.newest<HandBack>()->submit_again);
  EXPECT_EQ(lost.written<events::Requeued>()->how, "sbatch");
  Played warned(plan);
  warned.run();
  warned.hear(EndIsNear{"the end is near"});
  for (const char* node : {"n1", "n2"})
    warned.hear(TornDown{node, 1, 0});
  ASSERT_NE(warned.newest<HandBack>(), nullptr);
  EXPECT_FALSE(warned.newest<HandBack>()->submit_again);
}

TEST(Machine, SaysWhatADecisionRestsOnWhenItIsAsked) {
  Plan plan = plan_of({"n1", "n2", "n3"}, 2);
  Played silent(plan);
  silent.run();
  silent.lose("n2");
  EXPECT_THAT(silent.said(), Not(Contains(HasSubstr("  nodes: "))));
  plan.explains = true;
  Played run(plan);
  run.run();
  run.lose("n2");
  EXPECT_THAT(run.said(), Contains("  nodes: n1 n2"));
  EXPECT_THAT(run.said(), Contains("  spares: n3"));
  EXPECT_THAT(run.said(), Contains("  blamed: n2"));
  EXPECT_THAT(run.said(), Contains("  nodes: n1 n3"));
  EXPECT_THAT(run.said(), Contains("  resume: the beginning"));
}

TEST(Machine, TellsWhatHappenedToAJobThatWasHandedBack) {
  Plan plan = plan_of({"n1", "n2"}, 2);
  plan.submits_again = true;
  Played run(plan);
  run.run();
  run.lose("n2");
  run.hear(HandedBack{true, "submitted again as job 8"});
  EXPECT_THAT(run.said(), Contains("submitted again as job 8"));
  ASSERT_NE(run.newest<End>(), nullptr);
  EXPECT_EQ(run.newest<End>()->exit, 123);
}

}  // namespace
}  // namespace holdfast::supervise
