// SPDX-License-Identifier: Apache-2.0
// `holdfast status`, `report` and `history` over logs written by the test.
#include "cli/report/timeline.hpp"
#include "conversation.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/events/line.hpp"
#include "launcher/events/samples.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <expat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using events::testing::Story;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Report : public ::testing::Test {
 protected:
  void write(const std::string& job, const Story& story) const {
    std::filesystem::create_directories(cat(root_, '/', job));
    std::ofstream log(cat(root_, '/', job, "/events.jsonl"), std::ios::binary | std::ios::app);
    for (const events::Record& record : story.records())
      log << events::to_line(record).value() << '\n';
  }

  [[nodiscard]] testing::Conversation ask(std::vector<std::string> words) const {
    words.insert(words.end(), {"--root", root_});
    return testing::holdfast(words);
  }

  holdfast::testing::TemporaryDirectory temporary_{"report"};
  std::string root_ = temporary_.path();
};

/// Well-formed, as a browser or a viewer sees it.
void expect_xml(const std::string& text) {
  XML_Parser parser = XML_ParserCreate(nullptr);
  EXPECT_EQ(XML_Parse(parser, text.data(), static_cast<int>(text.size()), 1), XML_STATUS_OK)
      << XML_ErrorString(XML_GetErrorCode(parser)) << " in line "
      << XML_GetCurrentLineNumber(parser);
  XML_ParserFree(parser);
}

bool has_controls(const std::string& text) {
  return std::ranges::any_of(text, [](char letter) {
    return (static_cast<unsigned char>(letter) < 0x20 && letter != '\n') || letter == 0x7F;
  });
}

TEST_F(Report, TellsTheStoryOfALostNode) {
  write("4711", events::testing::lost_node());
  const auto told = ask({"report", "4711"});
  EXPECT_EQ(told.status, 0);
  EXPECT_EQ(told.talk, "");
  EXPECT_THAT(told.out, StartsWith("job 4711: finished, exit 0: the last attempt ended with 0\n"));
  EXPECT_THAT(told.out, HasSubstr("srun ./train"));
  EXPECT_THAT(told.out, HasSubstr("2 in 1 start of the job, 3 checkpoints seen\n"));
  EXPECT_THAT(told.out, HasSubstr("attempt 1: node lost\n  why          n2 is silent\n"));
  EXPECT_THAT(told.out, HasSubstr("no beat"));
  EXPECT_THAT(told.out,
              HasSubstr("detected after 5.0 s, torn down in 0.3 s, all ranks running again after "
                        "2.0 s"));
  EXPECT_THAT(told.out, HasSubstr("50.0 s of running, about 50 steps, 0.03 node-hours"));
  EXPECT_THAT(told.out, HasSubstr("replace, from step 200: n3"));
  EXPECT_THAT(told.out, HasSubstr("86.6 % (kept / wall time)"));
  EXPECT_THAT(told.out, HasSubstr("57.8 % (node-hours kept / node-hours had)"));
  EXPECT_THAT(told.out, Not(HasSubstr("at risk")));
}

TEST_F(Report, HasTheSameFactsAsJson) {
  write("4711", events::testing::lost_node());
  const auto told = ask({"report", "4711", "--json"});
  const auto out = boost::json::parse(told.out).as_object();
  EXPECT_EQ(out.at("figures").at("kept_ms"), 350'000);
  EXPECT_EQ(out.at("figures").at("steps_lost"), 50);
  const auto& first = out.at("attempts").at(0);
  EXPECT_EQ(first.at("loss").at("cause"), "node_lost");
  EXPECT_EQ(first.at("detection_took_ms"), 5000);
  EXPECT_EQ(first.at("recovery_took_ms"), 2000);
  EXPECT_EQ(first.at("decided").at("nodes").at(1), "n3");
  EXPECT_EQ(out.at("attempts").at(1).at("resume").at("step"), 200);
  EXPECT_EQ(out.at("nodes").as_array().size(), 3U);
  EXPECT_EQ(out.at("ended").at("exit"), 0);
}

TEST_F(Report, WritesAPageThatNeedsNoOther) {
  write("4711", events::testing::lost_node());
  const auto told = ask({"report", "4711", "--html", "-"});
  EXPECT_EQ(told.status, 0);
  EXPECT_THAT(told.out, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(told.out, HasSubstr("<svg "));
  EXPECT_THAT(told.out, HasSubstr("default-src 'none'"));
  EXPECT_THAT(told.out, Not(HasSubstr("<script")));
  EXPECT_THAT(told.out, Not(HasSubstr("href")));
  EXPECT_THAT(told.out, Not(HasSubstr("src=")));
  EXPECT_THAT(told.out, HasSubstr("<td>n2 is silent</td>"));
}

TEST_F(Report, DrawsABarForEachAttemptOnEachNode) {
  write("4711", events::testing::lost_node());
  const auto told = ask({"report", "4711", "--svg", "-"});
  expect_xml(told.out);
  const auto bars = [&](std::string_view color) {
    std::size_t number = 0;
    for (auto at = told.out.find(color); at != std::string::npos; at = told.out.find(color, at + 1))
      ++number;
    return number - 1;  // the legend has one
  };
  EXPECT_EQ(bars("#2b6cb0"), 4U) << "two attempts, two nodes, something kept on each";
  EXPECT_EQ(bars("#f0a58f"), 2U) << "the first attempt lost its end";
  EXPECT_EQ(bars("#c9ced6"), 4U);
  EXPECT_THAT(told.out, HasSubstr("/c/200, step 200"));
  EXPECT_THAT(told.out, HasSubstr("attempt 1, from the beginning"));
}

TEST_F(Report, StaysSmallWhateverTheLogHolds) {
  Story story;
  events::RunStarted run{"1", 0, {}, 4000, 0, {}, {}, ""};
  for (int node = 0; node < 4000; ++node)
    run.nodes.push_back(cat('n', node));
  story.tell(run);
  for (unsigned attempt = 1; attempt <= 500; ++attempt) {
    story.tell(events::AttemptStarted{attempt, {"n1", "n2"}, {}, {}, ""});
    story.tell(events::RanksRunning{attempt, 1});
    for (unsigned step = 0; step < 20; ++step)
      story.tell(events::CheckpointSeen{attempt, cat(attempt, '/', step), step});
  }
  write("1", story);
  const auto told = ask({"report", "1", "--svg", "-"});
  expect_xml(told.out);
  EXPECT_LT(told.out.size(), 500'000U);
  EXPECT_THAT(told.out, HasSubstr("4000 other nodes"));
  const auto one_second = ask({"status", "1"});
  EXPECT_LT(one_second.out.size(), 4000U);
}

TEST_F(Report, LetsNothingOfALogReachTheTerminalOrThePage) {
  const std::string evil = "\033[31m\x07</svg><script>alert(1)</script>&\"'\xC2\x9B]0;\xFF\n\r";
  Story story;
  story.tell(events::RunStarted{evil, 0, {evil, "n2"}, 1, 1, {evil, evil}, {{evil, evil}}, evil});
  for (const auto& body : events::testing::one_of_each()) {
    events::Body copy = body;
    std::visit(
        [&](auto& event) {
          if constexpr (requires { event.attempt; }) event.attempt = 3;
          if constexpr (requires { event.node; }) event.node = evil;
          if constexpr (requires { event.path; }) event.path = evil;
          if constexpr (requires { event.why; }) event.why = evil;
          if constexpr (requires { event.text; }) event.text = evil;
          if constexpr (requires { event.cause; }) event.cause = evil;
          if constexpr (requires { event.user; }) event.user = evil;
          if constexpr (requires { event.word; }) event.word = evil;
          if constexpr (requires { event.verdict; }) event.verdict = evil;
          if constexpr (requires { event.decision; }) event.decision = evil;
          if constexpr (requires { event.from_host; }) event.from_host = evil;
          if constexpr (requires { event.blamed.front(); }) event.blamed = {evil};
          if constexpr (requires { event.evidence; }) event.evidence = {evil};
          if constexpr (requires { event.args; }) event.args = {evil};
          if constexpr (requires { event.nodes; }) event.nodes = {evil};
        },
        copy);
    if (!std::holds_alternative<events::RunStarted>(copy)) story.tell(copy);
  }
  write("1", story);
  std::ofstream(root_ + "/1/events.jsonl", std::ios::app) << evil << '\n';
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status", "1"},
                                                {"status"},
                                                {"status", "1", "--json"},
                                                {"status", "--json"},
                                                {"status", "1", "--prometheus", "-"},
                                                {"report", "1"},
                                                {"report", "1", "--json"},
                                                {"report", "1", "--html", "-"},
                                                {"report", "1", "--svg", "-"},
                                                {"history", "n2"},
                                                {"history", evil},
                                                {"history", evil, "--json"}}) {
    const auto told = ask(words);
    EXPECT_EQ(told.status, 0) << words[0] << ' ' << words.back() << told.talk;
    EXPECT_FALSE(has_controls(told.out)) << words[0] << ": " << told.out;
    EXPECT_FALSE(has_controls(told.talk)) << told.talk;
    EXPECT_THAT(told.out, Not(HasSubstr("\xC2\x9B")));
    if (words[0] == "report" && words.back() == "-") {
      EXPECT_THAT(told.out, Not(HasSubstr("<script>alert")));
    }
  }
  expect_xml(ask({"report", "1", "--svg", "-"}).out);
}

TEST_F(Report, SaysWhatMayBeMissing) {
  write("4711", events::testing::lost_node());
  std::ofstream(root_ + "/4711/events.jsonl", std::ios::app) << "{\"v\":1,~\n";
  const auto told = ask({"report", "4711"});
  EXPECT_THAT(told.talk, HasSubstr("warning: 1 line of the event log cannot be understood"));
}

TEST_F(Report, AsksForARunThatIsThere) {
  EXPECT_EQ(ask({"report"}).status, 2);
  const auto none = ask({"report", "99"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.talk, HasSubstr("there is no run in"));
  EXPECT_EQ(ask({"report", "../99"}).status, 2);
  EXPECT_EQ(ask({"report", ".."}).status, 2);
  EXPECT_EQ(ask({"report", "99", "--json", "--svg", "-"}).status, 2);
  EXPECT_EQ(ask({"report", "99", "--state", root_}).status, 2);
}

TEST_F(Report, OfAnyPrefixOfALogIsAReport) {
  const Story story = events::testing::lost_node();
  std::filesystem::create_directories(root_ + "/1");
  std::ofstream log(root_ + "/1/events.jsonl", std::ios::binary);
  for (const events::Record& record : story.records()) {
    log << events::to_line(record).value() << '\n' << std::flush;
    for (const char* verb : {"report", "status"})
      EXPECT_EQ(ask({verb, "1"}).status, 0);
    expect_xml(ask({"report", "1", "--svg", "-"}).out);
  }
}

TEST_F(Report, StatusListsAllRunsThoseHeardOfLastFirst) {
  EXPECT_EQ(ask({"status"}).status, 1);
  write("old", events::testing::lost_node());
  Story young;
  young.tell(events::RunStarted{"young", 0, {"n9"}, 1, 0, {}, {}, ""}, 1'000'000);
  write("young", young);
  const auto told = ask({"status"});
  EXPECT_EQ(told.status, 0);
  EXPECT_LT(told.out.find("young"), told.out.find("4711")) << told.out;
  EXPECT_THAT(told.out, HasSubstr("(silent)")) << "nothing was heard of it since 2023";
  const auto all = boost::json::parse(ask({"status", "--json"}).out);
  EXPECT_EQ(all.at("runs").as_array().size(), 2U);
  EXPECT_THAT(ask({"status", "young"}).talk, HasSubstr("no sign of life"));
}

TEST_F(Report, StatusFindsTheRunItIsPartOf) {
  write("4711", events::testing::lost_node());
  const auto told =
      testing::holdfast({"status"}, {}, {{"HOLDFAST_STATE", root_ + "/4711"}, {"HOME", "/none"}});
  EXPECT_THAT(told.out, StartsWith("job 4711: finished"));
  const auto under_root =
      testing::holdfast({"status", "4711"}, {}, {{"HOLDFAST_STATE_ROOT", root_}});
  EXPECT_EQ(under_root.out, told.out);
}

TEST_F(Report, StatusWritesMetricsByRename) {
  write("4711", events::testing::lost_node());
  const std::string file = root_ + "/holdfast.prom";
  const auto told = ask({"status", "--prometheus", file});
  EXPECT_EQ(told.status, 0);
  EXPECT_EQ(told.out, "");
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(text, HasSubstr("holdfast_run_attempts_total{job=\"4711\"} 2\n"));
  EXPECT_EQ(ask({"status", "--prometheus", root_ + "/none/x.prom"}).status, 2);
}

TEST_F(Report, HistoryFindsTheNodeThatSeveralJobsBlame) {
  write("4711", events::testing::lost_node());
  Story other;
  other.tell(events::RunStarted{"4712", 0, {"n2", "n5"}, 2, 0, {}, {}, ""}, 5'000'000);
  other.tell(events::AttemptStarted{1, {"n2", "n5"}, {}, {}, ""});
  other.tell(events::LossJudged{1, "hardware", {"n2"}, "Xid 79 on n2", "", {}, true, 1, {}});
  write("4712", other);
  const auto told = ask({"history", "n2"});
  EXPECT_EQ(told.status, 0);
  EXPECT_THAT(told.out, StartsWith("n2: in 2 runs, fell silent 1 time, blamed for 2 attempts\n"));
  EXPECT_LT(told.out.find("Xid 79 on n2"), told.out.find("n2 is silent")) << "newest first";
  const auto out = boost::json::parse(ask({"history", "n2", "--json"}).out);
  EXPECT_EQ(out.at("blames").at(0).at("cause"), "hardware");
  EXPECT_EQ(out.at("runs").as_array().size(), 2U);
  const auto none = ask({"history", "n77"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(ask({"history"}).status, 2);
}

}  // namespace
}  // namespace holdfast::cli
