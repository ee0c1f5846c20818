// SPDX-License-Identifier: Apache-2.0
// The damage matrix: every framework of support/checkpoint/frameworks.cpp times every kind of
// damage. A row is a framework, a TEST_P is a column; what differs between formats stands in the
// row. Some columns are not for every row, see the tables at the end: a format that knows no
// marker cannot lose one, and where each save is written over the last there is no other step to
// mix it with.
#include "checkpoint/matrix/damage.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

class Damage : public ::testing::TestWithParam<Framework> {
 protected:
  Scene scene_{GetParam()};

  [[nodiscard]] const Expected& expected() const { return GetParam().expected; }
  [[nodiscard]] bool is_one_file() const { return GetParam().shard.empty(); }
  /// Its files lie in the root, beside those of other checkpoints.
  [[nodiscard]] bool lies_in_root() const {
    return is_one_file() || scene_.shard.find('/') == std::string::npos;
  }
  [[nodiscard]] std::string why(Level level = Level::structure) const {
    return scene_.listed(level).judgement.why;
  }

  /// Broken like this it is not good, and not what a resume gets.
  void expect(Verdict verdict, Level level = Level::structure) const {
    EXPECT_EQ(scene_.verdict(level), verdict) << why(level);
    if (verdict != Verdict::good) {
      scene_.expect_fallback(level);
      EXPECT_FALSE(why(level).empty());
    }
  }
};

/// Of one save among several.
class DamageAmongSaves : public Damage {};
/// Of the file that says a save came to its end.
class DamageToAMarker : public Damage {};

TEST_P(Damage, NoneIsGoodToTheLastByte) {
  EXPECT_EQ(scene_.verdict(), Verdict::good) << why();
  EXPECT_EQ(scene_.verdict(Level::payload), Verdict::good) << why(Level::payload);
  EXPECT_EQ(scene_.chosen(), scene_.newer);
  EXPECT_EQ(scene_.listed().checkpoint.format, GetParam().format);
  if (scene_.older != scene_.newer) {
    EXPECT_EQ(scene_.listed().checkpoint.step, 20U);
  }
}

TEST_P(Damage, AMissingShard) {
  scene_.world.remove(scene_.shard);
  scene_.world.pass(std::chrono::hours(1));
  if (is_one_file())
    EXPECT_EQ(scene_.verdict(), std::nullopt);
  else
    expect(expected().missing_shard);
}

TEST_P(Damage, AnEmptyShard) {
  scene_.world.set_bytes(scene_.shard, "");
  expect(expected().empty_shard);
}

TEST_P(Damage, AShardCutAnywhere) {
  const std::string whole = scene_.world.bytes(scene_.shard);
  std::vector<std::size_t> lengths{whole.size() - 1, whole.size() - 22, whole.size() - 98};
  for (std::size_t i = 1; i < 40; ++i)
    lengths.push_back(i * whole.size() / 40);
  for (const std::size_t length : lengths) {
    scene_.world.set_bytes(scene_.shard, whole.substr(0, length));
    EXPECT_EQ(scene_.verdict(), Verdict::damaged) << length << ": " << why();
  }
  scene_.expect_fallback();
}

TEST_P(Damage, AShardWithMoreBehindIt) {
  scene_.world.set_bytes(scene_.shard, scene_.world.bytes(scene_.shard) + std::string(4096, '\0'));
  expect(Verdict::damaged);
}

TEST_P(Damage, AHoleInAShard) {
  const std::size_t middle = scene_.world.bytes(scene_.shard).size() / 2;
  scene_.world.punch_hole(scene_.shard, middle, 1);
  expect(expected().hole);
}

TEST_P(Damage, AZeroedHead) {
  std::string bytes = scene_.world.bytes(scene_.shard);
  bytes.replace(0, 16, 16, '\0');
  scene_.world.set_bytes(scene_.shard, bytes);
  expect(expected().zeroed_head);
}

TEST_P(Damage, AFlippedByte) {
  std::string bytes = scene_.world.bytes(scene_.shard);
  const std::size_t at = bytes.size() / 3;  // within a tensor, whatever the format
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  scene_.world.set_bytes(scene_.shard, bytes);
  expect(expected().flipped_byte, Level::payload);
}

TEST_P(DamageAmongSaves, AShardOfAnotherStep) {
  const auto status = scene_.world.status(scene_.older_shard);
  ASSERT_TRUE(status);
  scene_.world.set_bytes(scene_.shard, scene_.world.bytes(scene_.older_shard));
  scene_.world.set_modified(scene_.shard, status->modified);
  expect(expected().foreign_shard);
}

TEST_P(DamageToAMarker, AnOldMarkerOverNewShards) {
  const auto status = scene_.world.status(scene_.shard);
  ASSERT_TRUE(status);
  scene_.world.set_modified(scene_.marker, status->modified - std::chrono::minutes(5));
  expect(Verdict::damaged);
  EXPECT_TRUE(scene_.listed().judgement.flags.contains(Flag::torn_overwrite));
}

TEST_P(DamageToAMarker, NoMarker) {
  scene_.world.remove(scene_.marker);
  scene_.world.pass(std::chrono::hours(1));
  expect(expected().missing_marker);
}

TEST_P(Damage, ALeftoverTemporaryFile) {
  if (lies_in_root()) {
    scene_.world.write(scene_.newer + ".tmp", "half");
    scene_.world.pass(std::chrono::hours(1));
    expect(Verdict::good);
    return;
  }
  scene_.world.write(scene_.newer + "/shard.tmp", "half");
  scene_.world.pass(std::chrono::hours(1));
  expect(Verdict::unfinished);
}

TEST_P(Damage, AShardThatMayNotBeRead) {
  scene_.world.forbid(scene_.shard);
  expect(Verdict::unknown);
}

TEST_P(Damage, AShardThatIsALoopOfLinks) {
  scene_.world.remove(scene_.shard);
  const std::string name = scene_.shard.substr(scene_.shard.rfind('/') + 1);
  scene_.world.link(name, scene_.shard);
  scene_.world.pass(std::chrono::hours(1));
  if (is_one_file())
    scene_.expect_fallback();
  else
    expect(Verdict::unknown);
}

TEST_P(Damage, AShardThatLinksOutOfTheRoot) {
  scene_.world.remove(scene_.shard);
  scene_.world.link("../../elsewhere", scene_.shard);
  scene_.world.pass(std::chrono::hours(1));
  if (is_one_file())
    scene_.expect_fallback();
  else
    expect(Verdict::unknown);
}

TEST_P(Damage, AShardThatIsAFifo) {
  scene_.world.remove(scene_.shard);
  scene_.world.make_special(scene_.shard);
  scene_.world.pass(std::chrono::hours(1));
  if (is_one_file())
    scene_.expect_fallback();
  else
    expect(Verdict::unknown);
}

TEST_P(Damage, AMillionEntries) {
  scene_.world.fill_directory(lies_in_root() ? "" : scene_.newer, 1'000'000);
  if (lies_in_root())
    EXPECT_EQ(scene_.chosen(), "") << "of a root that was not read to its end nothing is chosen";
  else
    expect(Verdict::unknown);
}

TEST_P(Damage, AShardThatVanishesWhileItIsRead) {
  scene_.world.vanish_when_opened(scene_.shard);
  expect(Verdict::in_flight);
}

TEST_P(DamageAmongSaves, AYoungBrokenOneIsInFlight) {
  World& world = scene_.world;
  const std::string path = GetParam().save(world, 30);
  // The last thing of it is cut in half, a second ago.
  std::vector<std::string> files = world.files_under(path);
  if (files.empty()) {  // side by side in the root, and named for their step
    files = world.files_under("");
    std::erase_if(files, [](const std::string& one) { return one.find("30") == one.npos; });
  }
  ASSERT_FALSE(files.empty());
  const std::string victim = files.back();
  world.set_bytes(victim, world.bytes(victim).substr(0, world.bytes(victim).size() / 2));
  const auto all = read_catalogue(world, {}, world.now() + std::chrono::seconds(1));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->newest_first.front().checkpoint.path, path);
  const Choice choice = select(*all, {}, world.now());
  EXPECT_TRUE(std::holds_alternative<WaitFor>(choice.what)) << victim;
}

std::string name_of(const ::testing::TestParamInfo<Framework>& row) {
  std::string name = row.param.name;
  std::erase(name, '-');
  return name;
}

std::vector<Framework> those(bool (Framework::*have)() const) {
  std::vector<Framework> rows;
  std::ranges::copy_if(frameworks(), std::back_inserter(rows), have);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Of, Damage, ::testing::ValuesIn(frameworks()), name_of);
INSTANTIATE_TEST_SUITE_P(Of,
                         DamageAmongSaves,
                         ::testing::ValuesIn(those(&Framework::keeps_saves_apart)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Of,
                         DamageToAMarker,
                         ::testing::ValuesIn(those(&Framework::has_marker)),
                         name_of);

}  // namespace
}  // namespace holdfast::checkpoint::testing
