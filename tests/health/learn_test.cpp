// SPDX-License-Identifier: Apache-2.0
// Which class a node has, and what is learned from a healthy one.
#include "holdfast/health/learn.hpp"

#include "fault.hpp"

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

NodeClass of_model(std::string_view model) {
  NodeClass node;
  node.name = "by_model";
  node.gpu_model = model;
  return node;
}

TEST(ClassOfANode, IsToldByTheGpusThatAnswerWhenOneIsLost) {
  const std::vector<NodeClass> classes{of_model("NVIDIA H100")};
  Node node;
  node.facts.gpus->front().answer = GpuAnswer::lost;
  node.facts.gpus->front().model = Fact<std::string>::unseen("the GPU is lost");
  EXPECT_EQ(class_of(classes, "n17", {}, node.facts).name, "by_model");
  for (GpuFacts& gpu : *node.facts.gpus)
    gpu.model = Fact<std::string>::unseen("the GPU is lost");
  EXPECT_EQ(class_of(classes, "n17", {}, node.facts).name, "");
}

}  // namespace
}  // namespace holdfast::health
