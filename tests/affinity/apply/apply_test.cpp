// SPDX-License-Identifier: Apache-2.0
// Binds real processes: each case runs in a child, so that the test program itself stays where it
// is. What the child saw comes back as its exit status.
#include "holdfast/affinity/apply.hpp"

#include "holdfast/common/text.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::affinity {
namespace {

using testing::HasSubstr;

/// What `work` answers in a child of its own: true or false, or nothing when it died.
bool holds_in_child(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

CpuSet allowed() {
  auto cpus = read_allowed_cpus();
  return cpus ? *cpus : CpuSet{};
}

/// The calling thread's memory policy as the kernel tells it: mode and lowest NUMA node.
struct KernelPolicy {
  int mode{-1};
  CpuSet nodes;
};

KernelPolicy read_policy() {
  KernelPolicy policy;
  std::array<unsigned long, 128> mask{};
  if (::syscall(SYS_get_mempolicy, &policy.mode, mask.data(), mask.size() * 64, nullptr, 0) != 0) {
    return {};
  }
  for (unsigned node = 0; node < 64; ++node) {
    if ((mask[0] >> node & 1UL) != 0) policy.nodes.insert(node);
  }
  return policy;
}

TEST(Affinity, OfThisProcessIsReadAsGlibcReadsIt) {
  cpu_set_t mask;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(mask), &mask), 0);
  CpuSet expected;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) expected.insert(cpu);
  }
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(allowed(), expected);
}

TEST(Affinity, BindsToEachCpuThereIs) {
  for (const unsigned cpu : allowed()) {
    EXPECT_TRUE(holds_in_child([cpu] {
      return apply_cpus(CpuSet{cpu}).has_value() && allowed() == CpuSet{cpu};
    })) << cpu;
  }
}

TEST(Affinity, OfAnEmptySetChangesNothing) {
  EXPECT_TRUE(holds_in_child([] {
    const CpuSet before = allowed();
    return apply_cpus({}).has_value() && allowed() == before;
  }));
}

TEST(Affinity, ThatTheKernelCutsIsAFailureAndIsUndone) {
  EXPECT_TRUE(holds_in_child([] {
    const CpuSet before = allowed();
    const auto bound = apply_cpus(CpuSet{before.front(), CpuSet::limit - 1});
    return !bound && bound.error().kind == FailureKind::conflict && allowed() == before;
  }));
}

TEST(Affinity, SaysWhatWouldHaveBeenLeft) {
  const unsigned first = allowed().front();
  const auto bound = apply_cpus(CpuSet{first, 65535});
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().sentence(), HasSubstr(cat("only ", first, " may be used")));
}

TEST(Affinity, ToCpusThatAreNotThereIsAFailureThatNamesThem) {
  const auto bound = apply_cpus(CpuSet{60000});
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().what, HasSubstr("none of the CPUs 60000 may"));
}

TEST(Memory, OfAnUnchangedPolicyIsLeftAlone) {
  EXPECT_TRUE(holds_in_child([] {
    const int before = read_policy().mode;
    return apply_memory({}).has_value() && read_policy().mode == before;
  }));
}

TEST(Memory, IsPreferredFromOneNode) {
  if (read_policy().mode < 0) GTEST_SKIP() << "this kernel or container forbids get_mempolicy";
  EXPECT_TRUE(holds_in_child([] {
    const auto done = apply_memory({MemoryPolicy::Kind::preferred, CpuSet{0}});
    if (!done) return done.error().kind == FailureKind::unsupported;
    constexpr int mpol_preferred = 1;
    return read_policy().mode == mpol_preferred && read_policy().nodes == CpuSet{0};
  }));
}

TEST(Memory, IsPreferredFromSeveralNodesOrAtLeastFromTheFirst) {
  if (read_policy().mode < 0) GTEST_SKIP() << "this kernel or container forbids get_mempolicy";
  EXPECT_TRUE(holds_in_child([] {
    const auto done = apply_memory({MemoryPolicy::Kind::preferred_many, CpuSet{0}});
    if (!done) return done.error().kind == FailureKind::unsupported;
    return read_policy().mode != 0 && read_policy().nodes == CpuSet{0};
  }));
}

TEST(Memory, OfANodeThatIsNotThereIsAFailureThatNamesIt) {
  EXPECT_TRUE(holds_in_child([] {
    const auto done = apply_memory({MemoryPolicy::Kind::preferred, CpuSet{1023}});
    return !done && done.error().what.find("NUMA node 1023") != std::string::npos;
  }));
}

TEST(Memory, OfNoNodeIsBadInput) {
  const auto done = apply_memory({MemoryPolicy::Kind::preferred, {}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, FailureKind::bad_input);
}

}  // namespace
}  // namespace holdfast::affinity
