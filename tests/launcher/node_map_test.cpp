// SPDX-License-Identifier: Apache-2.0
#include "holdfast/step/node_map.hpp"

#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::step {
namespace {

affinity::Topology small() {
  affinity::Topology topology;
  topology.origin = "test";
  topology.packages.push_back({0, CpuSet{0, 1}, "small"});
  topology.cores = {{CpuSet{0}, 0, std::nullopt, std::nullopt},
                    {CpuSet{1}, 0, std::nullopt, std::nullopt}};
  return topology;
}

class NodeMap : public ::testing::Test {
 protected:
  holdfast::testing::TemporaryDirectory temporary_{"node-map"};
  std::filesystem::path folder_ = temporary_.path();
  std::filesystem::path file_ = folder_ / "holdfast" / "node.json";
  unsigned me_ = ::getuid();
};

TEST_F(NodeMap, ComesBackAsItWasWritten) {
  ASSERT_TRUE(write_node_map(file_, "key 1", small()));
  const auto read = read_node_map(file_, "key 1", me_);
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->cores, small().cores);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file_.parent_path()), {}), 1)
      << "no leftovers";
}

TEST_F(NodeMap, OfAnotherBootOrMachineIsNotUsed) {
  ASSERT_TRUE(write_node_map(file_, "key 1", small()));
  EXPECT_FALSE(read_node_map(file_, "key 2", me_));
}

TEST_F(NodeMap, IsNotBelievedWhenOthersCouldHaveWrittenIt) {
  ASSERT_TRUE(write_node_map(file_, "k", small()));
  EXPECT_FALSE(read_node_map(file_, "k", me_ + 1)) << "another owner";
  ::chmod(file_.c_str(), 0666);
  EXPECT_FALSE(read_node_map(file_, "k", me_)) << "a file anybody may write";
  ::chmod(file_.c_str(), 0644);
  ::chmod(file_.parent_path().c_str(), 0777);
  EXPECT_FALSE(read_node_map(file_, "k", me_)) << "a folder anybody may write";
}

TEST_F(NodeMap, IsNotFollowedThroughALink) {
  ASSERT_TRUE(write_node_map(file_, "k", small()));
  const auto link = file_.parent_path() / "link.json";
  std::filesystem::create_symlink(file_, link);
  EXPECT_FALSE(read_node_map(link, "k", me_));
}

TEST_F(NodeMap, ThatIsGarbageOrAPipeIsAFailureNotAHang) {
  ASSERT_TRUE(write_node_map(file_, "k", small()));
  std::ofstream(file_) << "holdfast-node-map 1 k\n{\"cores\":";
  EXPECT_FALSE(read_node_map(file_, "k", me_));
  std::ofstream(file_) << "nonsense";
  EXPECT_FALSE(read_node_map(file_, "k", me_));
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0644), 0);
  EXPECT_FALSE(read_node_map(file_, "k", me_));
}

TEST_F(NodeMap, KeyChangesWithTheFilesItWasMadeFrom) {
  const auto source = folder_ / "machine.xml";
  const std::string absent = node_map_key({source});
  std::ofstream(source) << "a";
  const std::string there = node_map_key({source});
  std::ofstream(source) << "ab";
  EXPECT_NE(absent, there);
  EXPECT_NE(there, node_map_key({source}));
}

}  // namespace
}  // namespace holdfast::step
