// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/torch.hpp"

#include "checkpoint/formats/memory_file.hpp"
#include "checkpoint/formats/zip.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

using Fields = std::vector<std::pair<std::string, Py>>;

Result<TorchFacts> read(const std::string& bytes) {
  const MemoryFile file(bytes);
  return read_torch(Slice(file));
}

TEST(Torch, TellsKeysNumbersAndStep) {
  const auto facts = read(
      training_state(70,
                     1,
                     {{"nested", dict(Fields{{"partition_count", list({integer(4), integer(9)})}})},
                      {"nothing", none()}}));
  ASSERT_TRUE(facts) << facts.error().sentence();
  EXPECT_EQ(facts->step(), 70U);
  EXPECT_TRUE(facts->has("optimizer"));
  EXPECT_EQ(facts->number("nested.partition_count"), 9U);
  EXPECT_TRUE(facts->has("nothing"));
  EXPECT_FALSE(facts->has_filled("nothing"));
  EXPECT_TRUE(facts->checksums);
}

TEST(Torch, WithoutChecksumsIsSoundAndSaysSo) {
  const auto facts = read(training_state(70, 1, {}, {"archive", false}));
  ASSERT_TRUE(facts) << facts.error().sentence();
  EXPECT_FALSE(facts->checksums);
}

TEST(Torch, ThatLacksAStorageIsDamaged) {
  TorchState state;
  const Py tensor = state.tensor(10, 1);
  const std::string bytes =
      torch_zip({{"data.pkl", pickle(dict(Fields{{"w", tensor}}), 2)}, {"version", "3\n"}});
  const auto facts = read(bytes);
  ASSERT_FALSE(facts);
  EXPECT_NE(facts.error().what.find("data/0"), std::string::npos) << facts.error().what;
}

TEST(Torch, WithAStorageOfTheWrongSizeIsDamaged) {
  TorchState state;
  const Py tensor = state.tensor(10, 1);
  EXPECT_FALSE(read(torch_zip({{"data.pkl", pickle(dict(Fields{{"w", tensor}}), 2)},
                               {"data/0", std::string(36, 'x')},
                               {"version", "3\n"}})));
}

TEST(Torch, OfTheOldKindMustComeOutAtTheLastByte) {
  TorchState state;
  const Py tensor = state.tensor(1000, 1);
  const std::string bytes = state.save_legacy(dict(Fields{{"w", tensor}, {"epoch", integer(3)}}));
  const auto facts = read(bytes);
  ASSERT_TRUE(facts) << facts.error().sentence();
  EXPECT_TRUE(facts->legacy);
  EXPECT_EQ(facts->step(), 3U);
  for (std::size_t length = 0; length < bytes.size(); length += 7)
    ASSERT_FALSE(read(bytes.substr(0, length))) << length;
  EXPECT_FALSE(read(bytes + "x"));
}

TEST(Torch, IsNoOtherZipArchive) { EXPECT_FALSE(read(torch_zip({{"arr_0.npy", "numbers"}}))); }

}  // namespace
}  // namespace holdfast::checkpoint::testing
