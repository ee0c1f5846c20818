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

/// Tells the number of the process it was taken in.
Look telling(std::string name, unsigned shared) {
  return {std::move(name), [](Facts& facts) { facts.at = getpid(); }, shared};
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

TEST_F(LookInChildren, TakesThoseOfOneNumberInOneChildInTheirOrder) {
  const auto seen = look({telling("a", 1), telling("b", 2), telling("c", 1), telling("d", 0)});
  ASSERT_EQ(seen.size(), 4U);
  for (const Seen& one : seen)
    ASSERT_TRUE(one.facts) << one.record.name << ' ' << one.record.why;
  EXPECT_EQ(seen[2].record.name, "c");
  EXPECT_EQ(seen[0].facts->at, seen[2].facts->at);
  EXPECT_NE(seen[0].facts->at, seen[1].facts->at);
  EXPECT_NE(seen[3].facts->at, seen[0].facts->at);
  EXPECT_NE(seen[0].facts->at, getpid());
  int taken = 0;  // the child's own copy of it
  const Look counted{"counted", [&taken](Facts& facts) { facts.at = ++taken; }, 1};
  const auto in_order = look({counted, counted, counted});
  for (std::size_t at = 0; at < in_order.size(); ++at)
    EXPECT_TRUE(in_order[at].facts && in_order[at].facts->at == static_cast<int>(at) + 1) << at;
}

TEST_F(LookInChildren, GivesThoseBehindOneThatHangsAnotherChild) {
  Look stuck = hanging("stuck");
  stuck.shared = 1;
  const auto seen =
      look({telling("before", 1), stuck, telling("behind", 1), telling("last", 1)}, {2s});
  EXPECT_EQ(seen[0].record.end, ProbeEnd::answered);
  EXPECT_EQ(seen[1].record.end, ProbeEnd::timed_out);
  ASSERT_EQ(seen[2].record.end, ProbeEnd::answered) << seen[2].record.why;
  ASSERT_EQ(seen[3].record.end, ProbeEnd::answered) << seen[3].record.why;
  EXPECT_NE(seen[2].facts->at, seen[0].facts->at);
  EXPECT_EQ(seen[2].facts->at, seen[3].facts->at);
}

TEST_F(LookInChildren, GivesThoseBehindOneThatCrashedAnotherChild) {
  const auto seen = look({{"leave", [](Facts&) { _exit(3); }, 1},
                          {"throw", [](Facts&) { throw std::runtime_error("x"); }, 1},
                          telling("behind", 1)},
                         {5s});
  EXPECT_EQ(seen[0].record.why, "ended with exit code 3");
  EXPECT_EQ(seen[1].record.why, "ended with exit code 2");
  EXPECT_EQ(seen[2].record.end, ProbeEnd::answered);
}

TEST_F(LookInChildren, BelievesALookThatWasOnlySlow) {
  const Look slow{"slow",
                  [](Facts& facts) {
                    usleep(400'000);
                    facts.node = "late";
                  },
                  1};
  const auto seen = look({slow, telling("behind", 1)}, {10s});
  EXPECT_EQ(seen[0].record.end, ProbeEnd::answered) << seen[0].record.why;
  EXPECT_GE(seen[0].record.took_us, 400'000U);
  EXPECT_EQ(seen[1].record.end, ProbeEnd::answered) << seen[1].record.why;
  EXPECT_LT(seen[1].record.took_us, 400'000U);
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
  using Counts = std::vector<std::uint64_t>;
  EXPECT_EQ(left_behind.count({"mount /scratch", "mount /home"}), (Counts{0, 1}));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(left_behind.count({"mount /scratch", "mount /home"}), (Counts{0, 0}));
}

TEST_F(LookInChildren, TakesNoOtherProcessForOneLeftBehind) {
  const LeftBehind left_behind(root_.path() / "left-behind");
  root_.file("left-behind/gpus." + std::to_string(getpid()) + ".1", "");
  EXPECT_EQ(left_behind.count({"gpus"}), std::vector<std::uint64_t>{0});
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
