// SPDX-License-Identifier: Apache-2.0
#include "holdfast/events/line.hpp"

#include "events/bytes_as_text.hpp"
#include "holdfast/common/text.hpp"
#include "samples.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::events {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Record record_of(Body body) { return {1, 7, 2, 1'700'000'000'123, "n1", std::move(body), {}}; }

std::string line_of(const Record& record) {
  const auto line = to_line(record);
  EXPECT_TRUE(line);
  return line ? *line : "";
}

TEST(Line, HoldsEveryKindOfEventAndGivesItBack) {
  const auto bodies = testing::one_of_each();
  ASSERT_EQ(bodies.size(), std::variant_size_v<Body>);
  for (std::size_t index = 0; index < bodies.size(); ++index) {
    EXPECT_EQ(bodies[index].index(), index) << "the samples are in the order of the kinds";
    const Record record = record_of(bodies[index]);
    const std::string line = line_of(record);
    EXPECT_THAT(line, HasSubstr(cat("\"kind\":\"", kind_of(record.body), '"')));
    const auto back = parse_line(line);
    ASSERT_TRUE(back) << line << ": " << back.error().sentence();
    EXPECT_EQ(*back, record) << line;
  }
}

TEST(Line, BeginsWithWhatEveryLineHas) {
  EXPECT_THAT(
      line_of(record_of(NodeBack{"n2"})),
      StartsWith(
          R"({"v":1,"seq":7,"epoch":2,"at_ms":1700000000123,"host":"n1","kind":"node_back")"));
}

TEST(Line, KeepsWhatANewerReleaseWrote) {
  const std::string newer =
      R"({"v":9,"seq":1,"epoch":1,"at_ms":5,"host":"n1","kind":"note","text":"x","colour":{"r":[1,2.5,null]}})";
  const auto record = parse_line(newer);
  ASSERT_TRUE(record) << record.error().sentence();
  EXPECT_EQ(record->version, 9U);
  EXPECT_EQ(std::get<Note>(record->body).text, "x");
  const auto again = parse_line(line_of(*record));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *record);
  EXPECT_THAT(record->more, HasSubstr("colour"));

  const auto kind =
      parse_line(R"({"v":9,"seq":1,"epoch":1,"at_ms":5,"host":"n1","kind":"warp","factor":9})");
  ASSERT_TRUE(kind);
  EXPECT_EQ(std::get<Unknown>(kind->body).kind, "warp");
  EXPECT_EQ(parse_line(line_of(*kind)).value(), *kind);

  const auto many = parse_line(
      R"({"v":9,"seq":1,"epoch":1,"at_ms":5,"host":"n1","kind":"warp","z":1,"y":2,"x":3,"w":4})");
  EXPECT_EQ(many->more, R"({"z":1,"y":2,"x":3,"w":4})") << "in its order";
}

TEST(Line, BringsAnyBytesOfAPathBack) {
  std::mt19937_64 dice(7);
  for (int round = 0; round < 2000; ++round) {
    std::string path(dice() % 40, '\0');
    for (char& letter : path)
      letter = static_cast<char>(dice());
    if (round == 0) path = "\xF4\x8F\xBF\xA9 stands for a byte, \xE9 is one";
    const Record record = record_of(Condemned{path, ""});
    const std::string line = line_of(record);
    for (std::size_t at = 0; at < line.size(); at += character_length(line.substr(at, 4)))
      ASSERT_NE(character_length(line.substr(at, 4)), 0U) << "the line is no UTF-8";
    EXPECT_EQ(std::get<Condemned>(parse_line(line).value().body).path, path);
  }
}

TEST(Line, HasNoControlCharacterWhateverItsTextsHold) {
  std::string all;
  for (int code = 0; code < 256; ++code)
    all += static_cast<char>(code);
  const std::string line = line_of(record_of(Note{all +
                                                  "\xC2\x9B"
                                                  "31m" +
                                                  "\xC2\xA0"}));
  EXPECT_TRUE(std::ranges::none_of(line, [](char letter) {
    return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F;
  })) << line;
  EXPECT_EQ(line.find("\xC2\x9B"), std::string::npos);
  EXPECT_EQ(std::get<Note>(parse_line(line).value().body).text,
            all +
                "\xC2\x9B"
                "31m" +
                "\xC2\xA0");
}

TEST(Line, CutsSentencesAndNeverPathsOrCommands) {
  std::string words;
  while (words.size() < 2 * max_text)
    words += "ä";
  const auto note = parse_line(line_of(record_of(Note{words}))).value();
  const std::string& text = std::get<Note>(note.body).text;
  EXPECT_LE(text.size(), max_text);
  EXPECT_GT(text.size(), max_text - 8);
  EXPECT_TRUE(text.ends_with("ä…")) << "cut between two letters";
  RunStarted run;
  run.command = {words};
  EXPECT_EQ(std::get<RunStarted>(parse_line(line_of(record_of(run))).value().body).command,
            run.command);
  LossJudged loss;
  loss.evidence.assign(5000, words);
  EXPECT_LT(line_of(record_of(loss)).size(), max_line / 8);
}

TEST(Line, RefusesToBeLongerThanIsRead) {
  RunStarted run;
  run.command = {std::string(max_line, 'x')};
  const auto line = to_line(record_of(run));
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, FailureKind::unsupported);
  EXPECT_THAT(line.error().sentence(), HasSubstr("run_started"));
  EXPECT_FALSE(parse_line(std::string(max_line + 1, ' ')));
}

TEST(Line, FitsTheRankMapOfSixteenThousandNodes) {
  AttemptStarted attempt;
  for (unsigned node = 0; node < 16384; ++node) {
    attempt.nodes.push_back(cat("cluster-node-", node));
    attempt.ranks.push_back({attempt.nodes.back(), node * 8, 8});
  }
  EXPECT_LT(line_of(record_of(attempt)).size(), max_line);
}

TEST(Line, RefusesWhatIsNoEvent) {
  const std::string head = R"({"v":1,"seq":1,"epoch":1,"at_ms":5,"host":"n1")";
  for (const std::string& line : {
           std::string(""),
           std::string("null"),
           std::string("[1]"),
           head + R"(,"kind":"note")",            // cut
           head + "}",                            // no kind
           head + R"(,"kind":7})",                // a kind is a word
           head + R"(,"kind":"note","text":7})",  // a text is a text
           head + R"(,"kind":"node_lost","silent_ms":-1})",
           head + R"(,"kind":"ranks_running","attempt":1e3})",
           head + R"(,"kind":"ranks_running","attempt":4294967296})",
           head + R"(,"kind":"attempt_started","ranks":[["n1",0]]})",
           head + R"(,"kind":"attempt_started","resume":{"step":1}})",
           std::string(R"({"v":1,"seq":1,"epoch":1,"at_ms":-1,"kind":"note"})"),
           std::string(R"({"v":1,"seq":1,"epoch":1,"at_ms":253402300800000,"kind":"note"})"),
           std::string(R"({"v":1,"seq":1,"epoch":1,"kind":"note"})"),
           std::string(20000, '['),
       }) {
    const auto record = parse_line(line);
    ASSERT_FALSE(record) << line;
    EXPECT_EQ(record.error().kind, FailureKind::bad_input);
  }
}

}  // namespace
}  // namespace holdfast::events
