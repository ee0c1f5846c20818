// SPDX-License-Identifier: Apache-2.0
// Who has the node map written, and when: slurmd at its start, a step's root side when there is
// none. All of it under a /run of this program's own.
#include "fake_host.hpp"
#include "holdfast/common/text.hpp"

#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

#include <gmock/gmock.h>

namespace holdfast::spank {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class NodeMapHook : public PluginTest {
 protected:
  void SetUp() override {
    if (!has_own_run()) GTEST_SKIP() << "only root can give this test a /run of its own";
    std::filesystem::remove_all("/run/holdfast");
  }

  static void write_map(const std::string& boot_id) {
    std::filesystem::create_directory("/run/holdfast");
    std::ofstream("/run/holdfast/node.json") << "holdfast-node-map 1 " << boot_id << " 0.1.0\n{}\n";
  }

  static std::string boot_id() {
    std::string id;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
    return id;
  }

  /// The root side of a step that wants to be bound.
  void begin_root_side(std::vector<std::string> arguments = {"default=on"}) {
    load(std::move(arguments));
    EXPECT_EQ(call("slurm_spank_init"), 0);
    EXPECT_EQ(call("slurm_spank_init_post_opt"), 0);
  }
};

TEST_F(NodeMapHook, IsWrittenByTheFirstStepInAnEmptyEnvironment) {
  ::setenv("HOLDFAST_FORGED", "1", 1);
  slurm().set_variable("LD_PRELOAD", "/lib/evil.so");
  begin_root_side();
  ::unsetenv("HOLDFAST_FORGED");
  EXPECT_THAT(program.calls(),
              ::testing::StartsWith("call topo --write-node-map\n"
                                    "env PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
                                    "uids 0 0 0\n"));
  EXPECT_EQ(program.count_calls("topo"), 1U);
}

TEST_F(NodeMapHook, IsNotWrittenAgainInTheSameBoot) {
  write_map(boot_id());
  begin_root_side();
  EXPECT_EQ(program.calls(), "");
}

TEST_F(NodeMapHook, OfAnEarlierBootIsWrittenAnew) {
  write_map("00000000-0000-0000-0000-000000000000");
  begin_root_side();
  EXPECT_EQ(program.count_calls("topo"), 1U);
}

TEST_F(NodeMapHook, IsNobodysBusinessWhenTheStepIsNotBound) {
  begin_root_side({"default=off"});
  EXPECT_EQ(program.calls(), "");
  EXPECT_FALSE(std::filesystem::exists("/run/holdfast"));
}

TEST_F(NodeMapHook, IsNobodysBusinessInABatchScript) {
  slurm().step = 0xfffffffb;
  begin_root_side();
  EXPECT_EQ(program.calls(), "");
}

TEST_F(NodeMapHook, IsWrittenWhenSlurmdStartsWhateverIsThere) {
  write_map(boot_id());
  slurm().context = S_CTX_SLURMD;
  load({"default=off"});
  EXPECT_EQ(call("slurm_spank_init"), 0);
  EXPECT_EQ(program.count_calls("topo"), 1U);
  EXPECT_THAT(slurm().logged, IsEmpty());
}

TEST_F(NodeMapHook, IsLeftToWhoeverIsWritingIt) {
  std::filesystem::create_directory("/run/holdfast");
  const int other = ::open("/run/holdfast/node.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  begin_root_side();
  EXPECT_EQ(program.calls(), "");
  EXPECT_THAT(slurm().logged, IsEmpty());
  ::close(other);
  begin_root_side();
  EXPECT_EQ(program.count_calls("topo"), 1U);
}

TEST_F(NodeMapHook, ThatTakesTooLongIsGivenUpAndLogged) {
  program.behave("hang");
  const auto began = std::chrono::steady_clock::now();
  begin_root_side({"default=on", "deadline=200ms"});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  EXPECT_THAT(slurm().logged,
              ElementsAre(::testing::AllOf(HasSubstr("writing the node map"),
                                           HasSubstr("did not answer within 200 ms"))));
  EXPECT_THAT(slurm().told, IsEmpty());
}

TEST_F(NodeMapHook, KeepsSlurmdAliveWithoutAProgram) {
  slurm().context = S_CTX_SLURMD;
  load();
  std::filesystem::remove(program.path());
  EXPECT_EQ(call("slurm_spank_init"), 0);
  EXPECT_THAT(slurm().logged, ElementsAre(HasSubstr("cannot be started")));
}

}  // namespace
}  // namespace holdfast::spank
