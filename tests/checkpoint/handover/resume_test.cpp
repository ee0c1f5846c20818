// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/resume.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::checkpoint {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Resumption from(std::string path, std::optional<std::uint64_t> step) {
  Checkpoint checkpoint;
  checkpoint.path = std::move(path);
  checkpoint.format = "megatron";
  checkpoint.step = step;
  return resumption("/scratch/run 7/", checkpoint);
}

TEST(Resume, TellsTheProgramByItsEnvironment) {
  const auto variables = resume_variables(from("iter_0000012", 12));
  EXPECT_THAT(variables, Contains(Pair("HOLDFAST_RESUME_FROM", "/scratch/run 7/iter_0000012")));
  EXPECT_THAT(variables, Contains(Pair("HOLDFAST_RESUME_STEP", "12")));
  EXPECT_THAT(variables, Contains(Pair("HOLDFAST_RESUME_FORMAT", "megatron")));
}

TEST(Resume, TellsNoStepWhereThereIsNone) {
  for (const auto& [name, value] : resume_variables(from("last", std::nullopt)))
    EXPECT_NE(name, "HOLDFAST_RESUME_STEP");
}

TEST(Resume, TellsScrInScrsOwnWords) {
  Checkpoint checkpoint;
  checkpoint.path = ".scr/scr.dataset.7";
  checkpoint.tag = "ckpt.7";
  checkpoint.format = "scr";
  EXPECT_THAT(resume_variables(resumption("/p", checkpoint)),
              Contains(Pair("SCR_CURRENT", "ckpt.7")));
}

TEST(ResumeArguments, PutPathsWithBlanksIntoOneWord) {
  const auto words = resume_arguments("--load {dir} --ckpt-step {step}", from("iter_0000012", 12));
  ASSERT_TRUE(words);
  EXPECT_THAT(*words, ElementsAre("--load", "/scratch/run 7", "--ckpt-step", "12"));
}

TEST(ResumeArguments, DoNotReadANameAgain) {
  const auto words = resume_arguments("--from={name}", from("x{step}' --evil", 12));
  ASSERT_TRUE(words);
  EXPECT_THAT(*words, ElementsAre("--from=x{step}' --evil"));
}

TEST(ResumeArguments, AreQuotedAsInAShell) {
  const auto words = resume_arguments(R"(a 'b {step}' "c \" d" e\ f '' {{x}})", from("x", 3));
  ASSERT_TRUE(words);
  EXPECT_THAT(*words, ElementsAre("a", "b 3", "c \" d", "e f", "", "{x}"));
}

TEST(ResumeArguments, WithAnOpenQuoteAreRefused) {
  EXPECT_FALSE(resume_arguments("--load '{path}", from("x", 3)));
  EXPECT_FALSE(resume_arguments("--load {path}\\", from("x", 3)));
}

TEST(ResumeArguments, AskingForWhatThereIsNotAreRefusedByName) {
  const auto misspelt = resume_arguments("--load {pth}", from("x", 3));
  ASSERT_FALSE(misspelt);
  EXPECT_THAT(misspelt.error().sentence(), HasSubstr("did you mean {path}?"));
  const auto stepless = resume_arguments("--step {step}", from("x", std::nullopt));
  ASSERT_FALSE(stepless);
  EXPECT_THAT(stepless.error().sentence(), HasSubstr("does not tell its step"));
}

TEST(Template, IsReadBeforeAnyCheckpointIsThere) {
  EXPECT_THAT(*read_template("--load '{dir} x' --step {step}"),
              ElementsAre("--load", "{dir} x", "--step", "{step}"));
  EXPECT_TRUE(read_template("")->empty());
  const auto misspelt = read_template("--load {pathh}");
  ASSERT_FALSE(misspelt);
  EXPECT_THAT(misspelt.error().sentence(), HasSubstr("did you mean {path}?"));
  EXPECT_FALSE(read_template("--load '{path}"));
}

TEST(ResumeArguments, ThatAreUsualCanBeFilledIn) {
  for (const char* format : {"megatron",
                             "hf-trainer",
                             "lightning",
                             "torchtitan",
                             "composer",
                             "nemo",
                             "gromacs",
                             "lammps"})
    EXPECT_TRUE(resume_arguments(usual_arguments(format), from("x", 3))) << format;
}

}  // namespace
}  // namespace holdfast::checkpoint
