// SPDX-License-Identifier: Apache-2.0
#include "probes/child.hpp"

#include "fake_root.hpp"

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace holdfast::health {
namespace {

using holdfast::testing::FakeRoot;
using namespace std::chrono_literals;

Look answering(std::string name) {
  return {std::move(name), [](Facts& facts) { facts.node = "seen"; }};
}

Look hanging(std::string name) {
  return {std::move(name), [](Facts&) {
            for (;;)
              pause();
          }};
}

class LookInChildren : public ::testing::Test {
 protected:
  std::vector<Seen> look(const std::vector<Look>& looks, ChildRules rules = {}) {
    return look_in_children(looks, rules, LeftBehind(root_.path() / "left-behind"));
  }
  FakeRoot root_;
};

TEST_F(LookInChildren, BringsBackWhatTheySaw) {
  const auto seen = look({answering("a"), answering("b")});
  ASSERT_EQ(seen.size(), 2U);
  for (const Seen& one : seen) {
    EXPECT_EQ(one.record.end, ProbeEnd::answered) << one.record.why;
    ASSERT_TRUE(one.facts);
    EXPECT_EQ(one.facts->node, "seen");
  }
  EXPECT_EQ(seen[1].record.name, "b");
}

TEST_F(LookInChildren, EndsOneThatHangsAndKeepsTheOthers) {
  const auto before = std::chrono::steady_clock::now();
  const auto seen = look({hanging("gpus"), answering("host")}, {200ms});
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_EQ(seen[0].record.end, ProbeEnd::timed_out);
  EXPECT_EQ(seen[0].record.why, "was ended at the deadline");
  EXPECT_EQ(seen[0].record.children_stuck, 0U);
  EXPECT_FALSE(seen[0].facts);
  EXPECT_EQ(seen[1].record.end, ProbeEnd::answered);
  EXPECT_GE(took, 200ms);
  EXPECT_LT(took, 5s);
}

TEST_F(LookInChildren, LeavesOneBehindThatCannotBeEndedAndStartsNoThird) {
  // a signal of 0 ends nobody: the child then is as one that waits in the kernel
  const ChildRules rules{500ms, 5ms, 0};  // time enough for one that answers, on a busy machine
  const std::uint64_t before = look({hanging("gpus")}, rules)[0].record.children_stuck;
  EXPECT_EQ(before, 1U);
  const auto second = look({hanging("gpus")}, rules);
  EXPECT_EQ(second[0].record.end, ProbeEnd::stuck);
  EXPECT_EQ(second[0].record.children_stuck, 2U);
  const auto third = look({answering("gpus"), answering("host")}, rules);
  EXPECT_EQ(third[0].record.end, ProbeEnd::not_started);
  EXPECT_EQ(third[0].record.children_stuck, 2U);
  EXPECT_EQ(third[1].record.end, ProbeEnd::answered);
}

TEST_F(LookInChildren, ForgetsTheLeftBehindWhenTheyHaveEnded) {
  const LeftBehind left_behind(root_.path() / "left-behind");
  const pid_t child = fork();
  if (child == 0) {
    for (;;)
      pause();
  }
  left_behind.remember("mount /home", child);
  EXPECT_EQ(left_behind.count("mount /home"), 1U);
  EXPECT_EQ(left_behind.count("mount /scratch"), 0U);
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(left_behind.count("mount /home"), 0U);
}

TEST_F(LookInChildren, TakesNoOtherProcessForOneLeftBehind) {
  const LeftBehind left_behind(root_.path() / "left-behind");
  root_.file("left-behind/gpus." + std::to_string(getpid()) + ".1", "");
  EXPECT_EQ(left_behind.count("gpus"), 0U);
}

TEST_F(LookInChildren, SaysHowOneEnded) {
  const auto seen = look({{"crash", [](Facts&) { raise(SIGSEGV); }},
                          {"leave", [](Facts&) { _exit(3); }},
                          {"throw", [](Facts&) { throw std::runtime_error("x"); }}},
                         {5s});
  EXPECT_EQ(seen[0].record.end, ProbeEnd::failed);
  EXPECT_TRUE(seen[0].record.why == "ended by signal 11" ||
              seen[0].record.why.starts_with("ended with exit code"));
  EXPECT_EQ(seen[1].record.why, "ended with exit code 3");
  EXPECT_EQ(seen[2].record.why, "ended with exit code 2");
}

TEST_F(LookInChildren, HoldsNothingThatSlurmWaitsFor) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t prolog = fork();
  if (prolog == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    (void)look({hanging("gpus")}, {50ms, 5ms, 0});
    _exit(0);
  }
  close(ends[1]);
  char byte{};
  EXPECT_EQ(read(ends[0], &byte, 1), 0)
      << "the output of a prolog ends with it, not with its children";
  close(ends[0]);
  int status{};
  ASSERT_EQ(waitpid(prolog, &status, 0), prolog);
}

TEST_F(LookInChildren, WorksWithoutADirectoryToRemember) {
  root_.file("left-behind", "a file in its place");
  const auto seen = look({hanging("gpus")}, {50ms, 5ms, 0});
  EXPECT_EQ(seen[0].record.end, ProbeEnd::stuck);
}

}  // namespace
}  // namespace holdfast::health
