// SPDX-License-Identifier: Apache-2.0
// `holdfast ckpt` in this process: its sub-verbs, how it tells misuse, its tables and its manual
// page.
#include "cli/ckpt/deep.hpp"
#include "cli/ckpt/look.hpp"
#include "cli/ckpt/progress.hpp"
#include "cli/ckpt/shell.hpp"
#include "cli/ckpt/subverbs.hpp"
#include "cli/ckpt/words.hpp"
#include "cli/conversation.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using ::testing::HasSubstr;
using testing::holdfast;
using ::testing::UnorderedElementsAreArray;

TEST(Ckpt, WithoutAWordSaysWhatThereIs) {
  const auto told = holdfast({"ckpt"});
  EXPECT_EQ(told.status, 2);
  EXPECT_THAT(told.talk, HasSubstr("list, latest, verify, explain, watch, quarantine"));
}

TEST(Ckpt, GuessesAMisspeltWord) {
  const auto told = holdfast({"ckpt", "lits", "/x"});
  EXPECT_EQ(told.status, 2);
  EXPECT_EQ(told.talk, "holdfast: ckpt: there is no \"lits\"; did you mean list?\n");
}

TEST(Ckpt, GuessesAMisspeltOptionOfASubverb) {
  const auto told = holdfast({"ckpt", "verify", "--dep", "/x"});
  EXPECT_EQ(told.status, 2);
  EXPECT_THAT(told.talk, HasSubstr("ckpt verify: unknown option --dep; did you mean --deep?"));
}

TEST(Ckpt, ShowsTheHelpOfEverySubverb) {
  for (const Verb* verb : ckpt_verbs()) {
    const auto word = std::string(verb->name.substr(verb->name.find(' ') + 1));
    const auto told = holdfast({"ckpt", word, "--help"});
    EXPECT_EQ(told.status, 0);
    EXPECT_THAT(told.out, HasSubstr(cat("Usage: holdfast ckpt ", word)));
    for (const std::string_view line : split(told.out, '\n'))
      EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(Ckpt, NeedsADirectory) {
  for (const Verb* verb : ckpt_verbs()) {
    const auto word = std::string(verb->name.substr(verb->name.find(' ') + 1));
    const auto told = holdfast({"ckpt", word});
    EXPECT_EQ(told.status, 2) << word;
    EXPECT_THAT(told.talk, HasSubstr("is missing")) << word;
  }
}

TEST(Ckpt, RefusesAFormatThereIsNot) {
  const auto told = holdfast({"ckpt", "list", "--ckpt-format", "megatrom", "/x"});
  EXPECT_EQ(told.status, 2);
  EXPECT_THAT(told.talk, HasSubstr("did you mean megatron?"));
}

TEST(Ckpt, OfADirectoryThatIsNotThereStartsAnew) {
  const auto told = holdfast({"ckpt", "list", "/nowhere/at/all"});
  EXPECT_EQ(told.status, 1);
  EXPECT_EQ(told.talk,
            "holdfast: start from the beginning: the checkpoint directory /nowhere/at/all is not "
            "there yet\n");
}

TEST(Ckpt, OfAFileInThePlaceOfADirectoryIsWrongUsage) {
  for (const char* word : {"list", "latest", "quarantine"}) {
    const auto told = holdfast({"ckpt", word, "/etc/passwd"});
    EXPECT_EQ(told.status, 2) << word;
    EXPECT_EQ(
        told.talk,
        cat("holdfast: ckpt ",
            word,
            ": /etc/passwd is no directory; name the directory that holds the checkpoints\n"));
  }
}

TEST(Ckpt, RefusesNoneWhereOneIsTheLeast) {
  const std::vector<std::vector<std::string>> lines{
      {"latest", "--candidates", "0", "/x"},
      {"verify", "--jobs", "0", "/etc/passwd"},
      {"watch", "--count", "0", "--timeout", "1ms", "/x"}};
  for (std::vector<std::string> line : lines) {
    line.insert(line.begin(), "ckpt");
    const auto told = holdfast(line);
    EXPECT_EQ(told.status, 2) << line[1];
    EXPECT_THAT(told.talk, HasSubstr(cat(line[2], " 0 means nothing; say 1 or more"))) << line[1];
  }
}

/// A directory that lets nobody in.
class ClosedDisk : public checkpoint::Disk {
 public:
  Result<checkpoint::Listing> list(const std::string&, std::size_t) const override {
    return refused();
  }
  Result<checkpoint::FileStatus> status(const std::string&) const override { return refused(); }
  Result<std::unique_ptr<checkpoint::File>> open(const std::string&) const override {
    return refused();
  }
  Result<std::string> read_link(const std::string&) const override { return refused(); }

 private:
  static Failure refused() { return {FailureKind::denied, "cannot be listed", "", {}}; }
};

TEST(Ckpt, NamesTheDirectoryThatCannotBeListed) {
  Look look;
  look.root = "/root/ckpt";
  look.disk = std::make_unique<ClosedDisk>();
  const auto all = read_catalogue(look);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().sentence(), "/root/ckpt: cannot be listed");
  const auto one = read_checkpoint({std::move(look), "step-7"});
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().sentence(), "/root/ckpt: cannot be listed");
}

TEST(CkptLatest, TakesAwayWhatAnEarlierAttemptWasToldWhenItStartsAnew) {
  const auto told = holdfast({"ckpt", "latest", "--print", "env", "/nowhere/at/all"});
  EXPECT_EQ(told.status, 1);
  EXPECT_THAT(told.out, HasSubstr("unset HOLDFAST_RESUME_FROM"));
}

/// The options a section of the manual tells: lines that begin with `lead`.
std::vector<std::string> told_in(std::string_view section, std::string_view lead) {
  std::ifstream in(cat(HOLDFAST_SOURCE_DIR, "/launcher/man/holdfast-ckpt.1.scd"));
  std::vector<std::string> told;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# ")) inside = line.substr(2) == section;
    if (!inside || !line.starts_with(lead)) continue;
    line = line.substr(lead.size() - 2, line.find(':') - lead.size() + 2);
    std::erase_if(line, [](char letter) { return letter == '*' || letter == '_'; });
    told.push_back(line);
  }
  return told;
}

std::string upper(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

std::string shown(const OptionSpec& option) {
  return option.takes == Takes::nothing ? cat("--", option.name)
                                        : cat("--", option.name, ' ', option.argument);
}

TEST(CkptManual, HasExactlyTheOptionsOfEachSubverb) {
  std::vector<std::string> shared;
  for (const OptionSpec& option : look_options)
    shared.push_back(shown(option));
  EXPECT_THAT(told_in("OPTIONS", "- *--"), UnorderedElementsAreArray(shared));
  for (const Verb* verb : ckpt_verbs()) {
    std::vector<std::string> own;
    for (const OptionSpec& option : verb->options)
      if (std::ranges::find(shared, shown(option)) == shared.end()) own.push_back(shown(option));
    EXPECT_THAT(told_in(upper(verb->name.substr(5)), "*--"), UnorderedElementsAreArray(own))
        << verb->name;
  }
}

TEST(ShellWords, ComeBackFromAShellAsTheyWere) {
  EXPECT_EQ(shell_word("/a/b-1.pt"), "/a/b-1.pt");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("it's $HOME"), R"('it'\''s $HOME')");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(ShownBytes, AreRoundedToWhatAPersonReads) {
  EXPECT_EQ(shown_bytes(512), "512 B");
  EXPECT_EQ(shown_bytes(1536), "1.5 KiB");
  EXPECT_EQ(shown_bytes(std::uint64_t{3} << 40U), "3.0 TiB");
}

TEST(ShownAge, HasOneUnit) {
  EXPECT_EQ(shown_age(std::chrono::seconds(12)), "12s");
  EXPECT_EQ(shown_age(std::chrono::minutes(300)), "5h");
  EXPECT_EQ(shown_age(-std::chrono::seconds(5)), "future");
}

TEST(Rate, IsReadWithItsUnit) {
  EXPECT_EQ(*parse_rate("200M"), 200U << 20U);
  EXPECT_EQ(*parse_rate("1000"), 1000U);
  for (const char* wrong : {"", "M", "fast", "-1", "0", "1.5G"})
    EXPECT_FALSE(parse_rate(wrong)) << wrong;
}

TEST(ProgressBar, FitsItsColumnsAndTellsTheRate) {
  const DeepState state{
      .bytes_done = 512U << 20U, .bytes_all = 1024U << 20U, .files_done = 1, .files_all = 2};
  const std::string bar = progress_bar(state, std::chrono::seconds(2), 80);
  EXPECT_LE(bar.size(), 80U);
  EXPECT_THAT(bar, HasSubstr("50%  512.0 MiB of 1.0 GiB  256.0 MiB/s  2s left"));
  EXPECT_LE(progress_bar(state, std::chrono::seconds(2), 20).size(), 20U);
}

}  // namespace
}  // namespace holdfast::cli
