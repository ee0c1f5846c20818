// SPDX-License-Identifier: Apache-2.0
// The plugin in srun: what it adds to the step's environment, and that it adds nothing unasked.
#include "fake_host.hpp"
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>

extern char** environ;

namespace holdfast::spank {
namespace {

using ::testing::IsEmpty;

/// Environment variables of this process for the time of a test.
class Srun : public PluginTest {
 protected:
  void SetUp() override { slurm().context = S_CTX_LOCAL; }

  void TearDown() override {
    for (const char* name : {"SLURM_CONF",
                             "SLURM_JOB_NODELIST",
                             "SLURM_DISTRIBUTION",
                             "SLURM_HOSTFILE",
                             "SLURM_CPU_BIND",
                             "SLURM_CPU_BIND_TYPE",
                             "SLURM_STEP_RESV_PORTS",
                             "MASTER_PORT",
                             "HOLDFAST_SET",
                             "HOLDFAST_BIND",
                             "HOLDFAST_MASTER_PORT",
                             "HOLDFAST_MASTER_ADDR",
                             "HOLDFAST_CPU_BIND_IS_USERS"}) {
      ::unsetenv(name);
    }
  }

  void launch(std::vector<std::string> arguments = {"default=on"}) {
    load(std::move(arguments));
    EXPECT_EQ(call("slurm_spank_init"), 0);
    EXPECT_EQ(call("slurm_spank_init_post_opt"), 0);
    EXPECT_EQ(call("slurm_spank_local_user_init"), 0);
  }

  static std::string value(const char* name) {
    const char* text = ::getenv(name);
    return text == nullptr ? "unset" : text;
  }

  static std::vector<std::string> environment() {
    std::vector<std::string> all;
    for (char** one = environ; *one != nullptr; ++one)
      all.emplace_back(*one);
    return all;
  }
};

TEST_F(Srun, LeavesTheEnvironmentAloneWhenBindingIsOff) {
  ::setenv("HOLDFAST_MASTER_PORT", "1", 1);
  const auto before = environment();
  launch({"default=off"});
  EXPECT_EQ(environment(), before);
  EXPECT_THAT(slurm().told, IsEmpty());
}

TEST_F(Srun, FindsAPortForTheRanksToMeet) {
  launch();
  const auto port = parse_number<unsigned>(value("HOLDFAST_MASTER_PORT"));
  ASSERT_TRUE(port);
  EXPECT_GE(*port, 10000U);
  EXPECT_EQ(value("HOLDFAST_MASTER_ADDR"), "unset");
  EXPECT_EQ(value("HOLDFAST_CPU_BIND_IS_USERS"), "0");
}

TEST_F(Srun, IsAskedByEnvironmentAsWellAsByOption) {
  ::setenv("HOLDFAST_BIND", "full", 1);
  launch({});
  EXPECT_NE(value("HOLDFAST_MASTER_PORT"), "unset");
}

TEST_F(Srun, TakesAnotherPortForTheNextStep) {
  launch();
  const std::string first = value("HOLDFAST_MASTER_PORT");
  slurm().step = 1;
  launch();
  EXPECT_NE(value("HOLDFAST_MASTER_PORT"), first);
}

TEST_F(Srun, DoesNotTakeThePortsReservedForAnOuterStep) {
  ::setenv("SLURM_STEP_RESV_PORTS", "12000-12003", 1);
  launch();
  EXPECT_NE(value("HOLDFAST_MASTER_PORT"), "12000");
}

TEST_F(Srun, LooksForNoPortWhereTheUserChoseOne) {
  ::setenv("MASTER_PORT", "29500", 1);
  launch();
  EXPECT_EQ(value("HOLDFAST_MASTER_PORT"), "unset");
}

TEST_F(Srun, FindsANewPortWhereAnOuterStepOfOursLeftItsOwn) {
  ::setenv("MASTER_PORT", "29500", 1);
  ::setenv("HOLDFAST_MASTER_PORT", "29500", 1);
  ::setenv("HOLDFAST_SET", "RANK,MASTER_PORT", 1);
  launch();
  EXPECT_NE(value("HOLDFAST_MASTER_PORT"), "unset");
  EXPECT_NE(value("HOLDFAST_MASTER_PORT"), "29500");
}

/// Holds the port that the first launch chose, so that a second one meets it taken.
class Listener {
 public:
  explicit Listener(std::uint16_t port)
      : socket_(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    listens_ = ::bind(socket_.get(), where, sizeof address) == 0 && ::listen(socket_.get(), 1) == 0;
  }
  [[nodiscard]] bool listens() const { return listens_; }

 private:
  files::Descriptor socket_;
  bool listens_{};
};

TEST_F(Srun, AsksTheControllerForTheNodesOfAStepOnPartOfTheJob) {
  // The fake scontrol beside this program shows the file that SLURM_CONF names.
  const std::string shown = (scratch.path() / "step").string();
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  const std::string_view full = host.data();
  std::ofstream(shown) << "StepId=7.0\n   State=RUNNING NodeList=" << full.substr(0, full.find('.'))
                       << '\n';
  ::setenv("SLURM_CONF", shown.c_str(), 1);
  ::setenv("SLURM_JOB_NODELIST", "far[1-2]", 1);
  slurm().nodes = 1;
  launch();
  const auto first = parse_number<std::uint16_t>(value("HOLDFAST_MASTER_PORT"));
  ASSERT_TRUE(first);
  const Listener listener(*first);
  if (!listener.listens()) GTEST_SKIP() << "port " << *first << " is in use here";
  launch();
  EXPECT_NE(value("HOLDFAST_MASTER_PORT"), cat(*first)) << "somebody listens on it there";
  slurm().world = 1;
  launch();
  EXPECT_EQ(value("HOLDFAST_MASTER_PORT"), cat(*first)) << "one rank meets nobody: nobody is asked";
}

TEST_F(Srun, NamesTheFirstNodeOfAnArrangedStep) {
  const std::string file = (scratch.path() / "hosts").string();
  std::ofstream(file) << "n3\nn1\n";
  ::setenv("SLURM_HOSTFILE", file.c_str(), 1);
  ::setenv("SLURM_DISTRIBUTION", "arbitrary", 1);
  launch();
  EXPECT_EQ(value("HOLDFAST_MASTER_ADDR"), "n3");
}

TEST_F(Srun, ForgetsTheFirstNodeOfAnOuterStep) {
  ::setenv("HOLDFAST_MASTER_ADDR", "n9", 1);
  launch();
  EXPECT_EQ(value("HOLDFAST_MASTER_ADDR"), "unset");
}

TEST_F(Srun, SaysThatTheUserChoseTheCpuBinding) {
  ::setenv("SLURM_CPU_BIND", "none", 1);
  launch();
  EXPECT_EQ(value("HOLDFAST_CPU_BIND_IS_USERS"), "1");
}

TEST_F(Srun, DoesNotTakeAnOuterStepsBindingForTheUsers) {
  ::setenv("SLURM_CPU_BIND", "quiet,mask_cpu:0x1", 1);
  ::setenv("SLURM_CPU_BIND_TYPE", "mask_cpu:", 1);
  launch();
  EXPECT_EQ(value("HOLDFAST_CPU_BIND_IS_USERS"), "0");
}

TEST_F(Srun, SurvivesEveryFailingAnswerOfSlurm) {
  for (int fail_at = 1; fail_at < 20; ++fail_at) {
    slurm() = FakeSlurm{};
    slurm().context = S_CTX_LOCAL;
    slurm().fail_at = fail_at;
    launch();
  }
}

}  // namespace
}  // namespace holdfast::spank
