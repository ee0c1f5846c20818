// SPDX-License-Identifier: Apache-2.0
#include "cli/render/tree.hpp"

#include "cli/printable.hpp"
#include "cli/render/arrangement.hpp"
#include "cli/render/words.hpp"
#include "holdfast/common/text.hpp"
#include "support/machines.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using affinity::Topology;
using holdfast::testing::machine;
using holdfast::testing::machine_names;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST(Arrangement, PutsEveryCoreAndDeviceOfEveryMachineInExactlyOnePlace) {
  for (const std::string& name : machine_names()) {
    const Topology topology = machine(name);
    const Arrangement arrangement = arrange(topology);
    std::vector<std::size_t> cores;
    std::vector<std::size_t> memory = arrangement.memory;
    std::vector<std::size_t> gpus = arrangement.gpus;
    std::vector<std::size_t> nics = arrangement.nics;
    const auto take = [&](const Place& place) {
      for (const CoreGroup& group : place.groups)
        cores.insert(cores.end(), group.cores.begin(), group.cores.end());
      gpus.insert(gpus.end(), place.gpus.begin(), place.gpus.end());
      nics.insert(nics.end(), place.nics.begin(), place.nics.end());
    };
    for (const PackagePlace& package : arrangement.packages) {
      take(package.outside_memory);
      for (const MemoryPlace& place : package.memory) {
        memory.push_back(place.node);
        take(place.inside);
      }
    }
    const auto expect_all = [&](std::vector<std::size_t> seen, std::size_t number) {
      std::ranges::sort(seen);
      ASSERT_EQ(seen.size(), number) << name;
      for (std::size_t i = 0; i < number; ++i)
        EXPECT_EQ(seen[i], i) << name;
    };
    expect_all(cores, topology.cores.size());
    expect_all(memory, topology.memory.size());
    expect_all(gpus, topology.gpus.size());
    expect_all(nics, topology.nics.size());
  }
}

TEST(Arrangement, BelievesTheNumaNodeOfADeviceWhoseCoresAreNotOurs) {
  Topology topology = machine("hgx-h100");
  topology.gpus[0].near = {topology.memory[1].id, {}};  // as seen from a cgroup of the other node
  const Arrangement arrangement = arrange(topology);
  EXPECT_THAT(arrangement.gpus, ::testing::IsEmpty());
  EXPECT_THAT(arrangement.packages[1].memory[0].inside.gpus, ::testing::Contains(0U));
}

TEST(Tree, ShowsEveryDeviceOfEveryMachine) {
  for (const std::string& name : machine_names()) {
    const Topology topology = machine(name);
    const std::string tree = draw_tree(topology, {});
    for (const auto& gpu : topology.gpus)
      EXPECT_THAT(tree, HasSubstr(to_text(gpu.id))) << name;
    for (const auto& nic : topology.nics)
      EXPECT_THAT(tree, HasSubstr(cat("NIC ", nic.name))) << name;
  }
}

TEST(Tree, TellsCoresThatAreAlikeOnce) {
  const Topology topology = machine("grace-hopper-4");
  ASSERT_GE(topology.cores.size(), 288U);
  EXPECT_LE(lines_of(draw_tree(topology, {})), 40U);
}

TEST(Tree, NotesAPortThatIsDown) {
  const Topology topology = machine("hgx-h100-nic-down");
  const std::string tree = draw_tree(topology, {});
  EXPECT_THAT(tree, HasSubstr(": port 1 is down\n"));
}

TEST(Tree, SaysThatAVirtualMachineDoesNotTellWhereDevicesAre) {
  const std::string tree = draw_tree(machine("vm-8gpu-no-locality"), {});
  EXPECT_THAT(tree, HasSubstr("near every core"));
  EXPECT_THAT(tree, HasSubstr("8 GPUs are taken as near every core"));
}

TEST(Tree, UsesLettersOnlyWhereTheLocaleKnowsNoMore) {
  const Topology topology = machine("hgx-h100");
  for (const char letter : draw_tree(topology, {.color = false, .utf8 = false, .columns = 100}))
    ASSERT_TRUE(letter == '\n' || (letter >= ' ' && letter <= '~'));
  EXPECT_THAT(draw_tree(topology, {.color = false, .utf8 = true, .columns = 100}), HasSubstr("└─"));
}

TEST(Tree, PaintsOnlyWhereItMay) {
  const Topology topology = machine("hgx-h100");
  EXPECT_THAT(draw_tree(topology, {}), Not(HasSubstr("\033")));
  EXPECT_THAT(draw_tree(topology, {.color = true, .utf8 = true, .columns = 100}),
              HasSubstr("\033["));
}

TEST(Tree, IsNotMovedByWhatADeviceCallsItself) {
  Topology topology = machine("hgx-h100");
  topology.gpus[0].model = "evil\033[2J\nGPU 9";
  topology.nics[0].netdev = "x\ry";
  const std::string tree = draw_tree(topology, {});
  EXPECT_THAT(tree, HasSubstr("evil?[2J?GPU 9"));
  EXPECT_THAT(tree, HasSubstr("(x?y)"));
}

TEST(Paths, MarkTheNearestNicOfEachGpu) {
  const std::string paths = draw_paths(machine("hgx-h100"), {});
  const auto rows = split(paths, '\n');
  const auto first = std::ranges::find_if(rows, [](auto row) { return row.starts_with("GPU 0"); });
  ASSERT_NE(first, rows.end());
  EXPECT_THAT(std::string(*first), HasSubstr("PIX*"));
  EXPECT_THAT(paths, HasSubstr("nearest NIC of this GPU"));
}

TEST(Paths, GiveTheNearestAndACountWhereColumnsDoNotFit) {
  const Topology topology = machine("hgx-h100");
  const std::string paths = draw_paths(topology, {.color = false, .utf8 = false, .columns = 40});
  EXPECT_THAT(paths, HasSubstr(cat("GPU 0  PIX* ", "mlx5_0")));
  EXPECT_THAT(paths, HasSubstr(" more"));
}

TEST(Paths, AreNothingWithoutGpuOrNic) {
  Topology topology = machine("hgx-h100");
  topology.nics.clear();
  EXPECT_EQ(draw_paths(topology, {}), "");
}

TEST(Words, ShortenAStridedList) {
  EXPECT_EQ(short_list({0, 2, 4, 6, 8, 10}), "0-10:2");
  EXPECT_EQ(*parse_cpu_list("0-10:2"), (CpuSet{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(short_list({0, 2}), "0,2");
  EXPECT_EQ(short_list(CpuSet::range(0, 4)), "0-3");
  EXPECT_EQ(short_list({0, 1, 4}), "0-1,4");
}

TEST(Words, RoundMemoryAsPeopleSayIt) {
  EXPECT_EQ(bytes_in_words(0), "");
  EXPECT_EQ(bytes_in_words(std::uint64_t{512} << 20), "512 MiB");
  EXPECT_EQ(bytes_in_words((std::uint64_t{3} << 30) / 2), "1.5 GiB");
  EXPECT_EQ(bytes_in_words(std::uint64_t{1} << 40), "1024 GiB");
}

}  // namespace
}  // namespace holdfast::cli
