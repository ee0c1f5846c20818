// SPDX-License-Identifier: Apache-2.0
// What Slurm gave and what the user wants are not each other's.
// refused: could not convert|cannot convert|invalid initialization
#include "holdfast/affinity/plan.hpp"

using namespace holdfast::affinity;

bool has_plan(const Topology& topology, const Grant& grant, const Wish& wish) {
#ifdef HOLDFAST_RIGHT
  return plan(topology, grant, wish).has_value();
#else
  return plan(topology, wish, grant).has_value();
#endif
}
