// SPDX-License-Identifier: Apache-2.0
#include "sentinel/files.hpp"

#include "support/temporary_directory.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::sentinel {
namespace {

TEST(Announcement, IsReadAsItWasWritten) {
  const auto read = parse_announcement(announcement_text({3, {{"10.0.0.1", "fd00::1"}, 4711}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->epoch, 3U);
  EXPECT_EQ(read->endpoint.addresses, (std::vector<std::string>{"10.0.0.1", "fd00::1"}));
  EXPECT_EQ(read->endpoint.port, 4711);
}

TEST(Announcement, ThatMakesNoSenseIsNone) {
  for (const char* text : {"",
                           "[]",
                           "{}",
                           R"({"epoch":1,"addresses":[],"port":1})",
                           R"({"epoch":1,"addresses":["a"],"port":0})",
                           R"({"epoch":1,"addresses":["a"],"port":70000})",
                           R"({"epoch":-1,"addresses":["a"],"port":7})",
                           R"({"epoch":1,"addresses":[7],"port":7})"})
    EXPECT_FALSE(parse_announcement(text)) << text;
}

TEST(Peers, AreReadAsTheyWereWritten) {
  const Peers peers{2, {"n1", "n2"}, {{"n2", {{"10.0.0.2"}, 99}}}};
  const auto read = parse_peers(peers_text(peers));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->members, peers.members);
  ASSERT_TRUE(read->where.contains("n2"));
  EXPECT_EQ(read->where.at("n2").port, 99);
  EXPECT_FALSE(parse_peers(R"({"epoch":1,"members":["a"],"peers":{"a":7}})"));
}

TEST(File, IsReplacedWhole) {
  const testing::TemporaryDirectory place("files");
  const std::string path = place.path().string() + "/file";
  EXPECT_FALSE(read_small_file(path, 100));
  EXPECT_FALSE(write_in_place(path, "one"));
  EXPECT_FALSE(write_in_place(path, "two"));
  EXPECT_EQ(*read_small_file(path, 100), "two");
  EXPECT_FALSE(read_small_file(path, 2)) << "too long";
  EXPECT_NE(::access((path + ".new").c_str(), F_OK), 0);
  EXPECT_TRUE(write_in_place("/no/such/directory/file", "one"));
}

}  // namespace
}  // namespace holdfast::sentinel
