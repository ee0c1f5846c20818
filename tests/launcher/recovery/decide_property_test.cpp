// SPDX-License-Identifier: Apache-2.0
// Thousands of jobs with random luck, each played to its end with decide() as its only guide. What
// must hold of every one: it ends, it never runs where it may not, it never starts from what is
// condemned. A failing job is named by its seed: play(SEED) plays it again.
#include "holdfast/recovery/decide.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace holdfast::recovery {
namespace {

/// A job, its cluster and its checkpoints.
class Job {
 public:
  explicit Job(unsigned seed) : luck_(seed) {
    ground_.wanted = 1 + below(5);
    allocate();
    policy_.max_restarts = below(30);
    policy_.max_requeues = below(6);
    policy_.no_progress = below(5);
    if (below(2) == 0) policy_.shrink_to = 1 + below(ground_.wanted);
    if (below(2) == 0) policy_.on_exhausted = Exhausted::fail;
    policy_.can_requeue = below(4) != 0;
  }

  /// Plays to the end; false when there is none within what the policy allows: every attempt but
  /// the first is a restart or follows a requeue.
  bool play() {
    for (unsigned turn = 0; turn < policy_.max_restarts + policy_.max_requeues + 2; ++turn) {
      run_attempt();
      if (!decide_and_obey()) return true;
      if (::testing::Test::HasFailure()) return true;
    }
    return false;
  }

 private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(luck_() % bound); }

  void allocate() {
    ground_.in_use.clear();
    ground_.spares.clear();
    for (unsigned node = 0; node < ground_.wanted; ++node)
      ground_.in_use.push_back(fresh_node());
    for (unsigned spare = below(3); spare > 0; --spare)
      ground_.spares.push_back(fresh_node());
    for (const auto& node : ground_.in_use)
      ground_.leaf[node] = "leaf" + std::to_string(below(3));
  }

  std::string fresh_node() { return "n" + std::to_string(++nodes_); }

  void run_attempt() {
    Attempt attempt;
    attempt.number = static_cast<unsigned>(history_.attempts.size()) + 1;
    attempt.nodes = ground_.in_use;
    attempt.resume = resume_;
    attempt.started_ms = now_;
    attempt.running_ms = below(8) == 0 ? 0 : now_ + 500;
    now_ += below(2) == 0 ? 5'000 : 500'000;
    attempt.ended_ms = now_;
    const std::uint64_t step = resume_ ? *resume_->step : 0;
    if (attempt.running_ms != 0 && below(3) != 0) {
      attempt.newest_step = step + 1 + below(5);
      good_.insert(*attempt.newest_step);
    }
    attempt.loss.cause = all_causes[below(all_causes.size())];
    if (attempt.loss.cause == Cause::cancelled && below(10) != 0)
      attempt.loss.cause = Cause::unknown;
    attempt.loss.fingerprint = std::string(word_of(attempt.loss.cause)) + std::to_string(below(4));
    attempt.loss.self_proving = below(6) == 0;
    attempt.loss.why = "bad luck";
    attempt.loss.exit_code = static_cast<int>(below(3));
    if (below(2) == 0 && !ground_.in_use.empty())
      attempt.loss.blamed = {ground_.in_use[below(static_cast<unsigned>(ground_.in_use.size()))]};
    history_.attempts.push_back(std::move(attempt));
  }

  Choice choose() {
    Choice choice;
    if (below(20) == 0)
      return {.kind = ChoiceKind::unknown, .why = "stalled", .asked = 1 + below(8)};
    for (auto at = good_.rbegin(); at != good_.rend(); ++at) {
      const std::string path = "/ckpt/" + std::to_string(*at);
      if (condemned_.contains(path)) continue;
      return {.kind = ChoiceKind::good, .resume = {.path = path, .step = *at, .format = "f"}};
    }
    if (!good_.empty()) choice.kind = ChoiceKind::none_good;
    return choice;
  }

  /// True when the job goes on.
  bool decide_and_obey() {
    for (;;) {
      const Choice choice = choose();
      const Decision decision = decide(history_, choice, ground_, policy_);
      check_again(choice, decision);
      condemned_.insert(decision.condemn.begin(), decision.condemn.end());
      EXPECT_FALSE(decision.why.empty());
      switch (decision.kind) {
        case DecisionKind::choose_again:
          EXPECT_TRUE(!decision.condemn.empty() || choice.kind == ChoiceKind::unknown);
          continue;
        case DecisionKind::stop:
          EXPECT_FALSE(decision.verdict.empty());
          EXPECT_NE(decision.exit_code, 0) << "a job that gave up must not look well";
          return false;
        case DecisionKind::requeue:
          EXPECT_TRUE(policy_.can_requeue);
          EXPECT_LT(history_.requeues, policy_.max_requeues);
          ++history_.requeues;
          allocate();
          resume_.reset();
          if (choice.kind == ChoiceKind::good) resume_ = choice.resume;
          return true;
        default:
          check_start(choice, decision);
          obey(decision);
          return true;
      }
    }
  }

  void check_again(const Choice& choice, const Decision& decision) {
    const Decision again = decide(history_, choice, ground_, policy_);
    EXPECT_EQ(again.kind, decision.kind);
    EXPECT_EQ(again.nodes, decision.nodes);
    EXPECT_EQ(again.why, decision.why);
  }

  void check_start(const Choice& choice, const Decision& decision) {
    const std::set<std::string> unique(decision.nodes.begin(), decision.nodes.end());
    EXPECT_EQ(unique.size(), decision.nodes.size());
    EXPECT_LE(decision.nodes.size(), ground_.wanted);
    EXPECT_GE(decision.nodes.size(), policy_.shrink_to.value_or(ground_.wanted));
    for (const std::string& node : decision.nodes) {
      EXPECT_FALSE(never_again(node)) << node;
      EXPECT_TRUE(has(ground_.in_use, node) || has(ground_.spares, node)) << node;
    }
    EXPECT_TRUE(decision.kind != DecisionKind::restart || decision.nodes == ground_.in_use);
    EXPECT_GE(decision.wait_ms, 0);
    EXPECT_LE(decision.wait_ms, 15 * 60'000);
    EXPECT_NE(history_.attempts.back().loss.cause, Cause::cancelled);
    if (decision.resume) {
      EXPECT_FALSE(condemned_.contains(decision.resume->path));
      EXPECT_EQ(*decision.resume, choice.resume);
    } else {
      EXPECT_TRUE(good_.empty()) << "it would start over";
    }
  }

  /// The nodes a hardware fault or a loss was blamed on.
  bool never_again(const std::string& node) const {
    return std::ranges::any_of(history_.attempts, [&](const Attempt& one) {
      const Cause cause = one.loss.cause;
      return (cause == Cause::hardware || cause == Cause::node_lost) && has(one.loss.blamed, node);
    });
  }

  static bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
  }

  void obey(const Decision& decision) {
    for (const std::string& node : decision.nodes)
      std::erase(ground_.spares, node);
    ground_.in_use = decision.nodes;
    resume_ = decision.resume;
    now_ += decision.wait_ms + 100;
  }

  std::mt19937 luck_;
  Ground ground_;
  Policy policy_;
  History history_;
  std::optional<Resume> resume_;
  std::set<std::uint64_t> good_;
  std::set<std::string> condemned_;
  unsigned nodes_{};
  std::int64_t now_{1'000'000};
};

void play(unsigned seed) {
  SCOPED_TRACE("play(" + std::to_string(seed) + ")");
  EXPECT_TRUE(Job(seed).play()) << "it never ends";
}

TEST(DecideAlways, EndsAndNeverRunsWhereOrFromWhatItMustNot) {
  for (unsigned seed = 0; seed < 5'000 && !HasFailure(); ++seed)
    play(seed);
}

}  // namespace
}  // namespace holdfast::recovery
