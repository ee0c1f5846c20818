// SPDX-License-Identifier: Apache-2.0
#include "holdfast/attempt/launch.hpp"

#include "holdfast/common/text.hpp"

#include <map>

#include <gtest/gtest.h>

namespace holdfast::attempt {
namespace {

using Words = std::vector<std::string>;

SrunLine line_of(std::string_view text) {
  Words words;
  for (const std::string_view word : split(text, ' '))
    words.emplace_back(word);
  return read_srun_line(words).value();
}

const RankMap four = deal(Words{"n1", "n3"}, 4, Dealing::block);

LaunchWish wish() {
  LaunchWish wish;
  wish.number = 2;
  wish.state = "/s";
  wish.host_file = "/s/attempts/2/hosts";
  wish.allocation = {"n1", "n2", "n3"};
  return wish;
}

std::map<std::string, std::string> set_by(const Launch& launch) {
  return {launch.set.begin(), launch.set.end()};
}

TEST(Launch, PutsItsOwnWordsRightBehindSrunAndKeepsTheUsers) {
  const Launch launch = launch_of(line_of("srun -n4 --gres=gpu:2 train --x 1"), four, wish());
  EXPECT_EQ(join(launch.words, " "),
            "srun --overlap --no-kill -N 2 -n 4 -m arbitrary -n4 --gres=gpu:2 train --x 1");
}

TEST(Launch, LeavesExclusiveOutWhichSrunRefusesBesideOverlap) {
  for (const char* line : {"srun --exclusive -l train", "srun --exclusive=user -l train"})
    EXPECT_EQ(join(launch_of(line_of(line), four, wish()).words, " "),
              "srun --overlap --no-kill -N 2 -n 4 -m arbitrary -l train");
}

TEST(Launch, TellsTheRanksWhereTheyAre) {
  auto set = set_by(launch_of(line_of("srun train"), four, wish()));
  EXPECT_EQ(set["HOLDFAST_ATTEMPT"], "2");
  EXPECT_EQ(set["SLURM_HOSTFILE"], "/s/attempts/2/hosts");
  EXPECT_EQ(set["HOLDFAST_NODE_ORDER"], "n1,n3");
  EXPECT_EQ(set["MASTER_ADDR"], "n1");
}

TEST(Launch, ReplacesAMasterOfTheAllocationAndLeavesAForeignOne) {
  LaunchWish of_node = wish();
  of_node.given_master = "n2";
  EXPECT_EQ(set_by(launch_of(line_of("srun train"), four, of_node))["MASTER_ADDR"], "n1");
  LaunchWish foreign = wish();
  foreign.given_master = "10.0.0.7";
  EXPECT_EQ(set_by(launch_of(line_of("srun train"), four, foreign)).count("MASTER_ADDR"), 0U);
}

TEST(Launch, HandsTheCheckpointOverByEnvironmentAndArguments) {
  LaunchWish resuming = wish();
  resuming.resume = {{"HOLDFAST_RESUME_FROM", "/c/7"}};
  resuming.resume_arguments = {"--load", "/c/7"};
  const Launch launch = launch_of(line_of("srun train a"), four, resuming);
  EXPECT_EQ(set_by(launch)["HOLDFAST_RESUME_FROM"], "/c/7");
  EXPECT_TRUE(join(launch.words, " ").ends_with("train a --load /c/7"));
}

TEST(Launch, OfASmallerSizeLeavesTheUsersCountsOut) {
  LaunchWish smaller = wish();
  smaller.full_size = false;
  const Launch launch = launch_of(line_of("srun -lN3 --ntasks 6 -m block train"), four, smaller);
  EXPECT_EQ(join(launch.words, " "),
            "srun --overlap --no-kill -N 2 -n 4 -m arbitrary --label train");
}

TEST(Launch, DealsItselfWhateverMWasGiven) {
  const Launch launch = launch_of(line_of("srun -m cyclic -n4 train"), four, wish());
  EXPECT_EQ(join(launch.words, " "), "srun --overlap --no-kill -N 2 -n 4 -m arbitrary -n4 train");
}

TEST(Launch, AddsItsVariablesToAnExportList) {
  const Launch launch = launch_of(line_of("srun --export=PATH,FOO=1 train"), four, wish());
  EXPECT_EQ(
      join(launch.words, " "),
      "srun --overlap --no-kill -N 2 -n 4 -m arbitrary "
      "--export=PATH,FOO=1,HOLDFAST_ATTEMPT,HOLDFAST_STATE,HOLDFAST_NODE_ORDER,MASTER_ADDR train");
  const Launch all = launch_of(line_of("srun --export=ALL,FOO=1 train"), four, wish());
  EXPECT_NE(join(all.words, " ").find("--export=ALL,FOO=1 train"), std::string::npos);
}

TEST(Launch, PlacesRanksByExecWhereThereIsNoPlugin) {
  LaunchWish placed = wish();
  placed.exec = "/opt/holdfast";
  EXPECT_TRUE(join(launch_of(line_of("srun train"), four, placed).words, " ")
                  .ends_with("/opt/holdfast exec -- train"));
  EXPECT_TRUE(join(launch_of(line_of("srun --container-image=x train"), four, placed).words, " ")
                  .ends_with("x train"));
  EXPECT_TRUE(join(launch_of(line_of("srun --multi-prog file"), four, placed).words, " ")
                  .ends_with("--multi-prog file"));
}

TEST(Launch, AsksAPluginThatBindsOnlyWhoAsks) {
  LaunchWish by_plugin = wish();
  EXPECT_EQ(set_by(launch_of(line_of("srun train"), four, by_plugin)).count("HOLDFAST_BIND"), 0U);
  by_plugin.ask_plugin = true;
  const Launch launch = launch_of(line_of("srun --export=FOO train"), four, by_plugin);
  EXPECT_EQ(set_by(launch)["HOLDFAST_BIND"], "full");
  EXPECT_NE(join(launch.words, " ").find(",HOLDFAST_BIND"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::attempt
