// SPDX-License-Identifier: Apache-2.0
// Which number was it? Whoever makes a rank says so.
// refused: could not convert|cannot convert
#include "holdfast/common/id.hpp"

unsigned first_core_of(holdfast::LocalRank rank) { return rank.value * 4; }

#ifdef HOLDFAST_RIGHT
unsigned core = first_core_of(holdfast::LocalRank{2U});
#else
unsigned core = first_core_of(2U);
#endif
