// SPDX-License-Identifier: Apache-2.0
// A global rank handed to something that indexes the ranks of one node would bind the wrong cores
// on every node but the first.
//
// refused: could not convert|cannot convert|invalid initialization
#include "holdfast/common/id.hpp"

unsigned first_core_of(holdfast::LocalRank rank) { return rank.value * 4; }

#ifdef HOLDFAST_RIGHT
unsigned core = first_core_of(holdfast::LocalRank{3});
#else
unsigned core = first_core_of(holdfast::GlobalRank{3});
#endif
