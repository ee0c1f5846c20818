// SPDX-License-Identifier: Apache-2.0
#include "holdfast/events/status.hpp"

#include "holdfast/common/text.hpp"
#include "samples.hpp"

#include <algorithm>
#include <set>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::events {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RunState state_after(std::size_t count) {
  const auto story = testing::lost_node();
  return replay(std::span(story.records()).first(std::min(count, story.records().size())));
}

TEST(Status, SaysWhereTheRunStands) {
  const auto story = testing::lost_node();
  const auto out = boost::json::parse(status_json(state_after(10), 5)).as_object();
  EXPECT_EQ(out.at("job"), "4711");
  EXPECT_EQ(out.at("phase"), "recovering");
  EXPECT_EQ(out.at("at_ms"), 5);
  EXPECT_EQ(out.at("attempt").at("number"), 1);
  EXPECT_EQ(out.at("attempt").at("resume"), nullptr);
  EXPECT_EQ(out.at("checkpoint").at("step"), 200);
  EXPECT_EQ(out.at("lost").as_array().size(), 1U);
  EXPECT_EQ(out.at("spares").at(0), "n3");
  EXPECT_EQ(out.at("blamed").at(0).at("node"), "n2");
  EXPECT_EQ(out.at("last_loss").at("cause"), "node_lost");
  EXPECT_EQ(out.at("ended"), nullptr);
  const auto end = boost::json::parse(status_json(replay(story.records()), 5)).as_object();
  EXPECT_EQ(end.at("ended").at("verdict"), "finished");
}

TEST(Status, OfEveryPrefixIsJson) {
  const auto story = testing::lost_node();
  for (std::size_t count = 0; count <= story.records().size(); ++count) {
    boost::system::error_code error;
    boost::json::parse(status_json(state_after(count), 5), error);
    EXPECT_FALSE(error);
  }
}

TEST(Prometheus, HasEachMetricOnceAndAValueForEachRun) {
  auto other = state_after(10);
  other.job = "7\"\n\\";
  const std::int64_t now = testing::lost_node().now_ms();
  const std::vector<RunAt> runs{{state_after(100), now}, {other, now}};
  const std::string text = prometheus_text(runs);
  EXPECT_THAT(text, HasSubstr("holdfast_run_state{job=\"4711\",phase=\"finished\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_run_losses_total{job=\"4711\",cause=\"node_lost\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_run_lost_seconds{job=\"4711\"} 50.000\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_run_nodes_spare{job=\"7\\\"?\\\\\"} 1\n"));
  std::set<std::string_view> types;
  std::string_view family;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("# TYPE")) {
      EXPECT_TRUE(types.insert(line).second) << line;
    }
    if (line.starts_with("# TYPE ")) family = split(line, ' ')[2];
    if (line.empty() || line.starts_with('#')) continue;
    EXPECT_TRUE(line.starts_with(cat(family, '{'))) << line << " stands below " << family;
  }
  EXPECT_EQ(types.size(), 11U);
  EXPECT_THAT(prometheus_text({}), Not(HasSubstr("{")));
}

}  // namespace
}  // namespace holdfast::events
