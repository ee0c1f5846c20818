// SPDX-License-Identifier: Apache-2.0
// The real file system behind the window: what it shows, and what it never opens. Every test runs
// twice, with openat2() and with the walk that stands in for it.
#include "checkpoint/posix_disk.hpp"

#include "holdfast/checkpoint/catalogue.hpp"
#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::checkpoint {
namespace {

namespace fs = std::filesystem;

/// Root may read everything; until the end of the scope this process is no longer root.
class AsSomebody {
 public:
  AsSomebody() : user_(::geteuid()) { EXPECT_EQ(user_ == 0 ? ::seteuid(65534) : 0, 0); }
  ~AsSomebody() { EXPECT_EQ(::seteuid(user_), 0); }
  AsSomebody(const AsSomebody&) = delete;
  AsSomebody& operator=(const AsSomebody&) = delete;

 private:
  uid_t user_;
};

class PosixDiskBy : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "step" / "inner");
    write(root_ / "step" / "file", "0123456789");
    write(above_ / "secret", "not yours");
    Descriptor fd(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(fd.open());
    disk_ = std::make_unique<PosixDisk>(std::move(fd), root_.string(), GetParam());
  }

  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  [[nodiscard]] std::string read(const std::string& path) const {
    const auto text = read_small_file(*disk_, path, 1000);
    return text ? *text : "!" + text.error().sentence();
  }
  [[nodiscard]] FileKind kind(const std::string& path) const {
    const auto status = disk_->status(path);
    return status ? status->kind : FileKind::hidden;
  }

  holdfast::testing::TemporaryDirectory temporary_{"disk"};
  fs::path above_ = temporary_.path();
  fs::path root_ = above_ / "root";
  std::unique_ptr<PosixDisk> disk_;
};

TEST_P(PosixDiskBy, ListsWithSizesInOrderOfNames) {
  write(root_ / "step" / "another", "abc");
  const auto listing = disk_->list("step", 100);
  ASSERT_TRUE(listing);
  ASSERT_EQ(listing->entries.size(), 3U);
  EXPECT_EQ(listing->entries[0].name, "another");
  EXPECT_EQ(listing->entries[1].status.size, 10U);
  EXPECT_EQ(listing->entries[2].status.kind, FileKind::directory);
  EXPECT_TRUE(listing->whole);
}

TEST_P(PosixDiskBy, StopsListingAtTheLimit) {
  for (int i = 0; i < 20; ++i)
    write(root_ / "step" / std::to_string(i), "");
  const auto listing = disk_->list("step", 5);
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->entries.size(), 5U);
  EXPECT_FALSE(listing->whole);
}

TEST_P(PosixDiskBy, TellsWhatIsGone) {
  EXPECT_EQ(disk_->list("absent", 9).error().kind, FailureKind::not_found);
  EXPECT_EQ(disk_->open("step/absent").error().kind, FailureKind::not_found);
  EXPECT_EQ(disk_->status("step/file/deeper").error().kind, FailureKind::not_found);
}

TEST_P(PosixDiskBy, ReadsAFileAndAPartOfIt) {
  EXPECT_EQ(read("step/file"), "0123456789");
  const auto file = disk_->open("step/file");
  ASSERT_TRUE(file);
  std::array<std::byte, 8> bytes{};
  EXPECT_EQ((*file)->read_at(6, bytes).value(), 4U);
  EXPECT_EQ(bytes[0], std::byte{'6'});
}

TEST_P(PosixDiskBy, FollowsLinksThatStayInside) {
  fs::create_symlink("step/file", root_ / "relative");
  fs::create_symlink("../step/file", root_ / "step" / "roundabout");
  fs::create_symlink(root_ / "step" / "file", root_ / "absolute");
  fs::create_directory_symlink("step", root_ / "last");
  EXPECT_EQ(read("relative"), "0123456789");
  EXPECT_EQ(read("step/roundabout"), "0123456789");
  EXPECT_EQ(read("absolute"), "0123456789");
  EXPECT_EQ(read("last/file"), "0123456789");
  EXPECT_EQ(kind("last"), FileKind::directory);
  EXPECT_TRUE(disk_->status("last")->linked);
  EXPECT_EQ(disk_->read_link("relative").value(), "step/file");
}

TEST_P(PosixDiskBy, NeverFollowsAnythingOut) {
  fs::create_symlink("../secret", root_ / "up");
  fs::create_symlink(above_ / "secret", root_ / "absolute");
  fs::create_symlink("/proc/self/environ", root_ / "magic");
  fs::create_symlink(root_.string() + "-other", root_ / "lookalike");
  fs::create_directory_symlink("../..", root_ / "step" / "high");
  for (const char* path : {"up", "absolute", "magic", "lookalike", "step/high/secret", "../secret"})
    EXPECT_TRUE(read(path).starts_with("!")) << path;
  EXPECT_EQ(kind("up"), FileKind::refused);
  EXPECT_EQ(kind("absolute"), FileKind::refused);
  const auto listing = disk_->list("", 100);
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->find("up")->status.kind, FileKind::refused);
}

TEST_P(PosixDiskBy, NeverWaitsForALoopOfLinks) {
  fs::create_symlink("b", root_ / "a");
  fs::create_symlink("a", root_ / "b");
  EXPECT_EQ(kind("a"), FileKind::refused);
  EXPECT_TRUE(read("a").starts_with("!"));
}

TEST_P(PosixDiskBy, NeverOpensAFifo) {
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(kind("pipe"), FileKind::special);
  EXPECT_EQ(disk_->open("pipe").error().kind, FailureKind::unsupported);
}

TEST_P(PosixDiskBy, TellsHoles) {
  const fs::path path = root_ / "sparse";
  write(path, std::string(4096, 'x'));
  ASSERT_EQ(::truncate(path.c_str(), 1 << 20), 0);
  const auto file = disk_->open("sparse");
  ASSERT_TRUE(file);
  EXPECT_LT((*file)->status().blocks * 512, (*file)->status().size);
  EXPECT_LE((*file)->find_hole().value(), (*file)->status().size);
}

TEST_P(PosixDiskBy, SaysWhatMayNotBeRead) {
  fs::permissions(root_ / "step" / "file", fs::perms::none);
  const AsSomebody somebody;
  EXPECT_EQ(disk_->open("step/file").error().kind, FailureKind::denied);
  const auto status = disk_->status("step/file");
  ASSERT_TRUE(status) << "its name and size may be seen all the same";
  EXPECT_EQ(status->size, 10U);
}

TEST_P(PosixDiskBy, TakesNamesAsTheyAre) {
  const std::string name = "new\nline \xc3\xa4 \xff";
  write(root_ / name, "here");
  EXPECT_EQ(read(name), "here");
}

INSTANTIATE_TEST_SUITE_P(Means, PosixDiskBy, ::testing::Bool(), [](const auto& by_hand) {
  return by_hand.param ? std::string("Walk") : std::string("Openat2");
});

TEST(OpenDisk, SaysThatARootIsNotThere) {
  const auto disk = open_disk("/nowhere/at/all", Patience{});
  ASSERT_FALSE(disk);
  EXPECT_EQ(disk.error().kind, FailureKind::not_found);
}

TEST(ReadSmallFile, RefusesALargeOne) {
  const holdfast::testing::TemporaryDirectory temporary("small");
  const fs::path& root = temporary.path();
  std::ofstream(root / "large") << std::string(2000, 'x');
  const auto disk = open_disk(root.string(), Patience{});
  ASSERT_TRUE(disk);
  EXPECT_EQ(read_small_file(**disk, "large", 1999).error().kind, FailureKind::unsupported);
  EXPECT_EQ(read_small_file(**disk, "large", 2000)->size(), 2000U);
}

}  // namespace
}  // namespace holdfast::checkpoint
