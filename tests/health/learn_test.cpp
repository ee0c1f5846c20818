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

TEST(LearnedFromAHealthyNode, MigIsOnlyWhatAllGpusHave) {
  Node node;
  EXPECT_EQ(learn_class(node.facts, "x").mig, false);
  node.gpu().mig_on = true;
  EXPECT_EQ(learn_class(node.facts, "x").mig, std::nullopt);
  EXPECT_EQ(to_toml(learn_class(node.facts, "x")).find("mig"), std::string::npos);
  for (GpuFacts& gpu : *node.facts.gpus)
    gpu.mig_on = true;
  EXPECT_EQ(learn_class(node.facts, "x").mig, true);
  for (GpuFacts& gpu : *node.facts.gpus)
    gpu.mig_on = Fact<bool>::lacking("not supported");
  EXPECT_EQ(learn_class(node.facts, "x").mig, std::nullopt);
}

TEST(LearnedFromAHealthyNode, InterfacesAreThoseWithHardware) {
  Node node;
  NetFacts bridge;
  bridge.name = "docker0";
  bridge.software = true;
  bridge.state = std::string("up");
  node.facts.nets->push_back(bridge);
  EXPECT_EQ(learn_class(node.facts, "x").nets, std::vector<std::string>{"eth0"});
}

}  // namespace
}  // namespace holdfast::health
