// SPDX-License-Identifier: Apache-2.0
// Parsers of the formats outside the PyTorch family: what they read from whole files, and that no
// cut, no flipped bit and no lie about a length gets past them.
#include "checkpoint/formats/dmtcp_image.hpp"
#include "checkpoint/formats/gromacs_cpt.hpp"
#include "checkpoint/formats/kvtree.hpp"
#include "checkpoint/formats/lammps_restart.hpp"
#include "checkpoint/formats/msgpack.hpp"
#include "checkpoint/formats/ocdbt_manifest.hpp"
#include "checkpoint/formats/sstable.hpp"
#include "checkpoint/formats/tensor_bundle.hpp"
#include "checkpoint/formats/veloc_file.hpp"
#include "support/checkpoint/other_files.hpp"

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

/// Whether `reads` accepts any proper beginning of the file, or the file with any one bit flipped.
template <class Reads>
void expect_only_the_whole(const std::string& file, const Reads& reads) {
  ASSERT_TRUE(reads(file));
  for (std::size_t length = 0; length < file.size(); ++length)
    ASSERT_FALSE(reads(file.substr(0, length))) << "cut to " << length;
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    ASSERT_FALSE(reads(flipped)) << "bit flipped in byte " << at;
  }
}

Result<MsgpackShape> walk(const std::string& bytes) {
  World world;
  world.write("f", bytes);
  const auto file = world.open("f");
  return walk_msgpack(Slice(**file), 1000);
}

TEST(KvTreeFile, GivesBackItsTree) {
  const auto tree = parse_kvtree(kvtree({{"DSET", {{"18", {{"COMPLETE", {{"1", {}}}}}}}}}));
  ASSERT_TRUE(tree) << tree.error().what;
  ASSERT_NE(tree->find("DSET"), nullptr);
  ASSERT_NE(tree->find("DSET")->find("18"), nullptr);
  EXPECT_EQ(tree->find("DSET")->find("18")->value("COMPLETE"), "1");
  EXPECT_EQ(tree->find("CURRENT"), nullptr);
}

TEST(KvTreeFile, IsBelievedOnlyWhole) {
  expect_only_the_whole(kvtree({{"CURRENT", {{"ckpt.7", {}}}}}),
                        [](const std::string& bytes) { return parse_kvtree(bytes).has_value(); });
}

TEST(KvTreeFile, MayNotPromiseMoreBranchesThanItHasBytes) {
  // A tree that says it has 2^32-1 branches, with the right size and without a sum.
  std::string file = big_bytes<std::uint32_t>(0x951fc3f5) + big_bytes<std::uint32_t>(0x00010001) +
                     big_bytes<std::uint64_t>(24) + big_bytes<std::uint32_t>(0) +
                     big_bytes<std::uint32_t>(0xffffffff);
  EXPECT_FALSE(parse_kvtree(file));
}

TEST(Sstable, GivesEveryEntryInOrder) {
  const std::string file = sstable({{"", "head"}, {"weight/0", "a"}, {"weight/1", "b"}});
  std::vector<std::pair<std::string, std::string>> seen;
  const auto read =
      read_sstable(file, [&](std::string_view key, std::string_view value) -> Result<void> {
        seen.emplace_back(key, value);
        return {};
      });
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(seen, (decltype(seen){{"", "head"}, {"weight/0", "a"}, {"weight/1", "b"}}));
}

TEST(BundleIndexFile, TellsShardsAndTensors) {
  const auto files = tensorflow_files("ckpt-7", 7, 3);
  const auto index = parse_bundle_index(files.back().bytes, 100);
  ASSERT_TRUE(index) << index.error().what;
  EXPECT_EQ(index->shards, 3U);
  ASSERT_EQ(index->entries.size(), 4U);
  EXPECT_EQ(index->entries[0].kind, BundleEntry::Kind::strings);
  EXPECT_EQ(index->entries[2].shard, 1U);
  EXPECT_EQ(index->entries[2].size, 24'000U);
}

TEST(BundleIndexFile, IsBelievedOnlyWhole) {
  const auto files = tensorflow_files("ckpt-7", 7, 1);
  // The footer's filling is in no sum, and the metaindex block is not read: bits there do not
  // matter.
  const std::string& file = files.back().bytes;
  for (std::size_t length = 0; length < file.size(); ++length)
    ASSERT_FALSE(parse_bundle_index(file.substr(0, length), 100)) << length;
  for (std::size_t at = 0; at < 60; ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    ASSERT_FALSE(parse_bundle_index(flipped, 100)) << at;
  }
}

TEST(BundleIndexFile, WithMoreEntriesThanAllowedIsNotRead) {
  const auto files = tensorflow_files("ckpt-7", 7, 3);
  const auto index = parse_bundle_index(files.back().bytes, 2);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, FailureKind::unsupported);
}

TEST(BundleStrings, MatchTheirOwnSumsAndNoOthers) {
  const auto files = tensorflow_files("ckpt-7", 7, 1);
  const auto index = parse_bundle_index(files.back().bytes, 100);
  ASSERT_TRUE(index);
  const BundleEntry& entry = index->entries.front();
  const std::string bytes = files.front().bytes.substr(0, entry.size);
  EXPECT_TRUE(check_strings(entry, bytes));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    ASSERT_FALSE(check_strings(entry, flipped)) << at;
  }
}

TEST(CheckpointState, NamesTheNewest) {
  EXPECT_EQ(model_checkpoint_path("model_checkpoint_path: \"ckpt-12\"\nall: \"x\"\n"), "ckpt-12");
  EXPECT_EQ(model_checkpoint_path("model_checkpoint_path: \"ckpt"), "");
  EXPECT_EQ(model_checkpoint_path(""), "");
}

TEST(OcdbtManifestFile, IsBelievedOnlyWhole) {
  expect_only_the_whole(ocdbt_manifest(3), [](const std::string& bytes) {
    return parse_ocdbt_manifest(bytes).has_value();
  });
}

TEST(Msgpack, EndsWhereItsOneValueEnds) {
  const std::string file = flax_msgpack(7);
  const auto shape = walk(file);
  ASSERT_TRUE(shape) << shape.error().what;
  EXPECT_EQ(shape->items, 7U);
  EXPECT_FALSE(shape->placeholders);
  EXPECT_FALSE(walk(file + "x"));
  for (std::size_t length = 0; length < file.size(); length += length < 60 ? 1 : 997)
    ASSERT_FALSE(walk(file.substr(0, length))) << length;
}

TEST(Msgpack, TellsOfArraysThatLieElsewhere) {
  const auto shape = walk(flax_msgpack(7, true));
  ASSERT_TRUE(shape) << shape.error().what;
  EXPECT_TRUE(shape->placeholders);
}

TEST(Msgpack, MayNotBeNestedOrPromiseWithoutEnd) {
  EXPECT_FALSE(walk(std::string(5000, '\x91')));                     // an array in an array in …
  EXPECT_FALSE(walk("\xdd\xff\xff\xff\xff"));                        // 2^32-1 items
  EXPECT_FALSE(walk("\xdc\x7f\xff" + std::string(0x7fff, '\x01')));  // more than is allowed here
}

TEST(GromacsHeader, TellsStepAndPart) {
  const auto head = parse_gromacs_head(gromacs_checkpoint(123'456'789'012));
  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(head->step, 123'456'789'012U);
  EXPECT_EQ(head->part, 3U);
  EXPECT_EQ(head->program_version, "2022.5");
  EXPECT_TRUE(is_gromacs_tail(big_bytes<std::uint32_t>(171819)));
  EXPECT_FALSE(is_gromacs_tail(std::string(4, '\0')));
}

TEST(LammpsRestart, TellsItsStepAndPieces) {
  EXPECT_EQ(lammps_step(lammps_restart(4711)), 4711U);
  EXPECT_EQ(lammps_step(lammps_restart(4711).substr(0, 40)), std::nullopt);
  const std::string base = lammps_base(9, 4);
  EXPECT_EQ(lammps_pieces(base.substr(base.size() - lammps_tail_bytes)), 4U);
}

TEST(DmtcpImage, EndsWithAMarkThatACutOneLacks) {
  const std::string image = dmtcp_image(1);
  EXPECT_EQ(checkpoint::dmtcp_image(std::string_view(image)), DmtcpImage::plain);
  EXPECT_TRUE(is_dmtcp_end(std::string_view(image).substr(image.size() - dmtcp_tail_bytes)));
  EXPECT_FALSE(is_dmtcp_end(std::string_view(image).substr(image.size() - 8192, 4096)));
}

TEST(DmtcpScript, NamesItsImages) {
  const auto images =
      dmtcp_script_images("x=1\ngiven_ckpt_files=\" /a/ckpt_1.dmtcp \\\n b.dmtcp\"");
  ASSERT_TRUE(images);
  EXPECT_EQ(*images, (std::vector<std::string>{"/a/ckpt_1.dmtcp", "b.dmtcp"}));
  EXPECT_FALSE(dmtcp_script_images("nothing here"));
}

TEST(VelocFileHead, SaysHowLongTheFileIs) {
  World world;
  world.write("f", veloc_file(1));
  const auto head = read_veloc_head(Slice(**world.open("f")));
  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(head->regions, 2U);
  EXPECT_EQ(head->declared, veloc_file(1).size());
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
