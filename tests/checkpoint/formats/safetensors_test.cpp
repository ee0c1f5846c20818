// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/safetensors.hpp"

#include "checkpoint/formats/memory_file.hpp"
#include "support/checkpoint/little.hpp"
#include "support/checkpoint/torch_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

Result<SafetensorsFacts> read(const std::string& bytes) {
  const MemoryFile file(bytes);
  return read_safetensors(Slice(file));
}

std::string with_header(const std::string& header, std::size_t data) {
  return little_bytes<std::uint64_t>(header.size()) + header + std::string(data, 'x');
}

TEST(Safetensors, TellsItsTensors) {
  const auto facts = read(safetensors({{"weight", 100}, {"bias", 4}}, 1));
  ASSERT_TRUE(facts) << facts.error().sentence();
  EXPECT_EQ(facts->bytes, 416U);
  EXPECT_EQ(facts->tensors.at("weight"), 400U);
  EXPECT_EQ(facts->metadata.at("format"), "pt");
}

TEST(Safetensors, CutAnywhereIsDamaged) {
  const std::string bytes = safetensors({{"weight", 100}, {"bias", 4}}, 1);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_FALSE(read(bytes.substr(0, length))) << length;
  EXPECT_FALSE(read(bytes + "x"));
}

TEST(Safetensors, KnowsNarrowAndUnknownTypes) {
  EXPECT_TRUE(read(with_header(R"({"a":{"dtype":"F4","shape":[4,2],"data_offsets":[0,4]}})", 4)));
  EXPECT_TRUE(
      read(with_header(R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}})", 4)));
  EXPECT_TRUE(read(with_header(R"({"a":{"dtype":"X9","shape":[4],"data_offsets":[0,7]}})", 7)));
  EXPECT_TRUE(read(with_header("{}  ", 0)));
}

TEST(Safetensors, ThatBreaksARuleIsDamaged) {
  const std::vector<std::string> headers{
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",  // too few bytes for the shape
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",  // a gap
      R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}})",
      R"({"a":{"dtype":"U8","shape":[18446744073709551615,18446744073709551615],"data_offsets":[0,8]}})",
      R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}})",
      R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[-8,0]}})",
      R"({"a":7})",
      R"([1,2,3])",
      R"({"a":{"dtype":"U8","shape":[8])",
      std::string(10, '\0')};
  for (const std::string& header : headers)
    EXPECT_FALSE(read(with_header(header, 8))) << header;
  EXPECT_FALSE(read(little_bytes<std::uint64_t>(UINT64_MAX) + "{}"));
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
