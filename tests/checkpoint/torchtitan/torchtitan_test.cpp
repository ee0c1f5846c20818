// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(Torchtitan, OfWeightsAloneSaysSo) {
  World world;
  DcpStyle style;
  style.tensors = {"model.weight", "model.bias"};
  world.make_directory("step-100");
  save_dcp_into(world, "step-100", 1, style);
  const Judgement judgement = look(world, "step-100").judgement;
  EXPECT_EQ(judgement.verdict, Verdict::good);
  EXPECT_TRUE(judgement.flags.contains(Flag::model_only));
}

TEST(Torchtitan, MayBeInTheFormOfHuggingFace) {
  World world;
  const std::string path = save_safetensors(world, 7);
  world.make_directory("step-7");
  for (const std::string& file : world.files_under(path))
    world.write("step-7" + file.substr(path.size()), world.bytes(file));
  const Listed listed = look(world, "step-7");
  EXPECT_EQ(listed.checkpoint.format, "torchtitan");
  EXPECT_EQ(listed.judgement.verdict, Verdict::good) << listed.judgement.why;
}

TEST(Torchtitan, TakesNoNameThatOnlyContainsAStep) {
  World world;
  world.make_directory("step-5");
  save_dcp_into(world, "step-5", 1, {});
  world.make_directory("bad-step-500");
  save_dcp_into(world, "bad-step-500", 1, {});
  const auto catalogue = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  ASSERT_EQ(catalogue->newest_first.size(), 1U);
  EXPECT_EQ(catalogue->newest_first.front().checkpoint.path, "step-5");
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
