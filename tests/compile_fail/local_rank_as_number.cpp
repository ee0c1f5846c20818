// SPDX-License-Identifier: Apache-2.0
// A rank that turns into a number by itself turns into another kind of id in the next call.
// refused: cannot convert
#include "holdfast/common/id.hpp"

unsigned index_of(holdfast::LocalRank rank) {
#ifdef HOLDFAST_RIGHT
  return rank.value;
#else
  return rank;
#endif
}
