// SPDX-License-Identifier: Apache-2.0
// `holdfast plan` as people, other tools and the plugin meet it.
#include "conversation.hpp"
#include "holdfast/affinity/handover.hpp"
#include "holdfast/affinity/read.hpp"
#include "support/machines.hpp"
#include "support/temporary_directory.hpp"

#include <fstream>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using affinity::Environment;
using testing::Conversation;
using ::testing::HasSubstr;
using ::testing::Not;

/// A recorded machine as a file, gone at the end of the test.
class RecordedFile {
 public:
  explicit RecordedFile(std::string_view machine) {
    std::ofstream(path_) << ::holdfast::testing::machine_xml(machine);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  ::holdfast::testing::TemporaryDirectory directory_{"plan"};
  std::string path_ = directory_.path() / "machine.xml";
};

/// `holdfast plan` for a recorded machine, under the defaults of a site without settings.
Conversation plan(std::string_view machine,
                  std::vector<std::string> words,
                  const Environment& environment = {}) {
  const RecordedFile file(machine);
  words.insert(words.begin(), {"plan", "--topology", file.path(), "--config", "/dev/null"});
  return testing::holdfast(words, {}, environment);
}

TEST(PlanVerb, GivesOneRankPerGpuUnlessSaid) {
  const auto said = plan("hgx-h100", {});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.out, HasSubstr("\n7     7 "));
  EXPECT_THAT(said.out, Not(HasSubstr("\n8     ")));
  EXPECT_THAT(said.out, HasSubstr("rank 7: GPU 7"));
  EXPECT_EQ(said.talk, "");
}

TEST(PlanVerb, PrintsTheDocumentedJson) {
  const auto said = plan("hgx-h100-reversed-nics", {"--ranks", "8", "--json"});
  ASSERT_EQ(said.status, 0) << said.talk;
  const json::object whole = json::parse(said.out).as_object();
  for (const char* key : {"node", "ranks", "rails", "cost", "violations", "notes"})
    EXPECT_TRUE(whole.contains(key)) << key;
  EXPECT_TRUE(whole.at("violations").as_array().empty());
  const auto& ranks = whole.at("ranks").as_array();
  ASSERT_EQ(ranks.size(), 8U);
  CpuSet seen;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const auto& rank = ranks[i].as_object();
    EXPECT_EQ(rank.at("rank").to_number<std::size_t>(), i);
    const auto pus = parse_cpu_list(rank.at("pus").as_string());
    ASSERT_TRUE(pus);
    EXPECT_FALSE(seen.intersects(*pus));
    seen |= *pus;
    EXPECT_EQ(rank.at("gpus").as_array().size(), 1U);
    EXPECT_EQ(rank.at("nics").as_array().at(0).as_string(), "mlx5_" + std::to_string(7 - i));
    EXPECT_EQ(rank.at("env").as_object().at("LOCAL_RANK").as_string(), std::to_string(i));
    EXPECT_FALSE(rank.at("why").as_string().empty());
  }
  EXPECT_EQ(seen, ::holdfast::testing::machine("hgx-h100-reversed-nics").pus());
}

TEST(PlanVerb, ExplainsDistancesAlternativesAndEveryVariable) {
  const auto said = plan("hgx-h100-nic-down", {"--ranks", "8", "--explain"});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.out, HasSubstr("PIX"));
  EXPECT_THAT(said.out, HasSubstr("NCCL_IB_HCA==mlx5_"));
  EXPECT_THAT(said.out, HasSubstr("the same for every rank"));
  EXPECT_THAT(said.out, HasSubstr("down"));
}

TEST(PlanVerb, LeavesOutWhatItIsTold) {
  const auto said = plan("hgx-h100", {"--without", "mlx5_2", "--without", "0", "--json"});
  ASSERT_EQ(said.status, 0) << said.talk;
  EXPECT_THAT(said.out, Not(HasSubstr("\"nics\":[\"mlx5_2\"]")));
  const auto first_gpu = affinity::to_text(::holdfast::testing::machine("hgx-h100").gpus[0].id);
  EXPECT_THAT(said.out, Not(HasSubstr("\"gpus\":[\"" + first_gpu + "\"]")));
}

TEST(PlanVerb, KeepsToTheCpusAndGpusItIsGiven) {
  const auto said = plan("hgx-h100", {"--cpus", "0-3", "--gpus", "1-2", "--ranks", "2", "--json"});
  ASSERT_EQ(said.status, 0) << said.talk;
  const auto ranks = json::parse(said.out).at("ranks").as_array();
  EXPECT_EQ(ranks[0].at("pus").as_string(), "0-1");
  EXPECT_EQ(ranks[1].at("pus").as_string(), "2-3");
  EXPECT_EQ(ranks[1].at("gpus").as_array()[0].as_string(),
            affinity::to_text(::holdfast::testing::machine("hgx-h100").gpus[2].id));
}

TEST(PlanVerb, DrawsThePlan) {
  const auto said = plan("hgx-h100", {"--svg", "-"});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.out, HasSubstr("<svg"));
}

struct Refusal {
  std::vector<std::string> words;
  int status;
  const char* told;
};

TEST(PlanVerb, RefusesTheImpossibleInOneSentence) {
  const std::vector<Refusal> cases{
      {{"--ranks", "0"}, 121, "a plan for 0 ranks"},
      {{"--ranks", "5000"}, 121, "ask for 1 to 4096"},
      {{"--gpus", "9"}, 121, "there is no GPU \"9\" among the 8"},
      {{"--gpus", "0000:ff:00.0"}, 121, "there is no GPU \"0000:ff:00.0\""},
      {{"--cpus", "5-3"}, 121, "CPU list \"5-3\""},
      {{"--cpus", "9999"}, 121, "none of the granted PUs is on this node"},
      {{"--without", "mlx5_77"}, 121, "is neither a GPU nor a NIC"},
      {{"--mode", "fast"}, 2, "full"},
      {{"--rnaks", "2"}, 2, "did you mean --ranks?"},
  };
  for (const Refusal& c : cases) {
    const auto said = plan("hgx-h100", c.words);
    EXPECT_EQ(said.status, c.status) << said.talk;
    EXPECT_THAT(said.talk, HasSubstr(c.told));
    EXPECT_EQ(said.out, "");
    EXPECT_EQ(std::ranges::count(said.talk, '\n'), 1) << said.talk;
  }
}

/// A question as the plugin puts it, on the second of two nodes.
std::vector<std::string> question() {
  return {"--for-step",
          "--local-ranks",
          "4",
          "--global-ranks",
          "4-6,2",
          "--world",
          "8",
          "--node-rank",
          "1",
          "--nodes",
          "2",
          "--cores",
          "0-7",
          "--cpus",
          "0-223"};
}

Environment step_environment() {
  return {{"SLURM_JOB_ID", "7"},
          {"SLURM_STEP_ID", "3"},
          {"SLURM_STEP_NODELIST", "n[1-2]"},
          {"SLURM_STEP_GPUS", "0,1,2,3"},
          {"CUDA_VISIBLE_DEVICES", "0,1,2,3"},
          {"HOLDFAST_MASTER_PORT", "12345"}};
}

std::string value_of(const affinity::RankOrders& orders, std::string_view name) {
  for (const auto& [key, value] : orders.environment)
    if (key == name) return value;
  return "(unset)";
}

// The plugin never names a topology: --topology stands in for the node map, so the grant of the
// environment is not read here; cores and CPUs are.
TEST(PlanForStep, AnswersThePluginWithAHandover) {
  const auto said = plan("hgx-h100", question(), step_environment());
  ASSERT_EQ(said.status, 0) << said.talk;
  const auto orders = affinity::read_handover(said.out);
  ASSERT_TRUE(orders) << orders.error().sentence();
  ASSERT_EQ(orders->ranks.size(), 4U);
  EXPECT_TRUE(orders->told.empty());
  EXPECT_EQ(value_of(orders->ranks[0], "RANK"), "4");
  EXPECT_EQ(value_of(orders->ranks[3], "RANK"), "2") << "global ranks may go down again";
  EXPECT_EQ(value_of(orders->ranks[3], "LOCAL_RANK"), "3");
  EXPECT_EQ(value_of(orders->ranks[0], "WORLD_SIZE"), "8");
  EXPECT_EQ(value_of(orders->ranks[0], "NODE_RANK"), "1");
  EXPECT_EQ(value_of(orders->ranks[0], "MASTER_ADDR"), "n1");
  EXPECT_EQ(value_of(orders->ranks[0], "MASTER_PORT"), "12345");
  EXPECT_EQ(value_of(orders->ranks[0], "HOLDFAST_STEP"), "7.3");
  CpuSet all;
  for (const auto& rank : orders->ranks) {
    EXPECT_FALSE(rank.cpus.empty());
    all |= rank.cpus;
  }
  const auto node = ::holdfast::testing::machine("hgx-h100");
  CpuSet eight_cores;
  for (unsigned core = 0; core < 8; ++core)
    eight_cores |= node.cores[core].pus;
  EXPECT_EQ(all, eight_cores);
}

TEST(PlanForStep, TellsEveryPlaceWhenAskedTo) {
  auto words = question();
  words.emplace_back("--explain");
  const auto said = plan("hgx-h100", words, step_environment());
  const auto orders = affinity::read_handover(said.out);
  ASSERT_TRUE(orders);
  const auto is_place = [](const std::string& line) { return line.find(": rank ") != line.npos; };
  EXPECT_EQ(std::ranges::count_if(orders->told, is_place), 4);
  EXPECT_THAT(orders->told.back(), HasSubstr("rank 2 on PUs "));
}

TEST(PlanForStep, SendsNoBindingWhereTheUserChoseOne) {
  auto environment = step_environment();
  environment["HOLDFAST_CPU_BIND_IS_USERS"] = "1";
  const auto orders = affinity::read_handover(plan("hgx-h100", question(), environment).out);
  ASSERT_TRUE(orders);
  EXPECT_TRUE(orders->ranks[0].cpus.empty());
  EXPECT_EQ(orders->ranks[0].memory.kind, affinity::MemoryPolicy::Kind::unchanged);
  EXPECT_EQ(value_of(orders->ranks[0], "HOLDFAST_CPUS"), "(unset)");
  EXPECT_EQ(value_of(orders->ranks[0], "RANK"), "4");
}

TEST(PlanForStep, RefusesQuestionsThatMakeNoSense) {
  for (const char* ranks : {"4-5", "", "4-6,x", "6-4", "0-4294967295", "4294967292-4294967295"}) {
    auto words = question();
    words[4] = ranks;
    const auto said = plan("hgx-h100", words, step_environment());
    EXPECT_NE(said.status, 0) << ranks;
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.talk, HasSubstr("the plugin's question makes no sense"));
  }
}

}  // namespace
}  // namespace holdfast::cli
