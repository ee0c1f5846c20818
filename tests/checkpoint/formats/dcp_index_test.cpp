// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/dcp_index.hpp"

#include "support/checkpoint/dcp_files.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(DcpIndex, TellsEveryPieceOfEveryFile) {
  const DcpFiles files = dcp_files(1);
  const auto index = read_dcp_index(as_bytes(files.index));
  ASSERT_TRUE(index) << index.error().sentence();
  EXPECT_EQ(index->files.size(), 4U);
  EXPECT_EQ(index->items.size(), 12U);
  EXPECT_EQ(index->uncovered, "");
  EXPECT_EQ(index->roots, (std::vector<std::string>{"model", "optimizer", "train_state"}));
  for (std::uint32_t file = 0; file < 4; ++file) {
    std::uint64_t end = 0;
    for (const DcpItem& item : index->items)
      if (item.file == file) {
        EXPECT_EQ(item.offset, end);
        EXPECT_TRUE(item.tensor);
        end += item.length;
      }
    const auto rank = static_cast<std::size_t>(index->files[file][2] - '0');
    EXPECT_EQ(end, files.shards[rank].size());
  }
}

TEST(DcpIndex, IsReadInEveryProtocolAndFromEveryModule) {
  for (const int protocol : {2, 4})
    for (const char* module :
         {"torch.distributed.checkpoint", "torch.distributed._shard.checkpoint"}) {
      DcpStyle style;
      style.protocol = protocol;
      style.module = module;
      style.common_state = true;
      const auto index = read_dcp_index(as_bytes(dcp_files(1, style).index));
      ASSERT_TRUE(index) << index.error().sentence();
      EXPECT_EQ(index->items.size(), 13U);
      EXPECT_EQ(index->uncovered, "");
    }
}

TEST(DcpIndex, CutAnywhereIsDamaged) {
  const std::string bytes = dcp_files(1).index;
  for (std::size_t length = 0; length < bytes.size(); length += 11)
    ASSERT_FALSE(read_dcp_index(as_bytes(bytes).first(length))) << length;
  EXPECT_FALSE(read_dcp_index(as_bytes(bytes + "x")));
}

TEST(DcpIndex, OfATensorOfWhichAPartWasLostNamesIt) {
  std::string bytes = dcp_files(1).index;
  // One side of the tensor grows: its pieces no longer cover it.
  const std::string side("M\x00\x08\x85", 4);  // 2048
  const auto at = bytes.find(side);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 1] = 1;
  const auto index = read_dcp_index(as_bytes(bytes));
  ASSERT_TRUE(index) << index.error().sentence();
  EXPECT_EQ(index->uncovered, "model.weight");
}

TEST(DcpIndex, OfManyEntriesTakesTwoKilobytesForEachAtMost) {
  const std::string bytes = large_dcp_index(20'000);
  const auto index = read_dcp_index(as_bytes(bytes), {std::uint64_t{40} << 20, 8'000'000});
  ASSERT_TRUE(index) << index.error().sentence();
  EXPECT_EQ(index->items.size(), 20'000U);
}

TEST(DcpIndex, BeyondItsLimitsIsUnsupported) {
  const auto index = read_dcp_index(as_bytes(dcp_files(1).index), {1 << 20, 5});
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, FailureKind::unsupported);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
