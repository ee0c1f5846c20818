// SPDX-License-Identifier: Apache-2.0
#include "holdfast/attempt/srun_line.hpp"

#include "holdfast/common/text.hpp"

#include <gtest/gtest.h>

namespace holdfast::attempt {
namespace {

using Words = std::vector<std::string>;

Words words(std::string_view text) {
  Words found;
  for (const std::string_view word : split(text, ' '))
    found.emplace_back(word);
  return found;
}

SrunLine line_of(std::string_view text) {
  auto line = read_srun_line(words(text));
  EXPECT_TRUE(line) << line.error().sentence();
  return line ? *line : SrunLine{};
}

struct ProgramCase {
  const char* line;
  const char* program;
};

class Program : public testing::TestWithParam<ProgramCase> {};

TEST_P(Program, BeginsAfterSrunsOptions) {
  EXPECT_EQ(line_of(GetParam().line).program, words(GetParam().program));
}

INSTANTIATE_TEST_SUITE_P(Lines,
                         Program,
                         testing::Values(ProgramCase{"srun train", "train"},
                                         ProgramCase{"srun -n 4 train -n 5", "train -n 5"},
                                         ProgramCase{"srun -n4 train", "train"},
                                         ProgramCase{"srun -ln 4 train", "train"},
                                         ProgramCase{"srun -lun4 train --x", "train --x"},
                                         ProgramCase{"srun --ntasks 4 train", "train"},
                                         ProgramCase{"srun --ntasks=4 train", "train"},
                                         ProgramCase{"srun --ntasks-per-n 4 train", "train"},
                                         ProgramCase{"srun --label --mpi pmix a b", "a b"},
                                         ProgramCase{"srun -K train", "train"},
                                         ProgramCase{"srun -K1 --exclusive train", "train"},
                                         ProgramCase{"srun -n2 -- -odd", "-odd"},
                                         ProgramCase{"/opt/slurm/bin/srun -N1 x", "x"},
                                         ProgramCase{"srun --unheard=3 x", "x"}));

TEST(SrunLine, TellsHowManyRanksAndNodesAreWanted) {
  const SrunLine line =
      line_of("srun -N 4-8 --ntasks-per-node=8 -n 32 -m cyclic:block -x n[1-2] train");
  EXPECT_EQ(line.nodes, 4U);
  EXPECT_EQ(line.ranks, 32U);
  EXPECT_EQ(line.ranks_per_node, 8U);
  EXPECT_EQ(line.dealing, Dealing::cyclic);
  EXPECT_EQ(line.excluded, (Words{"n1", "n2"}));
}

TEST(SrunLine, KeepsEveryWordOfTheUser) {
  const SrunLine line = line_of("srun -ln4 --gres gpu:8 -- python train.py --lr 1");
  EXPECT_EQ(line.options, words("-ln4 --gres gpu:8"));
  EXPECT_EQ(line.program, words("python train.py --lr 1"));
}

class Refusal : public testing::TestWithParam<ProgramCase> {};

TEST_P(Refusal, NamesTheOption) {
  const auto line = read_srun_line(words(GetParam().line));
  ASSERT_FALSE(line);
  EXPECT_NE(line.error().sentence().find(GetParam().program), std::string::npos)
      << line.error().sentence();
}

INSTANTIATE_TEST_SUITE_P(
    Lines,
    Refusal,
    testing::Values(ProgramCase{"srun -w n1 train", "-w "},
                    ProgramCase{"srun --nodelist=n1 train", "-w "},
                    ProgramCase{"srun -r 1 train", "-r "},
                    ProgramCase{"srun --het-group=0,1 train", "srun's --het-group makes"},
                    ProgramCase{"srun -m plane=4 train", "-m plane=4"},
                    ProgramCase{"srun -m arbitrary train", "-m arbitrary"},
                    ProgramCase{"srun --export=NONE train", "--export=NONE"},
                    ProgramCase{"srun --pty bash", "srun's --pty gives"},
                    ProgramCase{"srun --jobid=7 train", "srun's --jobid names"},
                    ProgramCase{"srun -n x train", "'x'"},
                    ProgramCase{"srun -n 0 train", "'0'"},
                    ProgramCase{"srun -n 4", "no program"},
                    ProgramCase{"srun -n", "wants a number"},
                    ProgramCase{"srun train : serve", "':'"},
                    ProgramCase{"srun -n2 -- train : -n1 serve", "':'"},
                    ProgramCase{"mpirun -n 4 x", "'mpirun' is not srun"}));

TEST(SrunLine, RefusesAnEmptyCommand) { EXPECT_FALSE(read_srun_line({})); }

TEST(SrunLine, SaysWhatNoKillMakesVoid) {
  EXPECT_EQ(line_of("srun -K1 train").notes.size(), 1U);
  EXPECT_EQ(line_of("srun -n1 train").notes.size(), 0U);
}

TEST(SrunLine, SaysThatExclusiveIsLeftOut) {
  const SrunLine line = line_of("srun --exclusive -N2 train");
  ASSERT_EQ(line.notes.size(), 1U);
  EXPECT_NE(line.notes.front().find("--exclusive is left out"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::attempt
