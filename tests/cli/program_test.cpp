// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"
#include "cli/verbs.hpp"
#include "conversation.hpp"
#include "holdfast/common/text.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using ::testing::HasSubstr;
using testing::holdfast;
using ::testing::StartsWith;

void expect_screen(const std::string& text, std::size_t lines) {
  const auto rows = split(text, '\n');
  EXPECT_LE(rows.size() - 1, lines) << text;  // the text ends in a newline
  for (const auto row : rows)
    EXPECT_LE(row.size(), 100U) << row;
}

TEST(Help, FitsAScreen) {
  expect_screen(program_help(), 24);
  expect_screen(exit_codes_help(), 24);
  for (const Verb* verb : verbs())
    expect_screen(verb_help(*verb), 30);
}

TEST(Help, NamesEveryVerbAndEveryOptionThatIsNeitherHiddenNorRare) {
  for (const Verb* verb : verbs()) {
    EXPECT_THAT(program_help(), HasSubstr(cat("\n  ", verb->name, ' ')));
    for (const OptionSpec& option : verb->options) {
      const std::string word = cat("\n  --", option.name, ' ');
      const bool named = verb_help(*verb).find(word) != std::string::npos;
      EXPECT_EQ(named, !option.hidden && !option.rare) << verb->name << word;
    }
  }
}

TEST(Help, PointsToTheManualWhereItIsNotAll) {
  EXPECT_THAT(verb_help(run_verb), HasSubstr("\nMore options: man holdfast-run\n"));
  EXPECT_THAT(completion_words(run_verb), HasSubstr("\n--requeue-by choice requeue resubmit\n"));
  EXPECT_EQ(verb_help(topo_verb).find("More options"), std::string::npos);
}

TEST(Help, IsTheSameHoweverItIsAskedFor) {
  EXPECT_EQ(holdfast({"--help"}).out, program_help());
  EXPECT_EQ(holdfast({"-h"}).out, program_help());
  EXPECT_EQ(holdfast({"help"}).out, program_help());
  EXPECT_EQ(holdfast({"topo", "--help"}).out, verb_help(topo_verb));
  EXPECT_EQ(holdfast({"topo", "-h"}).out, verb_help(topo_verb));
  EXPECT_EQ(holdfast({"topo", "--json", "--help"}).out, verb_help(topo_verb));
  EXPECT_EQ(holdfast({"help", "topo"}).out, verb_help(topo_verb));
}

TEST(Help, OnAnUnknownTopicNamesTheNearest) {
  const auto said = holdfast({"help", "exit-code"});
  EXPECT_EQ(said.status, 2);
  EXPECT_EQ(said.talk,
            "holdfast: help: there is no help on \"exit-code\"; did you mean exit-codes?\n");
}

TEST(Help, ListsEveryExitCodeOnce) {
  std::set<std::string_view> numbers;
  for (const ExitStatusRow& row : exit_statuses) {
    EXPECT_TRUE(numbers.insert(row.number).second) << row.number;
    EXPECT_THAT(holdfast({"help", "exit-codes"}).out, HasSubstr(cat("\n  ", row.number)));
    EXPECT_THAT(std::string(row.number), StartsWith(cat(static_cast<int>(row.status))));
  }
}

TEST(Program, ShowsItsVersion) {
  const auto said = holdfast({"--version"});
  EXPECT_EQ(said.out, cat("holdfast ", HOLDFAST_VERSION, "\n"));
  EXPECT_EQ(said.status, 0);
}

TEST(Program, WithoutAVerbSaysSo) {
  const auto said = holdfast({});
  EXPECT_EQ(said.status, 2);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.talk, "holdfast: a verb is missing; `holdfast --help` lists them\n");
}

TEST(Program, NamesTheNearestVerbAndOption) {
  EXPECT_EQ(holdfast({"topoo"}).talk, "holdfast: unknown verb topoo; did you mean topo?\n");
  EXPECT_EQ(holdfast({"--versoin"}).talk,
            "holdfast: unknown option --versoin; did you mean --version?\n");
  EXPECT_EQ(holdfast({"topo", "--topologi", "x"}).talk,
            "holdfast: topo: unknown option --topologi; did you mean --topology?\n");
  EXPECT_EQ(holdfast({"topo", "--topologi", "x"}).status, 2);
}

TEST(Program, KeepsControlCharactersOffTheTerminal) {
  EXPECT_EQ(holdfast({"\033[31mx\n"}).talk,
            "holdfast: unknown verb ?[31mx?; `holdfast --help` lists what there is\n");
}

Result<ExitStatus> refuse_as_usage(const ParsedOptions&, Caller&) {
  return Failure{FailureKind::bad_input, "no", "", {}};
}

TEST(Program, TellsTheUsersMistakesFromItsOwnFailures) {
  EXPECT_EQ(status_of(FailureKind::bad_input), ExitStatus::usage);
  EXPECT_EQ(status_of(FailureKind::not_found), ExitStatus::usage);
  EXPECT_EQ(status_of(FailureKind::unreadable), ExitStatus::failed);
  EXPECT_EQ(status_of(FailureKind::denied), ExitStatus::failed);
}

TEST(Completion, OffersEveryOptionWithItsKind) {
  const auto said = holdfast({"help", "--bash-words", "topo"});
  EXPECT_THAT(said.out, HasSubstr("--topology file\n"));
  EXPECT_THAT(said.out, HasSubstr("--json switch\n"));
  EXPECT_THAT(said.out, HasSubstr("--help switch\n"));
  EXPECT_EQ(said.out.find("--sysroot"), std::string::npos) << "hidden options stay hidden";
  EXPECT_EQ(holdfast({"help", "--bash-words", "nonsense"}).out, "");
}

TEST(Completion, OffersTheWordsOfAChoice) {
  static constexpr OptionSpec rows[] = {
      {.name = "mode", .takes = Takes::choice, .argument = "full|local", .help = ""}};
  const Verb verb{.name = "x",
                  .summary = "",
                  .about = "",
                  .operands = {},
                  .options = rows,
                  .examples = "",
                  .run = refuse_as_usage};
  EXPECT_EQ(completion_words(verb), "--mode choice full local\n--help switch\n");
}

TEST(Synopsis, WrapsUnderItsFirstOption) {
  for (const Verb* verb : verbs()) {
    const std::string text = synopsis(*verb);
    for (const auto line : split(text, '\n'))
      EXPECT_LE(line.size(), 80U) << line;
  }
}

}  // namespace
}  // namespace holdfast::cli
