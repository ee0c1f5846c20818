// SPDX-License-Identifier: Apache-2.0
#include "holdfast/common/hostlist.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Hosts = std::vector<std::string>;

TEST(Hostlist, SpellsOutWhatSlurmWrites) {
  const std::vector<std::pair<const char*, Hosts>> cases{
      {"", {}},
      {"n1", {"n1"}},
      {"n[1-3]", {"n1", "n2", "n3"}},
      {"n[08-10]", {"n08", "n09", "n10"}},
      {"n[1,3],login", {"n1", "n3", "login"}},
      {"r[1-2]n[1-2]", {"r1n1", "r1n2", "r2n1", "r2n2"}},
      {"gpu-[001,003]-ib", {"gpu-001-ib", "gpu-003-ib"}},
      {"n[3,1]", {"n3", "n1"}},
  };
  for (const auto& [text, hosts] : cases) {
    const auto found = parse_hostlist(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(*found, hosts) << text;
  }
}

TEST(Hostlist, RefusesBrokenAndEndlessLists) {
  for (const char* text : {"n[",
                           "n]",
                           "n[[1]]",
                           "n[1",
                           "n[]",
                           "n[3-1]",
                           "n[a]",
                           "a,,b",
                           "n[0-4294967295]",
                           "n[0-99999]m[0-99999]",
                           "n[1-2]]"})
    EXPECT_FALSE(parse_hostlist(text)) << text;
}

}  // namespace
}  // namespace holdfast
