// SPDX-License-Identifier: Apache-2.0
#include "holdfast/spank/cpu_bind.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace holdfast::spank {
namespace {

using Options = std::vector<std::string>;

bool by_options(const Options& options) { return cpu_bind_is_users({}, options); }

TEST(CpuBind, OnTheCommandLineIsTheUsers) {
  EXPECT_TRUE(by_options({"srun", "-n4", "--cpu-bind=none"}));
  EXPECT_TRUE(by_options({"srun", "--cpu-bind", "verbose,map_cpu:0,1", "-n4"}));
  EXPECT_TRUE(by_options({"srun", "--cpu_bind=cores"}));
  EXPECT_TRUE(by_options({"srun", "--cpu-b=rank"}));
}

TEST(CpuBind, ThatOnlyAsksForTalkIsNoChoice) {
  EXPECT_FALSE(by_options({"srun", "--cpu-bind=verbose"}));
  EXPECT_FALSE(by_options({"srun", "--cpu-bind=q"}));
  EXPECT_FALSE(by_options({"srun", "--cpu-bind"}));
}

TEST(CpuBind, IsNotMistakenForItsNeighbours) {
  EXPECT_FALSE(by_options({"srun", "--cpus-per-task=4", "--cpu-freq=high"}));
}

TEST(CpuBind, GivenTwiceCountsAsGivenLast) {
  EXPECT_FALSE(by_options({"srun", "--cpu-bind=none", "--cpu-bind=quiet"}));
  EXPECT_TRUE(by_options({"srun", "--cpu-bind=quiet", "--cpu-bind=none"}));
}

TEST(CpuBind, InTheEnvironmentIsTheUsersUnlessAnOuterStepLeftIt) {
  EXPECT_TRUE(cpu_bind_is_users({"none", false}, {}));
  EXPECT_FALSE(cpu_bind_is_users({"quiet", false}, {}));
  EXPECT_FALSE(cpu_bind_is_users({"quiet,mask_cpu:0x1", true}, {}));
  EXPECT_TRUE(cpu_bind_is_users({"quiet,mask_cpu:0x1", true}, Options{"srun", "--cpu-bind=none"}));
}

}  // namespace
}  // namespace holdfast::spank
