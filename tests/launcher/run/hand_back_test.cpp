// SPDX-License-Identifier: Apache-2.0
// With scontrol, sbatch and scancel of our own on PATH, which write down what they were asked.
#include "run/hand_back.hpp"

#include "holdfast/common/text.hpp"
#include "support/temporary_directory.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Lines = std::vector<std::string>;

class HandBack : public ::testing::Test {
 protected:
  HandBack() {
    job("JobState=RUNNING");
    cluster("accounting_storage/slurmdbd");
    program("scontrol",
            "case \"$*\" in\n"
            "'-o show job 7') cat job; exit ;;\n"
            "'show config') cat config; exit ;;\n"
            "esac\n"
            "echo \"scontrol $*\" >>log; [ ! -e refuse-scontrol ] || { echo no >&2; exit 1; }");
    program("sbatch",
            "echo \"sbatch $*\" >>log; echo \"${HOLDFAST_CONTINUE:-} ${SLURM_JOB_ID:-}\" >env\n"
            "[ ! -e refuse-sbatch ] || { echo full >&2; exit 1; }; echo 8");
    program("scancel", "echo \"scancel $*\" >>log");
    ::setenv("PATH", (here_ + ":/usr/bin:/bin").c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    ::setenv("SLURM_JOB_ID", "7", 1);                         // NOLINT(concurrency-mt-unsafe)
  }

  void program(const std::string& name, const std::string& text) const {
    const std::string path = here_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\ncd " << here_ << "\n" << text << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  void job(const std::string& fields) const {
    std::ofstream(here_ + "/job") << "JobId=7 " << fields
                                  << " ExcNodeList=n9 Partition=gpu Command=/home/job.sh a\n";
  }
  void cluster(const std::string& storage) const {
    std::ofstream(here_ + "/config")
        << "AccountingStorageType = " << storage << "\nSLURM_VERSION = 22.05.8\n";
  }
  void refuse(const std::string& name) const { std::ofstream(here_ + "/refuse-" + name) << ""; }

  [[nodiscard]] Result<std::string> done(const HandBackWish& wish) const {
    boost::asio::io_context io;
    Result<std::string> said = Failure{FailureKind::timed_out, "nothing was told", "", {}};
    hand_back(io, wish, [&](Result<std::string> result) { said = std::move(result); });
    io.run();
    (void)std::signal(SIGTERM, SIG_DFL);
    return said;
  }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream in(here_ + "/" + name);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  [[nodiscard]] Lines log() const {
    Lines lines;
    const std::string text = text_of("log");
    for (const std::string_view line : split(text, '\n'))
      if (!line.empty()) lines.emplace_back(line);
    return lines;
  }

  testing::TemporaryDirectory temporary_{"hand-back"};
  std::string here_ = temporary_.path();
};

TEST_F(HandBack, RequeuesFirstAndThenSaysWhatMayOnlyBeSaidOfAPendingJob) {
  const auto said = done({.job = "7", .exclude = {"n2"}});
  ASSERT_TRUE(said) << said.error().sentence();
  EXPECT_EQ(*said, "");
  EXPECT_THAT(log(),
              ElementsAre("scontrol requeue 7",
                          "scontrol update JobId=7 ExcNodeList=n2,n9",
                          "scontrol update JobId=7 StartTime=now+5"));
}

TEST_F(HandBack, SendsAnErrandBeforeItRequeuesAJobThatNobodyCouldUpdateThen) {
  job("JobState=RUNNING ResizeTime=1795390600");
  cluster("accounting_storage/none");
  const auto said = done({.job = "7", .one_node = true, .no_script = true});
  ASSERT_TRUE(said) << said.error().sentence();
  ASSERT_EQ(log().size(), 2U);
  EXPECT_THAT(log()[0], StartsWith("sbatch --parsable --job-name=holdfast-errand-7"));
  EXPECT_THAT(log()[0], HasSubstr("'NumNodes=1-1'"));
  EXPECT_EQ(log()[1], "scontrol requeue 7");
}

TEST_F(HandBack, AsksDirectlyWhereTheClusterKeepsAccounting) {
  job("JobState=RUNNING ResizeTime=1795390600");
  (void)done({.job = "7", .one_node = true});
  EXPECT_THAT(text_of("log"), Not(HasSubstr("sbatch")));
  EXPECT_THAT(text_of("log"), HasSubstr("NumNodes=1-1"));
}

TEST_F(HandBack, TellsTheOwnerWhatToSayWhereNoErrandCanBeSent) {
  job("JobState=RUNNING ResizeTime=1795390600");
  cluster("accounting_storage/none");
  refuse("sbatch");
  const auto said = done({.job = "7", .one_node = true});
  ASSERT_TRUE(said);
  EXPECT_THAT(*said, HasSubstr("scontrol update JobId=7 NumNodes=1-1 NumTasks=1 NumCPUs=1;"));
  EXPECT_THAT(log(), ::testing::Contains("scontrol requeue 7"));
}

TEST_F(HandBack, SubmitsTheScriptAgainAndHandsTheStateDirectoryOn) {
  const auto said =
      done({.job = "7", .exclude = {"n2"}, .submit_again = true, .nodes = 4, .state = "/state"});
  ASSERT_TRUE(said);
  EXPECT_EQ(*said, "submitted again as job 8");
  ASSERT_EQ(log().size(), 2U);
  EXPECT_EQ(log()[0], "scontrol write batch_script 7 /state/batch_script");
  EXPECT_THAT(log()[1], HasSubstr("--nodes=4"));
  EXPECT_THAT(log()[1], HasSubstr("--exclude=n2,n9 /state/batch_script a"));
  EXPECT_EQ(text_of("env"), "/state \n") << "and no number of this job";
}

TEST_F(HandBack, EndsTheOldJobWhoseScriptIsGone) {
  (void)done({.job = "7", .submit_again = true, .no_script = true, .nodes = 4, .state = "/state"});
  EXPECT_EQ(log().back(), "scancel 7");
}

TEST_F(HandBack, RequeuesWhatCannotBeSubmittedAgain) {
  refuse("sbatch");
  const auto said = done({.job = "7", .submit_again = true, .nodes = 4, .state = "/state"});
  ASSERT_TRUE(said);
  EXPECT_THAT(*said, HasSubstr("full"));
  EXPECT_THAT(log(), ::testing::Contains("scontrol requeue 7"));
}

TEST_F(HandBack, FailsWhereSlurmDoesNotTakeTheJobBack) {
  refuse("scontrol");
  EXPECT_FALSE(done({.job = "7"}));
  EXPECT_THAT(log(), ElementsAre("scontrol requeue 7"));
  EXPECT_FALSE(done({.job = "7", .no_script = true}));
  EXPECT_EQ(log().back(), "scancel 7") << "or it would hold its nodes with nobody in it";
}

}  // namespace
}  // namespace holdfast::run
