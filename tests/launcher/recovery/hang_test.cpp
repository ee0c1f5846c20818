// SPDX-License-Identifier: Apache-2.0
#include "holdfast/recovery/hang.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::recovery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t second = 1'000;
constexpr std::int64_t minute = 60 * second;

/// Eight ranks on n1 to n4, looked at every five seconds. What they do is changed between times.
class Scene {
 public:
  explicit Scene(HangPolicy policy = {}, std::int64_t gap = 0) : watch(policy, gap) {
    for (unsigned rank = 0; rank < 8; ++rank)
      pulses.push_back({.rank = rank, .cpu_ms = 1000, .state = 'S'});
  }

  /// Time goes by; `each` is done before every look.
  void pass(
      std::int64_t ms, const std::function<void()>& each = [] {}) {
    for (const std::int64_t end = look.at_ms + ms; look.at_ms < end;) {
      look.at_ms += 5 * second;
      each();
      look.votes.clear();
      for (unsigned node = 0; node < 4; ++node)
        if (node < answering)
          look.votes.push_back({.node = "n" + std::to_string(node + 1),
                                .at_ms = look.at_ms,
                                .ranks = {pulses[2 * node], pulses[2 * node + 1]}});
      watch.observe(look);
    }
  }
  void print(std::uint64_t bytes = 10) {
    look.output_bytes += bytes;
    pulses[0].io_bytes += bytes;
  }
  void talk(std::uint64_t bytes) {
    for (RankPulse& pulse : pulses)
      pulse.io_bytes += bytes;
  }
  void fault(std::uint64_t pages) {
    for (RankPulse& pulse : pulses)
      pulse.faults += pages;
  }
  void look_at_gpus(unsigned first, std::uint64_t percent) {
    for (unsigned rank = first; rank < 8; ++rank)
      pulses[rank].gpu_memory = {pulses[rank].gpu_memory.done + percent,
                                 pulses[rank].gpu_memory.over + 1};
  }
  void spin(unsigned first = 0) {
    for (unsigned rank = first; rank < 8; ++rank)
      pulses[rank].cpu_ms += 5 * second;
  }

  HangWatch watch;
  Look look{.at_ms = 1'000'000};
  std::vector<RankPulse> pulses;
  unsigned answering{4};
};

TEST(Hang, IsSeenWhenNothingGrowsAndNobodyWorks) {
  Scene scene;
  scene.pass(minute, [&] { scene.print(); });
  scene.pass(9 * minute);
  EXPECT_FALSE(scene.watch.judge().hung);
  scene.pass(2 * minute);
  const auto judgement = scene.watch.judge();
  ASSERT_TRUE(judgement.hung);
  EXPECT_EQ(judgement.hung->timeout_ms, 10 * minute);
  EXPECT_THAT(judgement.hung->ranks, IsEmpty()) << "all are alike";
  EXPECT_THAT(judgement.why, HasSubstr("8 of 8 ranks use no CPU"));
}

TEST(Hang, IsNotSeenWhileOneRankWorks) {
  Scene scene;
  scene.pass(30 * minute, [&] { scene.spin(7); });
  EXPECT_FALSE(scene.watch.judge().hung);
  EXPECT_THAT(scene.watch.judge().why, HasSubstr("rank 7"));
}

TEST(Hang, IsNotSeenWhileAGpuWorks) {
  Scene scene;
  scene.pass(30 * minute, [&] { scene.look_at_gpus(2, 40); });
  EXPECT_FALSE(scene.watch.judge().hung);
}

TEST(Hang, IsSeenThoughGpusSpin) {
  Scene scene;
  scene.pass(5 * minute, [&] {
    scene.look_at_gpus(2, 40);
    scene.print();
  });
  scene.pass(15 * minute, [&] { scene.look_at_gpus(2, 1); });
  EXPECT_TRUE(scene.watch.judge().hung);
}

TEST(Hang, IsNotSeenWhileOutputOrCheckpointsGrow) {
  Scene output;
  output.pass(30 * minute, [&] { output.print(); });
  EXPECT_FALSE(output.watch.judge().hung);
  Scene saving;
  saving.pass(30 * minute, [&] { ++saving.look.checkpoints; });
  EXPECT_FALSE(saving.watch.judge().hung);
}

TEST(Hang, TellsSpinningFromWorkByWhatRanksDidWhileTheJobGotOn) {
  struct Case {
    std::string_view what;
    std::function<void(Scene&)> working;
    std::function<void(Scene&)> silent;
    bool hung;
  };
  const auto talk = [](Scene& scene) { scene.talk(1'000'000); };
  const auto nothing = [](Scene&) {};
  const Case cases[] = {
      {"ranks that talked are mute", talk, nothing, true},
      {"ranks still talk", talk, talk, false},
      {"they talk a fifth of what they did", talk, [](Scene& s) { s.talk(200'000); }, false},
      {"they talk a hundredth", talk, [](Scene& s) { s.talk(10'000); }, true},
      {"nobody knows what they do", nothing, nothing, false},
      {"needing no pages alone is no sign", [](Scene& s) { s.fault(500); }, nothing, false},
      {"mute, but still in need of pages",
       [](Scene& s) {
         s.talk(1'000'000);
         s.fault(500);
       },
       [](Scene& s) { s.fault(500); },
       false},
      {"all they wrote was their output",
       [](Scene& s) {
         s.talk(100'000);
         s.look.output_bytes += 800'000;
       },
       nothing,
       false},
      {"GPUs that worked wait",
       [](Scene& s) { s.look_at_gpus(0, 60); },
       [](Scene& s) { s.look_at_gpus(0, 0); },
       true},
      {"no one can see the GPUs any more, and that is all there was",
       [](Scene& s) { s.look_at_gpus(0, 60); },
       nothing,
       false},
  };
  for (const Case& one : cases) {
    Scene scene;
    scene.pass(5 * minute, [&] {
      scene.spin();
      scene.print();
      one.working(scene);
    });
    scene.pass(15 * minute, [&] {
      scene.spin();
      one.silent(scene);
    });
    const auto judgement = scene.watch.judge();
    EXPECT_EQ(judgement.hung.has_value(), one.hung) << one.what << ": " << judgement.why;
  }
}

TEST(Hang, LearnsNothingFromTheStartAloneNorFromSaving) {
  Scene young;
  young.pass(50 * second, [&] {
    young.spin();
    young.print();
    young.talk(1'000'000);
  });
  young.pass(30 * minute, [&] { young.spin(); });
  EXPECT_FALSE(young.watch.judge().hung) << "two stretches may both be the start";
  Scene saving;
  saving.pass(30 * minute, [&] {
    saving.spin();
    saving.talk(1'000'000);
    if (saving.look.at_ms % (minute) == 0) ++saving.look.checkpoints;
  });
  saving.pass(30 * minute, [&] { saving.spin(); });
  EXPECT_FALSE(saving.watch.judge().hung) << "what it wrote were its checkpoints";
}

TEST(Hang, JudgesNotByWhatWasDoneSoonAfterTheLastLine) {
  Scene scene;
  scene.pass(10 * minute, [&] {
    scene.spin();
    scene.talk(1'000'000);
    if (scene.look.at_ms % (2 * minute) == 0) scene.print();
  });
  scene.pass(115 * second, [&] {
    scene.spin();
    scene.talk(1'000'000);
  });
  scene.pass(9 * minute, [&] { scene.spin(1); });
  const auto judgement = scene.watch.judge();
  ASSERT_TRUE(judgement.hung) << judgement.why;
  EXPECT_THAT(judgement.hung->ranks, ElementsAre(0U)) << "it sleeps while the others spin for it";
  EXPECT_THAT(judgement.hung->nodes, ElementsAre("n1"));
}

TEST(Hang, IsNotSeenWhileSomethingLargeIsLoaded) {
  Scene scene;
  scene.pass(30 * minute, [&] { scene.talk(10'000'000); });
  EXPECT_FALSE(scene.watch.judge().hung);
}

TEST(Hang, SaysWhereRanksSleepWhenAllSleepInOnePlace) {
  Scene scene({.timeout_ms = minute});
  for (RankPulse& pulse : scene.pulses)
    pulse.waits_in = "futex_do_wait";
  scene.pass(2 * minute);
  EXPECT_THAT(scene.watch.judge().why, HasSubstr("8 of 8 ranks use no CPU, all in futex_do_wait"));
  scene.pulses[3].waits_in = "do_epoll_wait";
  scene.pass(5 * second);
  EXPECT_THAT(scene.watch.judge().why, ::testing::Not(HasSubstr(" all in ")));
}

TEST(Hang, NamesTheRanksThatAreStopped) {
  Scene scene;
  scene.pulses[4].state = 'T';
  scene.pass(11 * minute, [&] { scene.spin(6); });
  const auto judgement = scene.watch.judge();
  ASSERT_TRUE(judgement.hung);
  EXPECT_THAT(judgement.hung->ranks, ElementsAre(4U));
  EXPECT_THAT(judgement.hung->nodes, ElementsAre("n3"));
}

TEST(Hang, NeedsTheVotesOfMostNodes) {
  Scene scene;
  scene.pass(minute);
  scene.answering = 2;
  scene.pass(30 * minute);
  EXPECT_FALSE(scene.watch.judge().hung);
  EXPECT_THAT(scene.watch.judge().why, HasSubstr("2 of 4 nodes"));
}

TEST(Hang, LearnsHowLongThisProgramIsSilentWhenAllIsWell) {
  Scene scene;
  scene.pass(8 * minute);
  scene.pass(5 * second, [&] { scene.print(); });
  EXPECT_NEAR(static_cast<double>(scene.watch.timeout_ms()), 32.0 * minute, 30.0 * second);
  scene.pass(30 * minute);
  EXPECT_FALSE(scene.watch.judge().hung);
  scene.pass(5 * minute);
  EXPECT_TRUE(scene.watch.judge().hung);
  EXPECT_EQ(Scene({}, 20 * minute).watch.timeout_ms(), 80 * minute)
      << "learned by an earlier attempt";
}

TEST(Hang, BelievesTheTimeItIsToldAlsoOfRanksThatSpin) {
  Scene scene({.timeout_ms = minute});
  scene.pass(minute, [&] {
    scene.spin();
    scene.print();
  });
  scene.pass(50 * second, [&] { scene.spin(); });
  EXPECT_FALSE(scene.watch.judge().hung);
  scene.pass(20 * second, [&] { scene.spin(); });
  const auto judgement = scene.watch.judge();
  ASSERT_TRUE(judgement.hung);
  EXPECT_THAT(judgement.why, HasSubstr("8 of 8 ranks use CPU"));
  EXPECT_THAT(judgement.hung->ranks, IsEmpty()) << "all are alike";
}

TEST(Hang, TakesTheTimeItIsTold) {
  Scene scene({.timeout_ms = minute});
  scene.pass(2 * minute);
  EXPECT_TRUE(scene.watch.judge().hung);
  Scene off({.on = false, .timeout_ms = minute});
  off.pass(2 * minute);
  EXPECT_FALSE(off.watch.judge().hung);
}

TEST(Hang, DoesNotCountTheTimeTheWatcherSlept) {
  Scene scene;
  scene.pass(minute, [&] { scene.print(); });
  scene.look.at_ms += 60 * minute;
  scene.pass(minute);
  EXPECT_FALSE(scene.watch.judge().hung);
  EXPECT_LT(scene.watch.judge().quiet_ms, 3 * minute);
  scene.look.at_ms -= 120 * minute;
  scene.pass(minute);
  EXPECT_FALSE(scene.watch.judge().hung);
}

TEST(Hang, IsNotJudgedBeforeAnythingWasSeen) {
  EXPECT_FALSE(HangWatch({}).judge().hung);
  Scene blind;
  blind.answering = 0;
  blind.pass(30 * minute);
  EXPECT_FALSE(blind.watch.judge().hung) << "silence alone is a weak sign";
}

}  // namespace
}  // namespace holdfast::recovery
