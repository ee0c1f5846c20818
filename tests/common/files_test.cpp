// SPDX-License-Identifier: Apache-2.0
#include "holdfast/files/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::files {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

int any_file() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

TEST(Descriptor, ClosesAtTheEndOfItsScope) {
  const int fd = any_file();
  { const Descriptor file(fd); }
  EXPECT_FALSE(is_open(fd));
}

TEST(Descriptor, PassesOnWhatItHolds) {
  const int fd = any_file();
  Descriptor first(fd);
  Descriptor second(std::move(first));
  EXPECT_FALSE(first.open());  // NOLINT(bugprone-use-after-move): what is left is the point
  EXPECT_EQ(second.get(), fd);
  Descriptor third;
  EXPECT_FALSE(third.open());
  third = std::move(second);
  EXPECT_EQ(third.get(), fd);
  EXPECT_TRUE(is_open(fd));
}

TEST(Descriptor, ClosesOnceWhenToldTo) {
  const int fd = any_file();
  Descriptor file(fd);
  EXPECT_EQ(file.close(), 0);
  EXPECT_FALSE(is_open(fd));
  EXPECT_EQ(file.close(), 0) << "there is nothing left to close";
}

class Files : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& text) {
    std::ofstream(folder_ / "file") << text;
    return folder_ / "file";
  }

  holdfast::testing::TemporaryDirectory temporary_{"files"};
  std::filesystem::path folder_ = temporary_.path();
};

TEST_F(Files, AreReadWholeUpToTheirBound) {
  const std::string text(200'000, 'x');
  const auto path = file(text);
  const auto whole = read_file(path, text.size());
  ASSERT_TRUE(whole) << whole.error().sentence();
  EXPECT_EQ(*whole, text);
  const auto longer = read_file(path, text.size() - 1);
  ASSERT_FALSE(longer);
  EXPECT_NE(longer.error().sentence().find("is longer than 199999 bytes"), std::string::npos);
}

TEST_F(Files, ThatAreNotThereAreToldByName) {
  const auto read = read_file(folder_ / "none", 10);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, FailureKind::not_found);
  EXPECT_NE(read.error().sentence().find((folder_ / "none").string()), std::string::npos);
}

TEST_F(Files, APipeIsRefusedWhereNobodyMayWait) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const auto read = read_file(folder_ / "pipe", 10);  // hangs here when it waits
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().sentence().find("is no plain file"), std::string::npos);
  EXPECT_FALSE(read_file(folder_, 10)) << "a directory is none either";
}

TEST_F(Files, APipeIsReadWhereAPersonNamesIt) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], "hello", 5), 5);
  ::close(ends[1]);
  const Descriptor out(ends[0]);
  const auto read = read_file("/proc/self/fd/" + std::to_string(out.get()), 10, Expected::anything);
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(*read, "hello");
}

TEST_F(Files, OfSettingsMayBeAbsentButNotBroken) {
  const auto absent = read_settings_file(folder_ / "none");
  ASSERT_TRUE(absent) << absent.error().sentence();
  EXPECT_EQ(*absent, "");
  const auto present = read_settings_file(file("a = 1"));
  ASSERT_TRUE(present);
  EXPECT_EQ(*present, "a = 1");
  EXPECT_FALSE(read_settings_file(folder_)) << "a directory";
}

}  // namespace
}  // namespace holdfast::files
