// SPDX-License-Identifier: Apache-2.0
// `--ckpt-format` in directories that hold more than one kind of checkpoint, so that recognising
// takes the one and the user means the other.
#include "cli/conversation.hpp"
#include "cli/run/asked.hpp"
#include "holdfast/common/text.hpp"
#include "support/checkpoint/other_files.hpp"
#include "support/checkpoint/torch_files.hpp"
#include "support/temporary_directory.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::holdfast;

/// Files, what they are taken for, and what they are said to be.
struct Mixture {
  std::string name;
  std::vector<std::pair<std::string, std::string>> files;
  std::string recognised;
  std::string meant;
  std::string path;  ///< of the newest checkpoint of the format that is meant
};

std::vector<Mixture> mixtures() {
  using namespace checkpoint::testing;
  return {
      {"ATorchModelTrainedOnAnLammpsRun",
       {{"run.10.rst", lammps_restart(10)}, {"ckpt_step_20.pt", training_state(20, 1)}},
       "lammps",
       "torch-file",
       "ckpt_step_20.pt"},
      {"AnLammpsRunBesideAGromacsRun",
       {{"state.cpt", gromacs_checkpoint(10)}, {"run.10.rst", lammps_restart(10)}},
       "gromacs",
       "lammps",
       "run.10.rst"},
  };
}

class CkptFormat : public ::testing::TestWithParam<Mixture> {
 protected:
  CkptFormat() {
    fs::create_directory(root());
    for (const auto& [name, bytes] : GetParam().files) {
      std::ofstream(root() / name, std::ios::binary) << bytes;
      fs::last_write_time(root() / name, fs::file_time_type::clock::now() - std::chrono::hours(1));
    }
  }

  [[nodiscard]] fs::path root() const { return place_ / "ckpt"; }
  [[nodiscard]] std::string checkpoint() const { return (root() / GetParam().path).string(); }

  /// `holdfast ckpt WORD --ckpt-format MEANT …`
  [[nodiscard]] static testing::Conversation ckpt(std::vector<std::string> words) {
    words.insert(words.begin(), "ckpt");
    words.insert(words.begin() + 2, {"--ckpt-format", GetParam().meant});
    return holdfast(words);
  }

  holdfast::testing::TemporaryDirectory temporary_{"format"};
  fs::path place_ = temporary_.path();
};

TEST_P(CkptFormat, IsRecognisedAsTheOther) {
  const auto told = holdfast({"ckpt", "list", "--json", root().string()});
  EXPECT_THAT(told.out, HasSubstr(cat("\"format\":\"", GetParam().recognised, '"')));
  EXPECT_EQ(told.out.find(GetParam().meant), std::string::npos);
}

TEST_P(CkptFormat, IsTakenAtTheUsersWordByEveryVerb) {
  const std::string& path = GetParam().path;
  const auto list = ckpt({"list", "--json", root().string()});
  EXPECT_EQ(list.status, 0) << list.talk;
  EXPECT_THAT(list.out, HasSubstr(cat("\"chosen\":\"", path, '"')));
  EXPECT_THAT(list.out, HasSubstr(cat("\"format\":\"", GetParam().meant, '"')));
  EXPECT_EQ(list.out.find(cat("\"format\":\"", GetParam().recognised, '"')), std::string::npos);

  EXPECT_EQ(ckpt({"latest", root().string()}).out, cat(checkpoint(), '\n'));
  EXPECT_THAT(ckpt({"latest", "--print", "env", root().string()}).out,
              HasSubstr(cat("HOLDFAST_RESUME_FORMAT=", GetParam().meant)));

  const auto verify = ckpt({"verify", "--json", checkpoint()});
  EXPECT_EQ(verify.status, 0) << verify.talk;
  EXPECT_THAT(verify.out, HasSubstr(cat("\"format\":\"", GetParam().meant, '"')));

  const auto explain = ckpt({"explain", "--json", checkpoint()});
  EXPECT_EQ(explain.status, 0) << explain.talk;
  EXPECT_THAT(explain.out, HasSubstr(cat("\"format\":\"", GetParam().meant, '"')));

  const auto watch = ckpt({"watch", "--count", "1", "--timeout", "60s", root().string()});
  EXPECT_EQ(watch.status, 0) << watch.talk;
  EXPECT_THAT(watch.out, HasSubstr(cat(path, ": good")));
}

TEST_P(CkptFormat, OfAnotherIsNoCheckpointOfIt) {
  const std::string other = GetParam().files.front().first;
  const auto verify = ckpt({"verify", (root() / other).string()});
  EXPECT_EQ(verify.status, 2);
  EXPECT_THAT(verify.talk, HasSubstr("is no checkpoint of a format known here"));
}

TEST_P(CkptFormat, IsHandedToTheCatalogueOfARun) {
  const auto options = parse_options(
      run_options, {}, std::vector<std::string>{"--ckpt-format", GetParam().meant, "--ckpt", "/x"});
  ASSERT_TRUE(options) << options.error().sentence();
  const auto settings = settings_of(*options);
  ASSERT_TRUE(settings) << settings.error().sentence();
  EXPECT_THAT(settings->look, ::testing::ElementsAre("--ckpt-format", GetParam().meant));
}

TEST(CkptFormatOfARun, IsRefusedAtTheStartWhenThereIsNone) {
  const auto options =
      parse_options(run_options, {}, std::vector<std::string>{"--ckpt-format", "megatrom"});
  ASSERT_TRUE(options) << options.error().sentence();
  const auto settings = settings_of(*options);
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().sentence(), HasSubstr("did you mean megatron?"));
}

INSTANTIATE_TEST_SUITE_P(Of, CkptFormat, ::testing::ValuesIn(mixtures()), [](const auto& row) {
  return row.param.name;
});

}  // namespace
}  // namespace holdfast::cli
