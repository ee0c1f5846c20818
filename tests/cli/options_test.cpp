// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <array>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::array specs{
    OptionSpec{.name = "topology", .takes = Takes::file, .argument = "FILE", .help = ""},
    OptionSpec{.name = "mode", .takes = Takes::choice, .argument = "full|local", .help = ""},
    OptionSpec{.name = "ranks", .takes = Takes::number, .argument = "R", .help = ""},
    OptionSpec{
        .name = "without", .takes = Takes::text, .argument = "NIC", .help = "", .repeatable = true},
    OptionSpec{.name = "strict-ids", .takes = Takes::nothing, .argument = "", .help = ""},
    OptionSpec{
        .name = "secret", .takes = Takes::nothing, .argument = "", .help = "", .hidden = true},
};
constexpr OperandRule two_files{.shown = "[A B]", .at_most = 2, .is_command = false};
constexpr OperandRule command{.shown = "COMMAND", .at_most = 0, .is_command = true};

Result<ParsedOptions> parse(const std::vector<std::string>& words,
                            const OperandRule& rule = two_files) {
  return parse_options(specs, rule, words);
}

std::string misuse_of(const std::vector<std::string>& words, const OperandRule& rule = two_files) {
  const auto parsed = parse(words, rule);
  return parsed ? "understood" : parsed.error().sentence();
}

TEST(Options, ReadsAValueAfterABlankAndAfterAnEqualsSign) {
  EXPECT_EQ(parse({"--topology", "a.xml"})->value("topology"), "a.xml");
  EXPECT_EQ(parse({"--topology=a=b.xml"})->value("topology"), "a=b.xml");
  EXPECT_EQ(parse({"--topology", ""})->value("topology"), "");
}

TEST(Options, KnowWhatWasNotSaid) {
  const auto parsed = parse({});
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->has("strict-ids"));
  EXPECT_FALSE(parsed->value("topology"));
  EXPECT_THAT(parsed->values("without"), IsEmpty());
}

TEST(Options, KeepEveryValueOfARepeatableOption) {
  EXPECT_THAT(parse({"--without", "a", "--without=b"})->values("without"), ElementsAre("a", "b"));
}

TEST(Options, TakeOperandsBetweenOptionsAndAfterTwoDashes) {
  const auto parsed = parse({"a.xml", "--strict-ids", "--", "--b.xml"});
  ASSERT_TRUE(parsed) << parsed.error().sentence();
  EXPECT_TRUE(parsed->has("strict-ids"));
  EXPECT_THAT(parsed->operands(), ElementsAre("a.xml", "--b.xml"));
}

TEST(Options, LeaveACommandItsOwnOptions) {
  const auto plain = parse({"--ranks", "8", "python", "train.py", "--mode", "odd"}, command);
  ASSERT_TRUE(plain) << plain.error().sentence();
  EXPECT_EQ(plain->number("ranks"), 8U);
  EXPECT_THAT(plain->operands(), ElementsAre("python", "train.py", "--mode", "odd"));
  const auto dashed = parse({"--strict-ids", "--", "--odd", "--", "x"}, command);
  ASSERT_TRUE(dashed) << dashed.error().sentence();
  EXPECT_THAT(dashed->operands(), ElementsAre("--odd", "--", "x"));
}

TEST(Options, NameTheNearestForAMistypedOne) {
  EXPECT_EQ(misuse_of({"--topologi"}), "unknown option --topologi; did you mean --topology?");
  EXPECT_EQ(misuse_of({"--topologi=x"}), "unknown option --topologi; did you mean --topology?");
  EXPECT_EQ(misuse_of({"--strict_ids", "a"}),
            "unknown option --strict_ids; did you mean --strict-ids?");
  EXPECT_EQ(misuse_of({"--hepl"}), "unknown option --hepl; did you mean --help?");
}

TEST(Options, DoNotGuessFromABeginningAndDoNotBetrayHiddenOnes) {
  EXPECT_EQ(misuse_of({"--topo", "x"}), "unknown option --topo; did you mean --topology?");
  EXPECT_EQ(misuse_of({"--secre"}), "unknown option --secre");
}

TEST(Options, RefuseShortOptionsByName) {
  EXPECT_EQ(misuse_of({"-x"}), "unknown option -x");
  EXPECT_EQ(misuse_of({"-topology", "x"}).substr(0, 14), "unknown option");
}

TEST(Options, SayWhichValueIsMissing) {
  EXPECT_EQ(misuse_of({"--topology"}), "--topology needs a value; write --topology FILE");
  EXPECT_EQ(misuse_of({"--topology="}), "--topology needs a value; write --topology FILE");
  EXPECT_EQ(misuse_of({"--topology", "--strict-ids"}),
            "--topology needs a value; write --topology FILE");
  EXPECT_EQ(misuse_of({"--ranks"}, command), "--ranks needs a value; write --ranks R");
}

TEST(Options, RefuseAValueForASwitch) {
  EXPECT_EQ(misuse_of({"--strict-ids=yes"}), "--strict-ids takes no value");
}

TEST(Options, RefuseToBeSaidTwice) {
  EXPECT_EQ(misuse_of({"--mode=full", "--mode=local"}), "--mode is given twice; say it once");
}

TEST(Options, CheckNumbersAndChoices) {
  EXPECT_EQ(misuse_of({"--ranks", "eight"}), "--ranks takes a whole number, not \"eight\"");
  EXPECT_EQ(misuse_of({"--ranks=-1"}), "--ranks takes a whole number, not \"-1\"");
  EXPECT_EQ(misuse_of({"--ranks=99999999999"}),
            "--ranks takes a whole number, not \"99999999999\"");
  EXPECT_EQ(misuse_of({"--mode", "ful"}),
            "--mode takes full or local, not \"ful\"; did you mean full?");
}

TEST(Options, NameTheWordThatIsTooMuch) {
  EXPECT_THAT(misuse_of({"a", "b", "c"}), HasSubstr("\"c\" is one word too many"));
}

TEST(Options, ThrowWhenAVerbAsksForAnOptionItDoesNotHave) {
  const auto parsed = parse({});
  EXPECT_THROW((void)parsed->has("topologi"), std::logic_error);
}

}  // namespace
}  // namespace holdfast::cli
