// SPDX-License-Identifier: Apache-2.0
#include "holdfast/checkpoint/memory.hpp"

#include "checkpoint/handover/place.hpp"

namespace holdfast::checkpoint {
namespace {

class Memory : public testing::Place {
 protected:
  Memory() {
    bad_.path = "step-20";
    bad_.step = 20;
    bad_.committed = Time(std::chrono::seconds(1000));
  }

  void learn(Experience experience, const Checkpoint& checkpoint) const {
    const auto when = Time(std::chrono::seconds(2000));
    ASSERT_TRUE(
        append_memory(in("memory.jsonl"), remember(experience, checkpoint, "it fell", when)));
  }

  [[nodiscard]] std::vector<Condemned> condemned() const {
    const auto memory = read_memory(in("memory.jsonl"));
    EXPECT_TRUE(memory);
    return condemned_by(*memory);
  }

  Checkpoint bad_;
};

TEST_F(Memory, IsEmptyWhereNothingWasLearnt) { EXPECT_TRUE(condemned().empty()); }

TEST_F(Memory, CondemnsWhatKilledTwoAttempts) {
  learn(Experience::died, bad_);
  EXPECT_TRUE(condemned().empty());
  learn(Experience::died, bad_);
  ASSERT_EQ(condemned().size(), 1U);
  EXPECT_NE(find_condemned(condemned(), bad_), nullptr);
  EXPECT_EQ(condemned()[0].why, "it fell");
}

TEST_F(Memory, TakesTheSameNameSavedAgainForAnotherCheckpoint) {
  learn(Experience::condemned, bad_);
  Checkpoint again = bad_;
  again.committed = Time(std::chrono::seconds(1500));
  EXPECT_EQ(find_condemned(condemned(), again), nullptr);
}

TEST_F(Memory, ForgetsWhatWasAcquitted) {
  learn(Experience::died, bad_);
  learn(Experience::condemned, bad_);
  learn(Experience::acquitted, bad_);
  learn(Experience::died, bad_);
  EXPECT_TRUE(condemned().empty());
}

TEST_F(Memory, LosesOneLineToACrashAndNotTheNext) {
  learn(Experience::condemned, bad_);
  const std::string whole = read("memory.jsonl");
  write("memory.jsonl", whole.substr(0, whole.size() / 2));
  learn(Experience::condemned, bad_);
  EXPECT_EQ(condemned().size(), 1U);
}

}  // namespace
}  // namespace holdfast::checkpoint
