// SPDX-License-Identifier: Apache-2.0
// Fixtures of our own, and the real program's where it is installed: what mdrun itself says of its
// damaged files is the measure of what is said here.
#include "holdfast/checkpoint/select.hpp"
#include "support/checkpoint/look.hpp"
#include "support/checkpoint/other_files.hpp"
#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

TEST(Gromacs, FallsBackToThePreviousOneWhenTheNewestIsCut) {
  World world;
  save_gromacs(world, 10);
  save_gromacs(world, 20);
  EXPECT_EQ(look(world, "state.cpt").checkpoint.step, 20U);
  EXPECT_EQ(look(world, "state_prev.cpt").checkpoint.step, 10U);
  world.set_bytes("state.cpt", world.bytes("state.cpt").substr(0, 300));
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::damaged);
  const auto time = world.now() + std::chrono::hours(1);
  const auto all = read_catalogue(world, {}, time);
  ASSERT_TRUE(all);
  const Choice choice = select(*all, {}, time);
  const auto* resume = std::get_if<Resume>(&choice.what);
  ASSERT_NE(resume, nullptr);
  EXPECT_EQ(all->newest_first[resume->index].checkpoint.path, "state_prev.cpt");
}

TEST(Gromacs, EmptiedByAFullDiskIsDamaged) {
  World world;
  save_gromacs(world, 10);
  save_gromacs(world, 20);
  world.set_bytes("state.cpt", "");
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::damaged);
}

TEST(Gromacs, GoesOnOnlyWithOutputsAsTheyWere) {
  World world;
  save_gromacs(world, 10);
  save_gromacs(world, 20);
  const std::string log = world.bytes("md.log");
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::good);
  EXPECT_EQ(look(world, "state.cpt").judgement.reached, Level::structure);

  world.set_bytes("md.log", log + "what was written after the checkpoint");
  EXPECT_EQ(look(world, "state.cpt", Level::payload).judgement.verdict, Verdict::good)
      << look(world, "state.cpt", Level::payload).judgement.why;

  world.set_bytes("md.log", log.substr(0, log.size() - 1));
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::damaged);
  EXPECT_EQ(look(world, "state_prev.cpt").judgement.verdict, Verdict::good)
      << "the one before goes on from an earlier byte";

  world.set_bytes("md.log", log);
  change(world, "md.log", log.size() - 5, '\0');
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::good) << "not read that deep";
  EXPECT_EQ(look(world, "state.cpt", Level::payload).judgement.verdict, Verdict::damaged);
}

TEST(Gromacs, MissesAnOutputWhereOthersAreThere) {
  World world;
  world.write("md.log", "so far");
  world.write("state.cpt", gromacs_checkpoint(10, {{"md.log", "so far"}, {"traj.xtc", "xyz"}}));
  const Listed listed = look(world, "state.cpt");
  EXPECT_EQ(listed.judgement.verdict, Verdict::damaged);
  EXPECT_NE(listed.judgement.why.find("traj.xtc, which is not there"), std::string::npos)
      << listed.judgement.why;
  world.remove("md.log");
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::good)
      << "a copy elsewhere says nothing of outputs";
}

TEST(Gromacs, OfARunThatAppendsToNothingNeedsNoOutputs) {
  World world;
  world.write("md.part0002.log", "so far");
  world.write("state.cpt",
              gromacs_checkpoint(10, {{"md.part0002.log", "so far"}, {"traj.part0002.xtc", "x"}}));
  EXPECT_EQ(look(world, "state.cpt").judgement.verdict, Verdict::good);
}

/// A box of argon, small enough to be computed in a moment.
class RealGromacs : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v gmx >/dev/null 2>&1") != 0)
      GTEST_SKIP()
          << "GROMACS is not installed (package gromacs): its own files were NOT looked at";
    std::ofstream(place_ / "topol.top") << "[ defaults ]\n1 2 yes 1.0 1.0\n[ atomtypes ]\n"
                                           "AR 39.948 0.0 A 0.3405 0.996\n[ moleculetype ]\nAR 1\n"
                                           "[ atoms ]\n1 AR 1 AR AR 1 0.0 39.948\n"
                                           "[ system ]\nargon\n[ molecules ]\nAR 64\n";
    std::ofstream(place_ / "grompp.mdp")
        << "integrator = md\ndt = 0.002\nnsteps = 100\nnstxout-compressed = 20\nnstenergy = 20\n"
           "nstlog = 20\nrvdw = 0.9\nrcoulomb = 0.9\nrlist = 0.9\n"
           "gen-vel = yes\ngen-temp = 90\ngen-seed = 7\n";
    write_atoms();
    ASSERT_EQ(gmx("grompp -maxwarn 9"), 0);
    ASSERT_EQ(gmx("mdrun -ntmpi 1 -ntomp 1 -cpt 0"), 0);
  }

  /// The exit status of a command of GROMACS.
  [[nodiscard]] int gmx(const std::string& words) const {
    return std::system(
        ("cd '" + place_.string() + "' && OMP_NUM_THREADS=1 gmx " + words + " >>gmx.out 2>&1")
            .c_str());
  }

  /// Whether mdrun goes on from state.cpt, tried on a copy.
  [[nodiscard]] bool goes_on() const {
    const auto copy = place_ / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::create_directory(copy);
    for (const auto& entry : std::filesystem::directory_iterator(place_))
      if (entry.is_regular_file())
        std::filesystem::copy(entry.path(), copy / entry.path().filename());
    return std::system(("cd '" + copy.string() +
                        "' && OMP_NUM_THREADS=1 gmx mdrun -ntmpi 1 -ntomp 1 -nsteps 20"
                        " -cpi state.cpt >gmx.out 2>&1")
                           .c_str()) == 0;
  }

  [[nodiscard]] Listed listed(const std::string& path, Level level) const {
    Wish wish;
    wish.level = level;
    const auto disk = open_disk(place_.string());
    EXPECT_TRUE(disk);
    const auto now =
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
    auto one = read_checkpoint(**disk, path, wish, now + std::chrono::hours(1));
    EXPECT_TRUE(one) << path;
    return one ? std::move(*one) : Listed{};
  }

  [[nodiscard]] std::string bytes(const char* name) const {
    std::ifstream in(place_ / name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  void write(const char* name, const std::string& bytes) const {
    std::ofstream(place_ / name, std::ios::binary) << bytes;
  }

  holdfast::testing::TemporaryDirectory temporary_{"gromacs"};
  std::filesystem::path place_ = temporary_.path();

 private:
  void write_atoms() const {
    std::FILE* file = std::fopen((place_ / "conf.gro").c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs("argon\n64\n", file);
    for (int i = 0; i < 64; ++i)
      std::fprintf(file,
                   "%5d%-5s%5s%5d%8.3f%8.3f%8.3f\n",
                   i + 1,
                   "AR",
                   "AR",
                   i + 1,
                   0.1 + 0.55 * (i / 16),
                   0.1 + 0.55 * (i / 4 % 4),
                   0.1 + 0.55 * (i % 4));
    std::fputs("   2.20000   2.20000   2.20000\n", file);
    std::fclose(file);
  }
};

TEST_F(RealGromacs, WritesCheckpointsThatAreSoundWithTheirOutputs) {
  const Listed last = listed("state.cpt", Level::payload);
  EXPECT_EQ(last.judgement.verdict, Verdict::good) << last.judgement.why;
  EXPECT_EQ(last.checkpoint.step, 100U);
  EXPECT_EQ(last.judgement.payload.size(), 4U) << "the log, the trajectory, the energies, itself";
  EXPECT_LT(listed("state_prev.cpt", Level::edges).checkpoint.step, 100U);
  EXPECT_TRUE(goes_on());
}

TEST_F(RealGromacs, RefusesTheOutputsThatAreRefusedHere) {
  const std::string log = bytes("md.log");
  const std::string sound = bytes("traj_comp.xtc");
  write("traj_comp.xtc", sound.substr(0, sound.size() / 4));
  EXPECT_FALSE(goes_on());
  EXPECT_EQ(listed("state.cpt", Level::structure).judgement.verdict, Verdict::damaged);

  write("traj_comp.xtc", sound);
  std::string flipped = log;
  flipped[5000] = static_cast<char>(flipped[5000] ^ 1);
  write("md.log", flipped);
  EXPECT_FALSE(goes_on());
  EXPECT_EQ(listed("state.cpt", Level::payload).judgement.verdict, Verdict::damaged);

  write("md.log", log);
  EXPECT_TRUE(goes_on());
  std::filesystem::remove(place_ / "ener.edr");
  EXPECT_FALSE(goes_on());
  EXPECT_EQ(listed("state.cpt", Level::structure).judgement.verdict, Verdict::damaged);
}

TEST_F(RealGromacs, CheckpointsCutAnywhereAreDamaged) {
  const auto whole = std::filesystem::file_size(place_ / "state.cpt");
  for (std::uintmax_t length = whole - 1; length > 40; length -= 40) {
    std::filesystem::resize_file(place_ / "state.cpt", length);
    EXPECT_EQ(listed("state.cpt", Level::edges).judgement.verdict, Verdict::damaged) << length;
  }
  EXPECT_FALSE(goes_on());
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
