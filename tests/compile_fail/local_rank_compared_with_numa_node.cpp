// SPDX-License-Identifier: Apache-2.0
// Both are small numbers; that rank 1 sits on NUMA node 1 is a coincidence of some machines.
// refused: no match for 'operator=='
#include "holdfast/common/id.hpp"

bool is_near(holdfast::LocalRank rank, holdfast::NumaNode node) {
#ifdef HOLDFAST_RIGHT
  return rank.value == node.value;
#else
  return rank == node;
#endif
}
