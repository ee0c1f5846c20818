// SPDX-License-Identifier: Apache-2.0
// Fixtures of our own, and the restart files of the real program where it is installed.
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"
#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(Lammps, InPiecesNeedsThemAll) {
  World world;
  world.write("multi.base.rst", lammps_base(70, 2));
  world.write("multi.0.rst", lammps_piece(0));
  EXPECT_EQ(look(world, "multi.%.rst").judgement.verdict, Verdict::unfinished);
  world.write("multi.1.rst", lammps_piece(1));
  const Listed listed = look(world, "multi.%.rst");
  EXPECT_EQ(listed.judgement.verdict, Verdict::good) << listed.judgement.why;
  EXPECT_EQ(listed.checkpoint.step, 70U);
  EXPECT_EQ(listed.files, 3U);
}

TEST(Lammps, IsOrderedByTheStepInsideNotByTime) {
  World world;
  world.write("a.rst", lammps_restart(200));
  world.pass(std::chrono::minutes(5));
  world.write("b.rst", lammps_restart(150));
  const auto all = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(all);
  ASSERT_EQ(all->newest_first.size(), 2U);
  EXPECT_EQ(all->newest_first[0].checkpoint.path, "a.rst");
}

TEST(Lammps, IsNotSeenInScriptsThatSpeakOfRestarts) {
  World world;
  world.write("a.rst", lammps_restart(200));
  world.write("in.restart", "read_restart a.rst\n");
  const auto all = read_catalogue(world, {}, world.now() + std::chrono::hours(1));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->newest_first.size(), 1U);
}

class RealLammps : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v lmp >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "LAMMPS is not installed (package lammps): its own files were NOT looked at";
    std::ofstream(place_ / "in.lj") << "units lj\natom_style atomic\nlattice fcc 0.8442\n"
                                       "region box block 0 4 0 4 0 4\ncreate_box 1 box\n"
                                       "create_atoms 1 box\nmass 1 1.0\n"
                                       "velocity all create 1.44 87287\npair_style lj/cut 2.5\n"
                                       "pair_coeff 1 1 1.0 1.0 2.5\nfix 1 all nve\n"
                                       "restart 50 a.rst b.rst\nrun 120\n"
                                       "write_restart run.*.rst\nwrite_restart multi.%.rst\n";
    const std::string command =
        "cd '" + place_.string() + "' && OMP_NUM_THREADS=1 lmp -in in.lj >lmp.out 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  [[nodiscard]] Catalogue read() const {
    Wish wish;
    wish.candidates = 8;
    const auto disk = open_disk(place_.string());
    EXPECT_TRUE(disk);
    auto all = read_catalogue(
        **disk,
        wish,
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()) +
            std::chrono::hours(1));
    EXPECT_TRUE(all);
    return std::move(*all);
  }

  holdfast::testing::TemporaryDirectory temporary_{"lammps"};
  std::filesystem::path place_ = temporary_.path();
};

TEST_F(RealLammps, WritesRestartsThatAreGoodAndInOrder) {
  const Catalogue all = read();
  EXPECT_EQ(all.format, "lammps");
  ASSERT_EQ(all.newest_first.size(), 4U);
  for (const Listed& listed : all.newest_first)
    EXPECT_EQ(listed.judgement.verdict, Verdict::good)
        << listed.checkpoint.path << ": " << listed.judgement.why;
  EXPECT_EQ(all.newest_first[0].checkpoint.step, 120U);
  EXPECT_EQ(all.newest_first[2].checkpoint.step, 100U);  // b.rst
  EXPECT_EQ(all.newest_first[3].checkpoint.step, 50U);   // a.rst
}

TEST_F(RealLammps, RestartsCutAnywhereAreNotGood) {
  const auto file = place_ / "run.120.rst";
  const auto whole = std::filesystem::file_size(file);
  for (std::uintmax_t length = whole - 1; length > 700; length -= 700) {
    std::filesystem::resize_file(file, length);
    for (const Listed& listed : read().newest_first) {
      if (listed.checkpoint.path == "run.120.rst") {
        EXPECT_EQ(listed.judgement.verdict, Verdict::damaged) << length;
      }
    }
  }
}

TEST_F(RealLammps, RestartsInPiecesMissTheirPiece) {
  std::filesystem::remove(place_ / "multi.0.rst");
  for (const Listed& listed : read().newest_first) {
    if (listed.checkpoint.path == "multi.%.rst") {
      EXPECT_EQ(listed.judgement.verdict, Verdict::unfinished);
    }
  }
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
