// SPDX-License-Identifier: Apache-2.0
// Thousands of bad nights. A night that goes wrong is named by its seed; to see its story, run
//   HOLDFAST_SIMULATION_SEED=SEED supervise_test --gtest_filter='Simulation.*'
#include "holdfast/common/text.hpp"
#include "simulated_cluster.hpp"

#include <cstdlib>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

namespace holdfast::supervise {
namespace {

using testing::SimulatedCluster;

constexpr unsigned nights = 6'000;

TEST(Simulation, NeverRunsTwoAttemptsNorFromABadCheckpointAndAlwaysEnds) {
  unsigned first = 0;
  unsigned last = nights;
  const char* chosen = std::getenv("HOLDFAST_SIMULATION_SEED");  // NOLINT(concurrency-mt-unsafe)
  if (chosen != nullptr) {
    first = parse_number<unsigned>(chosen).value_or(0);
    last = first + 1;
  }
  unsigned finished = 0;
  unsigned starts = 0;
  for (unsigned seed = first; seed < last && !HasFailure(); ++seed) {
    SimulatedCluster night(seed);
    night.play();
    for (const std::string& violation : night.violations())
      ADD_FAILURE() << "seed " << seed << ": " << violation << '\n' << night.story();
    if (chosen != nullptr) std::cout << night.story();
    if (night.exit() == 0) ++finished;
    starts += night.starts();
  }
  if (chosen != nullptr) return;
  EXPECT_GT(finished, nights / 2) << "most nights a job should come to its end";
  EXPECT_GT(starts, 2 * nights) << "these nights are too quiet";
}

}  // namespace
}  // namespace holdfast::supervise
