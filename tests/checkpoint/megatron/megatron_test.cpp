// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/formats/checksum.hpp"
#include "support/checkpoint/frameworks.hpp"
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/savers.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

std::string save(World& world, std::uint64_t step) {
  const auto row = std::ranges::find(frameworks(), "megatron", &Framework::name);
  return row->save(world, step);
}

std::string sha256_of(const std::string& bytes) {
  Sum sum(Checksum::sha256);
  sum.add(as_bytes(bytes));
  return sum.finish();
}

std::vector<Finding> notes_of(const World& world) {
  const auto catalogue = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  return catalogue ? catalogue->notes : std::vector<Finding>();
}

TEST(Megatron, WithoutItsMarkerIsUnfinishedWhereSiblingsHaveOne) {
  World world;
  save(world, 10);
  const std::string path = save(world, 20);
  world.remove(path + "/metadata.json");
  // Megatron itself would take it for another format and load it wrongly.
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::unfinished);
}

TEST(Megatron, MayBeAPlainDistributedCheckpointWhereNoSiblingHasAMarker) {
  World world;
  world.make_directory("iter_0000010");
  save_dcp_into(world, "iter_0000010", 1, {});
  EXPECT_EQ(look(world, "iter_0000010").judgement.verdict, Verdict::good);
}

TEST(Megatron, NeedsItsCommonStateInTheIndexOrBesideIt) {
  World world;
  const std::string path = save(world, 10);
  world.remove(path + "/common.pt");
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::damaged);
}

TEST(Megatron, NotesATrackerThatIsTornOrNamesNothing) {
  World world;
  save(world, 10);
  EXPECT_TRUE(notes_of(world).empty());
  world.set_bytes("latest_checkpointed_iteration.txt", "");
  ASSERT_EQ(notes_of(world).size(), 1U);
  world.set_bytes("latest_checkpointed_iteration.txt", "500");
  ASSERT_EQ(notes_of(world).size(), 1U);
  EXPECT_NE(notes_of(world).front().why.find("500"), std::string::npos);
}

TEST(Megatron, ATrackerAloneIsNoEmptyRoot) {
  World world;
  world.write("latest_checkpointed_iteration.txt", "500");
  const auto catalogue = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->ground, Ground::inhabited);
}

TEST(Megatron, ComparesEveryFileWithItsIntegrityRecord) {
  World world;
  const std::string path = save(world, 10);
  std::string files;
  for (const char* name : {"__0_0.distcp", "__1_0.distcp", "common.pt", "metadata.json"})
    files += std::string(files.empty() ? "" : ", ") + "\"" + name + "\": \"" +
             sha256_of(world.bytes(path + "/" + name)) + "\"";
  world.write(path + "/integrity.json", R"({"algorithm": "sha256", "files": {)" + files + "}}");
  EXPECT_EQ(look(world, path, Level::payload).judgement.verdict, Verdict::good)
      << look(world, path, Level::payload).judgement.why;
  // A byte that no zip sum covers: the padding before a record.
  const std::size_t padding = world.bytes(path + "/__1_0.distcp").find("ZZZ");
  change(world, path + "/__1_0.distcp", padding, 'Y');
  EXPECT_EQ(look(world, path, Level::payload).judgement.verdict, Verdict::damaged);
}

TEST(Megatron, OfAnotherBackendIsUnknownAndNotTrusted) {
  World world;
  const std::string path = save(world, 10);
  world.set_bytes(path + "/metadata.json", R"({"sharded_backend": "zarr"})");
  const Judgement judgement = look(world, path).judgement;
  EXPECT_EQ(judgement.verdict, Verdict::unknown);
  EXPECT_EQ(judgement.reached, Level::listing);
}

TEST(Megatron, OfTheOldKindNeedsTheWholeGrid) {
  World world;
  const std::string path = save_megatron_legacy(world, 10);
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::good);
  EXPECT_TRUE(look(world, path).judgement.flags.contains(Flag::world_size_bound));
  world.remove(path + "/mp_rank_02");
  EXPECT_EQ(look(world, path).judgement.verdict, Verdict::unfinished);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
