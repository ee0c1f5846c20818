// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/facts.hpp"

#include <gtest/gtest.h>

namespace holdfast::step {
namespace {

using affinity::Environment;

/// What stepd gave a task on the second of two nodes (recorded from Slurm 22.05), less what does
/// not matter here.
Environment srun_task() {
  return {{"SLURM_JOB_ID", "7"},
          {"SLURM_STEP_ID", "0"},
          {"SLURM_PROCID", "5"},
          {"SLURM_LOCALID", "1"},
          {"SLURM_NODEID", "1"},
          {"SLURM_STEP_NUM_TASKS", "7"},
          {"SLURM_STEP_NUM_NODES", "2"},
          {"SLURM_STEP_TASKS_PER_NODE", "4,3"},
          {"SLURM_STEP_NODELIST", "n[3-4]"},
          {"SLURM_NTASKS", "7"}};
}

TEST(Facts, AreReadFromSrunWithDifferentTaskCountsPerNode) {
  const auto facts = facts_of(srun_task(), std::nullopt);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->launcher, "srun");
  EXPECT_EQ(facts->rank.rank, GlobalRank(5));
  EXPECT_EQ(facts->rank.local_rank, LocalRank(1));
  EXPECT_EQ(facts->rank.local_size, 3U);
  EXPECT_EQ(facts->rank.world_size, 7U);
  EXPECT_EQ(facts->rank.node_rank, 1U);
  EXPECT_EQ(facts->rank.nodes, 2U);
  EXPECT_EQ(facts->rank.master_addr, "n3");
}

TEST(Facts, OfATorchrunWorkerWinOverThoseOfItsSrunTask) {
  Environment environment = srun_task();
  environment.insert({{"TORCHELASTIC_RUN_ID", "none"},
                      {"RANK", "9"},
                      {"WORLD_SIZE", "16"},
                      {"LOCAL_RANK", "1"},
                      {"LOCAL_WORLD_SIZE", "8"},
                      {"GROUP_RANK", "1"},
                      {"MASTER_ADDR", "10.0.0.1"},
                      {"MASTER_PORT", "29500"},
                      {"HOLDFAST_SET", "RANK,LOCAL_RANK,MASTER_ADDR,MASTER_PORT"}});
  const auto facts = facts_of(environment, std::nullopt);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->launcher, "torchrun");
  EXPECT_EQ(facts->rank.rank, GlobalRank(9));
  EXPECT_EQ(facts->rank.local_size, 8U);
  EXPECT_EQ(facts->rank.master_addr, "10.0.0.1");
  EXPECT_EQ(facts->rank.master_port, 29500);
}

TEST(Facts, OfMpirunWinOverTheBatchScriptsLeftovers) {
  const Environment environment{{"SLURM_PROCID", "0"},
                                {"SLURM_LOCALID", "0"},
                                {"OMPI_COMM_WORLD_RANK", "3"},
                                {"OMPI_COMM_WORLD_SIZE", "4"},
                                {"OMPI_COMM_WORLD_LOCAL_RANK", "3"},
                                {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}};
  const auto facts = facts_of(environment, std::nullopt);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->launcher, "mpirun");
  EXPECT_EQ(facts->rank.local_rank, LocalRank(3));
  EXPECT_EQ(facts->rank.local_size, 4U);
}

TEST(Facts, OfABatchScriptAreOneRankAlone) {
  const Environment environment{{"SLURM_JOB_ID", "7"},
                                {"SLURM_PROCID", "0"},
                                {"SLURM_LOCALID", "0"},
                                {"SLURM_TASKS_PER_NODE", "8"}};
  const auto facts = facts_of(environment, std::nullopt);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->launcher, "none");
  EXPECT_EQ(facts->rank.local_size, 1U);
}

TEST(Facts, TakeTheNumberOfWorkersFromWhoeverKnowsIt) {
  Environment environment = srun_task();
  environment["LOCAL_RANK"] = "6";
  const auto facts = facts_of(environment, 8);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->rank.local_rank, LocalRank(6));
  EXPECT_EQ(facts->rank.local_size, 8U);
}

TEST(Facts, ThatContradictThemselvesAreRefused) {
  Environment environment = srun_task();
  environment["SLURM_LOCALID"] = "3";
  const auto facts = facts_of(environment, std::nullopt);
  ASSERT_FALSE(facts);
  EXPECT_NE(facts.error().sentence().find("local rank 3 of 3"), std::string::npos);
}

TEST(TasksOnNode, FollowsSlurmsCompressedList) {
  EXPECT_EQ(tasks_on_node("8(x3),4", 0), 8U);
  EXPECT_EQ(tasks_on_node("8(x3),4", 2), 8U);
  EXPECT_EQ(tasks_on_node("8(x3),4", 3), 4U);
  EXPECT_EQ(tasks_on_node("8(x3),4", 4), std::nullopt);
  for (const char* text : {"", "8(x", "8(x)", "a", "8(xa)", "(x2)"})
    EXPECT_EQ(tasks_on_node(text, 0), std::nullopt) << text;
}

TEST(Rendezvous, IsWhereTheHostFileBeginsForArbitrarySteps) {
  Environment environment = srun_task();
  environment["SLURM_DISTRIBUTION"] = "arbitrary";
  EXPECT_EQ(rendezvous_of(environment).address, "") << "not known is not guessed";
  environment["SLURM_ARBITRARY_NODELIST"] = "n4,n3";
  EXPECT_EQ(rendezvous_of(environment).address, "n4");
}

TEST(Rendezvous, PrefersTheUserThenThePluginThenAComputedPort) {
  Environment environment = srun_task();
  const auto computed = rendezvous_of(environment);
  EXPECT_TRUE(computed.computed);
  EXPECT_GE(computed.port, 12000);
  EXPECT_LT(computed.port, 32000);
  environment["HOLDFAST_MASTER_PORT"] = "15000";
  EXPECT_EQ(rendezvous_of(environment).port, 15000);
  environment["MASTER_PORT"] = "16000";
  EXPECT_EQ(rendezvous_of(environment).port, 16000);
  environment["HOLDFAST_SET"] = "MASTER_PORT";
  EXPECT_EQ(rendezvous_of(environment).port, 15000);
}

TEST(Rendezvous, ComputesDifferentPortsForTwoStepsAndTheReservedOneWhereThereIs) {
  Environment environment = srun_task();
  const auto first = computed_port(environment);
  environment["SLURM_STEP_ID"] = "1";
  EXPECT_NE(computed_port(environment), first);
  environment["SLURM_STEP_RESV_PORTS"] = "20010-20017";
  EXPECT_EQ(computed_port(environment), 20010);
}

TEST(Facts, NodeRankFollowsTheOrderOfARunWhereASpareStandsInForALostNode) {
  const Environment environment{{"SLURM_PROCID", "2"},
                                {"SLURM_LOCALID", "0"},
                                {"SLURM_NODEID", "3"},
                                {"SLURM_STEP_ID", "4"},
                                {"SLURM_JOB_ID", "7"},
                                {"SLURM_STEP_NUM_TASKS", "8"},
                                {"SLURM_STEP_NUM_NODES", "4"},
                                {"SLURM_NTASKS", "8"},
                                {"SLURM_STEP_TASKS_PER_NODE", "2(x4)"},
                                {"SLURMD_NODENAME", "n5"},
                                {"HOLDFAST_NODE_ORDER", "n1,n5,n3,n4"}};
  const auto facts = facts_of(environment, std::nullopt);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->rank.node_rank, 1U);
  EXPECT_EQ(facts->rank.local_size, 2U);
}

}  // namespace
}  // namespace holdfast::step
