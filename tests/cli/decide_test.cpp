// SPDX-License-Identifier: Apache-2.0
#include "cli/decide/case_file.hpp"
#include "cli/exit_status.hpp"
#include "conversation.hpp"
#include "support/temporary_directory.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using testing::Conversation;
using ::testing::HasSubstr;
using testing::holdfast;
using ::testing::IsEmpty;

/// What `holdfast decide` says of a file with this text.
Conversation decided(const std::string& text, std::vector<std::string> words = {}) {
  const ::holdfast::testing::TemporaryDirectory directory("decide");
  const std::string file = directory.path() / "case.json";
  std::ofstream(file) << text;
  words.insert(words.begin(), {"decide", "--history", file});
  return holdfast(words);
}

/// The example in the manual.
std::string example() {
  std::ifstream in(std::string(HOLDFAST_SOURCE_DIR) + "/launcher/man/holdfast-decide.1.scd");
  std::ostringstream page;
  page << in.rdbuf();
  const std::string text = page.str();
  const std::size_t begin = text.find("```\n") + 4;
  return text.substr(begin, text.find("```", begin) - begin);
}

TEST(DecideVerb, DoesWhatItsManualShows) {
  const auto said = decided(example(), {"--explain"});
  EXPECT_EQ(said.status, 0) << said.talk;
  EXPECT_THAT(said.out, HasSubstr("loss         node lost: n2 is lost\n"));
  EXPECT_THAT(said.out, HasSubstr("refused      restart on the same nodes: n2 is out\n"));
  EXPECT_THAT(said.out, HasSubstr("decision     replace\n"));
  EXPECT_THAT(said.out, HasSubstr("nodes        n1 s1\n"));
  EXPECT_THAT(said.out, HasSubstr("resume       /ckpt/10 (step 10)\n"));
}

TEST(DecideVerb, PrintsTheSameAsJson) {
  const auto said = decided(example(), {"--json"});
  const auto all = boost::json::parse(said.out).as_object();
  EXPECT_EQ(all.at("decision"), "replace");
  EXPECT_EQ(all.at("nodes").as_array().size(), 2U);
  EXPECT_EQ(all.at("exclude").as_array().at(0), "n2");
  EXPECT_EQ(all.at("resume").as_object().at("step"), 10);
  EXPECT_EQ(all.at("loss").as_object().at("cause"), "node_lost");
  EXPECT_TRUE(all.at("exit_code").is_null());
}

TEST(DecideVerb, EndsWithOneWhereTheJobWouldStop) {
  const auto said = decided(
      R"({"history": {"attempts": [{}]}, "evidence": {"srun_exit": 3, "slurm": "cancelled"}})");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.out, HasSubstr("decision     stop\n"));
  EXPECT_THAT(said.out, HasSubstr("exit code    3\n"));
}

TEST(DecideVerb, ReadsEveryMember) {
  const auto all = parse_case(R"({
    "policy": {"max_restarts": 7, "max_requeues": 8, "no_progress": 9, "shrink_to": 2,
               "on_exhausted": "fail", "can_requeue": false, "condemn_within_ms": 5,
               "budgets": {"network": {"restarts": 1, "first_wait_ms": 2, "second_wait_ms": 3,
                                       "most_wait_ms": 4}}},
    "ground": {"wanted": 3, "in_use": ["n1"], "spares": ["s1"], "unfit": ["u1"],
               "leaf": {"n1": "l1"}},
    "choice": {"kind": "unknown", "why": "slow", "asked": 2},
    "history": {"requeues": 4, "attempts": [
      {"number": 5, "started_ms": 1, "running_ms": 2, "ended_ms": 3,
       "resume": {"path": "/c/1", "step": null, "format": "f"}, "newest_step": 6, "nodes": ["n1"],
       "loss": {"cause": "hang", "blamed": ["n1"], "why": "w", "fingerprint": "p",
                "self_proving": true, "evidence": ["e"], "exit_code": -1}}]}})");
  ASSERT_TRUE(all) << all.error().what;
  EXPECT_EQ(all->policy.max_restarts, 7U);
  EXPECT_EQ(all->policy.max_requeues, 8U);
  EXPECT_EQ(all->policy.no_progress, 9U);
  EXPECT_EQ(all->policy.shrink_to, 2U);
  EXPECT_EQ(all->policy.on_exhausted, recovery::Exhausted::fail);
  EXPECT_FALSE(all->policy.can_requeue);
  EXPECT_EQ(all->policy.condemn_within_ms, 5);
  EXPECT_EQ(all->policy.budgets.at(recovery::Cause::network).second_wait_ms, 3);
  EXPECT_EQ(all->ground.wanted, 3U);
  EXPECT_EQ(all->ground.leaf.at("n1"), "l1");
  EXPECT_EQ(all->choice.kind, recovery::ChoiceKind::unknown);
  EXPECT_EQ(all->choice.asked, 2U);
  EXPECT_EQ(all->history.requeues, 4U);
  const auto& attempt = all->history.attempts.at(0);
  EXPECT_EQ(attempt.number, 5U);
  EXPECT_EQ(attempt.resume->path, "/c/1");
  EXPECT_FALSE(attempt.resume->step);
  EXPECT_EQ(attempt.newest_step, 6U);
  EXPECT_EQ(attempt.loss.cause, recovery::Cause::hang);
  EXPECT_EQ(attempt.loss.exit_code, -1);
}

TEST(DecideVerb, ClassifiesTheEvidenceOfTheFile) {
  const auto all = parse_case(R"({"history": {"attempts": [{}]}, "evidence": {
    "ranks": [{"node": "n1", "first": 0, "count": 2}],
    "exits": [{"rank": 1, "node": "n1", "signal": 9, "at_ms": 5, "core": false}],
    "lines": [{"at_ms": 4, "rank": 1, "node": "n1", "text": "GPU is lost"}],
    "signs": [{"node": "n1", "kind": "port_flap", "text": "up again", "at_ms": 1}],
    "lost_nodes": [], "hang": null, "ran_ms": 1, "ranks_ran": true, "resumed": false,
    "srun_exit": 137}})");
  ASSERT_TRUE(all) << all.error().what;
  const auto& loss = all->history.attempts.at(0).loss;
  EXPECT_EQ(loss.cause, recovery::Cause::hardware);
  EXPECT_THAT(loss.blamed, ::testing::ElementsAre("n1"));
  EXPECT_EQ(loss.exit_code, 137);
}

TEST(DecideVerb, NamesTheMemberThatIsWrong) {
  const auto mistake = [](std::string_view text) {
    const auto all = parse_case(text);
    return all ? std::string() : all.error().what;
  };
  EXPECT_THAT(mistake("{"), HasSubstr("it is no JSON"));
  EXPECT_THAT(mistake("[]"), HasSubstr("the file is no object"));
  EXPECT_THAT(mistake("{}"), HasSubstr("history.attempts names no attempt"));
  EXPECT_EQ(mistake(R"({"history": {"attempts": [{}, {"loss": {"cause": "bad luck"}}]}})"),
            "history.attempts[1].loss.cause is \"bad luck\", which is no word for it");
  EXPECT_EQ(mistake(R"({"history": {"attempts": [{}]}, "polici": {}})"), "polici is not known");
  EXPECT_EQ(mistake(R"({"history": {"attempts": [{}]}, "policy": {"budgets": {"luck": {}}}})"),
            "policy.budgets.luck is no cause");
  EXPECT_THAT(mistake(R"({"policy": {"max_restarts": -1}, "history": {"attempts": [{}]}})"),
              HasSubstr("policy.max_restarts is no whole number between 0 and"));
  EXPECT_EQ(mistake(R"({"choice": {"kind": "good"}, "history": {"attempts": [{}]}})"),
            "choice.resume is missing, and the choice is good");
  EXPECT_EQ(mistake(R"({"ground": {"in_use": [1]}, "history": {"attempts": [{}]}})"),
            "ground.in_use holds what is no text");
}

TEST(DecideVerb, RefusesAFileThatIsNotThere) {
  EXPECT_EQ(holdfast({"decide"}).status, 2);
  const auto said = holdfast({"decide", "--history", "/nowhere/case.json"});
  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.out, IsEmpty());
  EXPECT_THAT(said.talk, HasSubstr("/nowhere/case.json"));
}

}  // namespace
}  // namespace holdfast::cli
