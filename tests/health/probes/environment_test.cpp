// SPDX-License-Identifier: Apache-2.0
#include "fake_root.hpp"

#include <map>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;
using Environment = std::map<std::string, std::string>;

Facts look(const FakeRoot& root, const Environment& environment) {
  Facts facts;
  look_at_environment(
      root.tree(),
      [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
      },
      facts);
  return facts;
}

TEST(LookAtEnvironment, KeepsWhatShapesGpuProgramsAndNoMore) {
  FakeRoot root;
  root.file("sys/class/net/bond0/operstate", "up")
      .file("sys/class/net/eth1/operstate", "down")
      .file("sys/class/net/lo/operstate", "unknown");
  const Facts facts = look(root,
                           {{"SLURM_JOB_ID", "7"},
                            {"CUDA_LAUNCH_BLOCKING", "1"},
                            {"AWS_SECRET_ACCESS_KEY", "of no concern"}});
  EXPECT_EQ(*facts.system.environment, (Environment{{"CUDA_LAUNCH_BLOCKING", "1"}}));
  EXPECT_EQ(*facts.system.interfaces_up, (std::vector<std::string>{"bond0", "lo"}));
}

TEST(LookAtEnvironment, AsksNobodyOutsideAJob) {
  const FakeRoot root;
  const Facts facts = look(root, {{"CUDA_LAUNCH_BLOCKING", "1"}});
  EXPECT_EQ(facts.system.environment.gap(), Gap::lacking);
}

}  // namespace
}  // namespace holdfast::health
