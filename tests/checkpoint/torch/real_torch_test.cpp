// SPDX-License-Identifier: Apache-2.0
// The readers against files of the real PyTorch, and the real PyTorch against damage it does not
// see.
#include "checkpoint/bytes.hpp"
#include "checkpoint/formats/torch.hpp"
#include "checkpoint/formats/zip.hpp"
#include "holdfast/checkpoint/catalogue.hpp"
#include "holdfast/checkpoint/payload.hpp"
#include "support/checkpoint/torch_files.hpp"
#include "support/temporary_directory.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <sys/wait.h>

#include <gtest/gtest.h>

namespace holdfast::checkpoint::testing {
namespace {

namespace fs = std::filesystem;

/// A command's status and standard output.
std::pair<int, std::string> run(const std::string& arguments) {
  const std::string command =
      std::string(HOLDFAST_PYTHON) + " " + HOLDFAST_REAL_TORCH + " " + arguments;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {127, ""};
  std::string out;
  std::array<char, 4096> piece{};
  while (std::fgets(piece.data(), piece.size(), pipe) != nullptr)
    out += piece.data();
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, out};
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class RealTorch : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    temporary_ = std::make_unique<holdfast::testing::TemporaryDirectory>("torch");
    directory_ = temporary_->path();
    status_ = run("write " + directory_.string()).first;
    if (status_ == 3)
      std::cerr << "\n*** NOT TESTED against the real PyTorch: there is none here."
                   " Debian has it as python3-torch. ***\n\n";
  }
  static void TearDownTestSuite() { temporary_.reset(); }

  void SetUp() override {
    if (status_ == 3) GTEST_SKIP() << "no PyTorch; install python3-torch";
    ASSERT_EQ(status_, 0);
  }

  static Judgement judge(const fs::path& root, const std::string& path, Level level) {
    const auto disk = open_disk(root.string());
    EXPECT_TRUE(disk);
    Wish wish;
    wish.level = level;
    const auto listed = read_checkpoint(**disk, path, wish, far_future());
    EXPECT_TRUE(listed) << listed.error().sentence();
    return listed ? listed->judgement : Judgement{};
  }

  static Time far_future() { return Time(std::chrono::hours(24 * 365 * 200)); }
  static std::unique_ptr<holdfast::testing::TemporaryDirectory> temporary_;
  static fs::path directory_;
  static int status_;
};

std::unique_ptr<holdfast::testing::TemporaryDirectory> RealTorch::temporary_;
fs::path RealTorch::directory_;
int RealTorch::status_ = 0;

TEST_F(RealTorch, FilesOfTodayAreSoundToTheLastByteAndTellTheirStep) {
  const Judgement judgement = judge(directory_, "state.pt", Level::payload);
  EXPECT_EQ(judgement.verdict, Verdict::good) << judgement.why;
  EXPECT_EQ(judgement.reached, Level::payload);
  EXPECT_EQ(judgement.step, 700U);
  EXPECT_TRUE(judgement.flags.empty());
}

TEST_F(RealTorch, FilesOfOldAreSoundAndHaveNoChecksum) {
  const Judgement judgement = judge(directory_, "legacy.pt", Level::payload);
  EXPECT_EQ(judgement.verdict, Verdict::good) << judgement.why;
  EXPECT_EQ(judgement.step, 700U);
  EXPECT_TRUE(judgement.flags.contains(Flag::no_checksum));
}

TEST_F(RealTorch, DistributedCheckpointsAreSoundToTheLastByte) {
  const Judgement judgement = judge(directory_ / "dcp", "step-7", Level::payload);
  EXPECT_EQ(judgement.verdict, Verdict::good) << judgement.why;
  EXPECT_GE(judgement.payload.size(), 2U);
}

TEST_F(RealTorch, ACutDistributedCheckpointIsDamagedWhereverItIsCut) {
  const fs::path root = directory_ / "cut";
  fs::create_directory(root);
  fs::copy(directory_ / "dcp" / "step-7", root / "step-7", fs::copy_options::recursive);
  for (const char* name : {".metadata", "__0_0.distcp"}) {
    const fs::path file = root / "step-7" / name;
    const std::string whole = read_file(file);
    for (std::size_t length = 1; length < whole.size(); length += 37) {
      write_file(file, whole.substr(0, length));
      ASSERT_NE(judge(root, "step-7", Level::structure).verdict, Verdict::good)
          << name << " cut at " << length;
    }
    write_file(file, whole);
  }
}

// The point of it all: PyTorch compares no checksum, so a flipped bit becomes part of the model.
TEST_F(RealTorch, AFlippedBitIsLoadedSilentlyByPyTorchAndRefusedHere) {
  const std::string whole = read_file(directory_ / "state.pt");
  const std::string broken_file = (directory_ / "flipped.pt").string();
  std::string bytes = whole;
  const std::size_t at = bytes.size() / 2;  // within the weights
  bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
  write_file(broken_file, bytes);

  const auto sound = run("load " + (directory_ / "state.pt").string());
  const auto broken = run("load " + broken_file);
  EXPECT_EQ(sound.first, 0);
  EXPECT_EQ(broken.first, 0) << "this PyTorch refuses it too";
  EXPECT_NE(broken.second, sound.second) << "the flipped bit was not in the weights";

  const Judgement judgement = judge(directory_, "flipped.pt", Level::payload);
  EXPECT_EQ(judgement.verdict, Verdict::damaged);
  EXPECT_NE(judgement.why.find("data/"), std::string::npos) << judgement.why;
}

TEST_F(RealTorch, ZeroesWhereWeightsWereAreLoadedSilentlyByPyTorchAndRefusedHere) {
  std::string bytes = read_file(directory_ / "state.pt");
  bytes.replace(bytes.size() / 2, 4000, 4000, '\0');
  const std::string file = (directory_ / "zeroed.pt").string();
  write_file(file, bytes);
  EXPECT_EQ(run("load " + file).first, 0) << "this PyTorch refuses it too";
  EXPECT_EQ(judge(directory_, "zeroed.pt", Level::payload).verdict, Verdict::damaged);
}

TEST_F(RealTorch, OurWriterOfFixturesWritesTheSameBytes) {
  const auto disk = open_disk(directory_.string());
  ASSERT_TRUE(disk);
  const auto file = (*disk)->open("state.pt");
  ASSERT_TRUE(file);
  const Slice slice(**file);
  const auto directory = read_torch_directory(slice);
  ASSERT_TRUE(directory) << directory.error().sentence();
  std::vector<ZipEntry> entries;
  for (const ZipRecord& record : directory->records) {
    const auto bytes = slice.read(record.payload, record.size);
    ASSERT_TRUE(bytes);
    entries.push_back({record.name.substr(record.name.find('/') + 1), *bytes});
  }
  EXPECT_EQ(torch_zip(entries, {"state", true}), read_file(directory_ / "state.pt"));
}

TEST_F(RealTorch, PyTorchLoadsWhatOurWriterOfFixturesWrites) {
  const std::string file = (directory_ / "ours.pt").string();
  write_file(file, training_state(12, 34));
  const auto loaded = run("load " + file);
  EXPECT_EQ(loaded.first, 0);
  EXPECT_GT(std::atof(loaded.second.c_str()), 3000.0);
}

}  // namespace
}  // namespace holdfast::checkpoint::testing
